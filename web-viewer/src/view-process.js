// view-process.js - about a process as a whole: timeline, namespaces, processes.
import { Player } from './document.js';
import { h, link, replace, section } from './dom.js';
import { formatCount, formatNumber, formatTime } from './format.js';
import { NameIndex } from './links.js';
import { addTo } from './model.js';
import { formatRoute } from './route.js';
import { processItems, Timeline, timelineList } from './timeline.js';
import { startUpPanel, wastePanel } from './view-overview.js';
import { explanations, factList } from './view-object.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */
/** @typedef {import('./view-overview.js').Navigate} Navigate */

/**
 * Which process a view is about, when there are several.
 * @param {Model} model
 * @param {number} process
 * @param {Navigate} navigate
 */
export function processPicker(model, process, navigate) {
	if (model.processes.rows < 2)
		return null;
	return h('label', { class: 'picker' }, 'Process ', h('select', {
		onchange: (/** @type {Event} */ event) => navigate({ process:
			/** @type {HTMLSelectElement} */ (event.target).value }, false),
	}, Array.from({ length: model.processes.rows }, (_, row) => h('option', {
		value: model.processId(row), selected: row === process,
	}, model.processLabel(row)))));
}

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function timelineView(model, route, navigate) {
	const process = model.chosenProcess(route.params);
	const items = processItems(model, process);
	const end = Math.max(1, ...items.map(item => item.end));
	const from = Number(route.params.from) || 0;
	const to = Number(route.params.to) || end;
	const list = h('div', { class: 'panel wide' });
	const timeline = new Timeline(items, { from, to: Math.max(to, from + 10) }, range => {
		const whole = range.from <= 0 && range.to >= end;
		replace(list, timelineList(items, range));
		navigate({ from: whole ? '' : String(Math.round(range.from)),
			to: whole ? '' : String(Math.round(range.to)) }, true);
	});
	replace(list, timelineList(items, timeline.range));
	return {
		title: 'Timeline',
		release: () => timeline.release(),
		content: [
			h('p', { class: 'subtitle' }, processPicker(model, process, (params, replaced) =>
				navigate({ from: '', to: '', ...params }, replaced)),
			`${formatCount(items.length, 'event')} in ${formatTime(end)}. Drag over a part to see it `,
			'whole. A call is drawn up to the last thing that is known to have happened in it.'),
			...items.length ? [timeline.element, list] : [h('p', null, 'Nothing was recorded.')],
			processSection(model, process, 'timeline'),
			reportSection(model, 'promotions', new Player(model, new NameIndex(model, process))),
		],
	};
}

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function namespacesView(model, route, navigate) {
	const process = model.chosenProcess(route.params);
	const player = new Player(model, new NameIndex(model, process));
	const spaces = model.objects.column('namespace');
	/** @type {Map<number, Map<string, number[]>>} the loads of each file */
	const columns = new Map();
	/** @type {Map<string, Set<number>>} */
	const places = new Map();
	for (const row of model.rowsOf('object', process)) {
		const file = model.text('object', 'file', row) || model.text('object', 'path', row);
		if (!columns.has(spaces[row]))
			columns.set(spaces[row], new Map());
		addTo(/** @type {Map<string, number[]>} */ (columns.get(spaces[row])), file, row);
		places.set(file, (places.get(file) ?? new Set()).add(spaces[row]));
	}
	const chip = (/** @type {[string, number[]]} */ [file, loads]) => {
		const count = places.get(file)?.size ?? 1;
		return h('li', { class: count > 1 ? 'shared' : null },
			link(model.objectHref(loads[0]), model.objectName(loads[0])),
			count > 1 && h('span', { class: 'badge' }, `in ${count}`),
			loads.length > 1 && h('span', { class: 'badge' }, `loaded ${loads.length} times`));
	};
	return {
		title: 'Namespaces',
		content: [
			h('p', { class: 'subtitle' }, processPicker(model, process, navigate),
				`${formatCount(columns.size, 'namespace')}. `, columns.size > 1 &&
				'An object that is in several is loaded several times, and marked "in N".'),
			h('div', { class: 'namespaces' }, [...columns].sort((a, b) => a[0] - b[0])
				.map(([space, files]) => h('section', { class: 'panel' },
					h('h2', null, `Namespace ${space}`),
					h('p', { class: 'dim' }, formatCount(files.size, 'object')),
					h('ul', { class: 'plain' }, [...files].map(chip))))),
			...model.documentsOf('process', process).filter(document =>
				document.kind === 'namespaces').map(document =>
				h('section', { class: 'panel wide' }, h('h2', null, document.title), player.play(document))),
			reportSection(model, 'promotions', player),
		],
	};
}

/**
 * The processes, each below the one that started it.
 * @param {Model} model
 * @param {number} chosen
 */
function processTree(model, chosen) {
	const parents = model.processes.column('parent');
	/** @type {Map<number, number[]>} */
	const below = new Map();
	for (let row = 0; row < parents.length; row++)
		addTo(below, parents[row] < row ? parents[row] : -1, row);
	const rows = h('tbody');
	/** @type {[number, number][]} */
	const stack = (below.get(-1) ?? []).map(row => /** @type {[number, number]} */ ([row, 0])).reverse();
	while (stack.length) {
		const [row, depth] = /** @type {[number, number]} */ (stack.pop());
		const text = (/** @type {string} */ column) => model.text('process', column, row);
		const number = (/** @type {string} */ column) => model.number('process', column, row);
		const name = h('td', { class: depth ? 'below' : null }, link(formatRoute('processes', '',
			{ process: model.processId(row) }), model.processLabel(row)));
		name.style.setProperty('--depth', String(Math.min(depth, 12)));
		rows.append(h('tr', { class: row === chosen ? 'chosen' : null }, name,
			h('td', null, text('began')), h('td', null, text('ended')),
			h('td', { class: 'right' }, number('lasted') < 0 ? '' : formatTime(number('lasted'))),
			h('td', { class: 'right' }, formatNumber(number('objects'))),
			h('td', { class: 'command-line' }, text('command'))));
		for (const child of [...below.get(row) ?? []].reverse())
			stack.push([child, depth + 1]);
	}
	return h('div', { class: 'scroll tall', tabindex: 0, role: 'group', 'aria-label': 'Processes' },
		h('table', { class: 'plain' }, h('thead', null, h('tr', null,
			['Process', 'Began', 'Ended', 'Lasted', 'Objects', 'Command'].map((title, i) =>
				h('th', { scope: 'col', class: i === 3 || i === 4 ? 'right' : null }, title)))), rows));
}

/**
 * What differs from another recording.
 * @param {Model} model
 * @returns {View}
 */
export function diffView(model) {
	const player = new Player(model, new NameIndex(model, model.mainProcess()));
	return { title: 'Differences', content: [
		reportSection(model, 'diff', player) ?? h('p', null, 'This report is of one recording. ',
			h('code', null, 'plugreport html --diff A B'), ' shows what differs between two.'),
	] };
}

/**
 * An explanation of a process.
 * @param {Model} model
 * @param {number} process
 * @param {string} kind
 */
function processSection(model, process, kind) {
	const document = model.documentOf('process', process, kind);
	const player = new Player(model, new NameIndex(model, process));
	return document ? section(document.title, player.play(document)) : null;
}

/**
 * An explanation of the whole report.
 * @param {Model} model
 * @param {string} kind
 * @param {Player} player
 */
function reportSection(model, kind, player) {
	const document = model.documentOf('', -1, kind);
	return document ? section(document.title, player.play(document)) : null;
}

/**
 * What a process was started with that its parent did not have.
 * @param {Model} model
 * @param {number} process
 */
function changes(model, process) {
	const parent = model.processes.column('parent')[process];
	const variables = (/** @type {number} */ row) => new Map([...model.rowsOf('environment', row)]
		.map(line => [model.text('environment', 'name', line), model.text('environment', 'value', line)]));
	const own = variables(process);
	const before = parent >= 0 ? variables(parent) : new Map();
	const lines = [];
	for (const [name, value] of own)
		if (before.get(name) !== value)
			lines.push(h('li', null, h('span', { class: 'badge' },
				parent < 0 ? 'set' : before.has(name) ? 'changed' : 'new'), ` ${name}=${value}`));
	for (const name of before.keys())
		if (!own.has(name))
			lines.push(h('li', null, h('span', { class: 'badge' }, 'gone'), ` ${name}`));
	return lines;
}

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function processesView(model, route, navigate) {
	const process = model.chosenProcess(route.params);
	const number = (/** @type {string} */ column) => model.number('process', column, process);
	const text = (/** @type {string} */ column) => model.text('process', column, process);
	const parent = number('parent');
	const id = model.processId(process);
	const player = new Player(model, new NameIndex(model, process));
	const variables = changes(model, process);
	const label = model.processLabel(process);
	const list = (/** @type {string} */ name) => link(formatRoute(name, '',
		model.processes.rows > 1 ? { process: label } : {}), formatNumber(number(name)));
	return {
		title: 'Processes',
		content: [
			model.hasSeveral() && h('section', { class: 'panel' }, h('h2', null, 'Who started whom'),
				processTree(model, process)),
			processPicker(model, process, navigate) ?? '',
			h('div', { class: 'columns' },
				section(`Process ${label}`, factList([
					['command', text('command')],
					['executable', text('exe')],
					['directory', text('cwd')],
					['began', `${text('began')}, ${text('date')}`],
					['parent', parent >= 0 && link(formatRoute('processes', '',
						{ process: model.processId(parent) }), model.processLabel(parent))],
					['lasted', number('lasted') >= 0 && formatTime(number('lasted'))],
					['ended', text('ended')],
					['glibc', text('glibc')],
					['objects', list('objects')],
					['bindings', list('bindings')],
					['searches', list('searches')],
					['calls', list('calls')],
					['lost', number('lost') > 0 && formatCount(number('lost'), 'event')],
				]), h('p', null, link(formatRoute('timeline', '', { process: id }), 'Timeline'), ', ',
					link(formatRoute('namespaces', '', { process: id }), 'namespaces'))),
				variables.length > 0 && section(parent >= 0 ?
					'Environment, where it differs from the parent\'s' : 'Environment',
				h('ul', { class: 'plain code' }, variables)),
				startUpPanel(model, process), wastePanel(model, [process])),
			...explanations(model, 'process', process, player,
				['namespaces', 'interpositions', 'duplicates', 'timeline']),
		],
	};
}
