// view-object.js - one object, call or search, with all that explains it; the focus graph.
import { Player } from './document.js';
import { h, link, section } from './dom.js';
import { formatCount, formatNumber, formatSize, formatTime } from './format.js';
import { FocusGraph, graphInWords } from './graph-view.js';
import { NameIndex } from './links.js';
import { formatRoute } from './route.js';
import { findingList, findingsAbout } from './view-findings.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */
/** @typedef {import('./view-overview.js').Navigate} Navigate */
/** @typedef {import('./dom.js').Child} Child */

/**
 * Labels and values; empty values are left out.
 * @param {[string, Child][]} facts
 */
export function factList(facts) {
	return h('dl', { class: 'facts' }, facts.filter(([, value]) =>
		value !== '' && value !== null && value !== undefined && value !== false)
		.flatMap(([label, value]) => [h('dt', null, label), h('dd', null, value)]));
}

/**
 * @param {string} what
 * @param {string} id
 * @returns {View}
 */
export function notFound(what, id) {
	return { title: `No such ${what}`, content: [h('p', null,
		`This report has no ${what} ${id}. It may be in another recording. `,
		link('#overview', 'Overview'))] };
}

/**
 * Where n and p lead: the neighbours in the same process.
 * @param {Int32Array} rows
 * @param {number} row
 * @param {(row: number) => string} href
 */
function neighbours(rows, row, href) {
	const at = rows.indexOf(row);
	return {
		next: at + 1 < rows.length ? href(rows[at + 1]) : undefined,
		previous: at > 0 ? href(rows[at - 1]) : undefined,
	};
}

/**
 * A call stack, with links.
 * @param {Model} model
 * @param {number} stack
 */
export function stackList(model, stack) {
	if (stack < 0)
		return h('p', { class: 'dim' }, 'No call stack was taken.');
	const first = model.number('stack', 'first', stack);
	const count = model.number('stack', 'count', stack);
	const process = model.data.table('frame').column('object');
	const inlined = model.data.table('frame').column('inlined');
	return h('ol', { class: 'stack', start: 0 }, Array.from({ length: count }, (_, i) => {
		const row = first + i;
		const text = model.text('frame', 'text', row);
		const label = process[row] < 0 ? '' : model.objectLabel(process[row]);
		const at = label ? text.lastIndexOf(label) : -1;
		return h('li', null, at < 0 ? text : [text.slice(0, at),
			link(model.objectHref(process[row]), label), text.slice(at + label.length)],
		inlined[row] > 0 && h('span', { class: 'dim' }, ' (inlined)'));
	}));
}

/**
 * Everything that the command line says about something.
 * @param {Model} model
 * @param {string} kind
 * @param {number} row
 * @param {Player} player
 * @param {string[]} [except] kinds of explanations that are shown elsewhere
 */
export function explanations(model, kind, row, player, except = []) {
	return model.documentsOf(kind, row).filter(document => !except.includes(document.kind))
		.map(document => document.folded ?
			h('details', { class: 'panel' }, h('summary', null, document.title), player.play(document)) :
			section(document.title, player.play(document)));
}

/**
 * How many bindings an object has with each other one.
 * @param {Model} model
 * @param {number} row
 * @param {'from' | 'to'} side that the object is on
 */
function partners(model, row, side) {
	const own = model.bindings.column(side);
	const other = model.bindings.column(side === 'from' ? 'to' : 'from');
	/** @type {Map<number, number>} */
	const counts = new Map();
	for (const binding of model.rowsOf('binding', model.objects.column('process')[row]))
		if (own[binding] === row)
			counts.set(other[binding], (counts.get(other[binding]) ?? 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1]);
}

/**
 * @param {Model} model
 * @param {number} row
 * @param {'from' | 'to'} side
 */
function bindingTable(model, row, side) {
	const list = partners(model, row, side);
	const title = side === 'from' ? 'Its references are bound to' : 'Bound to by';
	const process = model.hasSeveral() ? model.processLabel(model.objects.column('process')[row]) : '';
	const route = (/** @type {{[name: string]: string}} */ other) => formatRoute('bindings', '',
		{ [side]: escapeList(model.objectLabel(row)), process: escapeList(process), ...other });
	const most = 12;
	const total = list.reduce((sum, [, count]) => sum + count, 0);
	return section(title, list.length === 0 ? h('p', { class: 'dim' }, 'Nothing.') :
		h('table', { class: 'plain' }, h('tbody', null, list.slice(0, most).map(([other, count]) => {
			const label = other < 0 ? 'not bound' : model.objectLabel(other);
			return h('tr', null,
				h('td', null, other < 0 ? h('span', { class: 'dim' }, label) :
					link(model.objectHref(other), label)),
				h('td', { class: 'right' }, link(route(
					{ [side === 'from' ? 'to' : 'from']: escapeList(label) }),
				formatCount(count, 'binding'))));
		}))),
	list.length > 0 && h('p', null, link(route({}), list.length > most ?
		`All ${formatNumber(total)} bindings, with ${formatNumber(list.length)} objects` :
		`All ${formatCount(total, 'binding')}`)));
}

/** One value of a list in the address. @param {string} text */
function escapeList(text) {
	return text.replace(/[\\,]/g, '\\$&');
}

/**
 * @param {Model} model
 * @param {number} row
 */
function objectFacts(model, row) {
	const text = (/** @type {string} */ column) => model.text('object', column, row);
	const number = (/** @type {string} */ column) => model.number('object', column, row);
	const process = number('process');
	const file = text('file');
	const closed = number('closed');
	return factList([
		['path', text('path')],
		['file', file !== text('path') && file],
		['soname', text('soname')],
		['build id', text('build_id')],
		['process', link(formatRoute('processes', '', { process: model.processId(process) }),
			model.processLabel(process))],
		['namespace', link(formatRoute('namespaces', '', { process: model.processId(process) }),
			String(number('namespace')))],
		['opened', `${formatTime(number('opened'))} after the start`],
		['found and mapped in', number('cost') >= 0 && formatTime(number('cost'))],
		['closed', closed < 0 ? 'never' : `${formatTime(closed)} after the start` +
			(number('at_exit') ? ', as the process ended' : '')],
		['size', number('size') > 0 && formatSize(number('size'))],
		['DT_RPATH', text('rpath')],
		['DT_RUNPATH', text('runpath')],
		['flags', text('flags')],
	]);
}

/**
 * Calls that came to this object, or were made by it.
 * @param {Model} model
 * @param {number} row
 */
function callList(model, row) {
	const { calls } = model;
	const result = calls.column('result'), caller = calls.column('caller');
	const rows = [...model.rowsOf('call', model.objects.column('process')[row])];
	const about = rows.filter(call => result[call] === row &&
		!model.text('call', 'kind', call).endsWith('sym'));
	const made = rows.filter(call => caller[call] === row);
	if (!about.length && !made.length)
		return null;
	const list = (/** @type {string} */ title, /** @type {number[]} */ these) =>
		these.length > 0 && [h('h3', null, title), h('ul', { class: 'plain' },
			these.slice(0, 20).map(call => h('li', null,
				h('span', { class: 'time' }, formatTime(calls.column('time')[call])), ' ',
				link(formatRoute('call', calls.column('id')[call]), model.text('call', 'text', call)),
				h('span', { class: 'dim' }, ` ${model.text('call', 'outcome', call)}`)))),
		these.length > 20 && h('p', { class: 'dim' }, `and ${these.length - 20} more`)];
	return section('Calls', list('Calls about it', about), list('Calls that it made', made));
}

/**
 * @param {Model} model
 * @param {Route} route
 * @returns {View}
 */
export function objectView(model, route) {
	const row = model.objects.find(Number(route.id));
	if (row < 0)
		return notFound('object', route.id);
	const process = model.objects.column('process')[row];
	const player = new Player(model, new NameIndex(model, process), row);
	const search = model.objects.column('search')[row];
	const explained = search < 0 ? -1 : model.number('search', 'explained', search);
	const graph = new FocusGraph(model, row, {});
	const findings = findingsAbout(model, row);
	const documents = model.documentsOf('object', row);
	const later = documents.filter(document => document.folded).map(document => document.kind);
	const now = documents.filter(document => !document.folded).map(document => document.kind);
	return {
		title: model.objectLabel(row),
		release: () => graph.release(),
		...neighbours(model.rowsOf('object', process), row, other => model.objectHref(other)),
		content: [
			h('p', { class: 'subtitle' }, model.text('object', 'why', row)),
			findings.length > 0 && section(formatCount(findings.length, 'finding'),
				findingList(model, findings)),
			...explanations(model, 'object', row, player, later),
			...explained < 0 ? [] : explanations(model, 'search', explained, player),
			h('section', { class: 'panel wide' }, h('h2', null, 'Neighbours'),
				graph.element, h('p', null, link(formatRoute('graph', model.objects.column('id')[row]),
					'Explore the graph')),
				graphInWords(model, row)),
			h('div', { class: 'columns' },
				section('The object', objectFacts(model, row)),
				bindingTable(model, row, 'from'), bindingTable(model, row, 'to'),
				callList(model, row) ?? ''),
			...explanations(model, 'object', row, player, now),
		],
	};
}

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function graphView(model, route, navigate) {
	const row = route.id ? model.objects.find(Number(route.id)) :
		model.rowsOf('object', model.chosenProcess(route.params))[0] ?? -1;
	if (row < 0)
		return notFound('object', route.id);
	const process = model.objects.column('process')[row];
	const few = (model.dependencies(process).needs.get(row) ?? []).length < 4;
	const hops = route.params.hops ?? (few ? '2' : '1');
	const chain = model.whyChain(row);
	const graph = new FocusGraph(model, row, { ...route.params, hops });
	return {
		release: () => graph.release(),
		title: `Around ${model.objectLabel(row)}`,
		...neighbours(model.rowsOf('object', process), row, other =>
			formatRoute('graph', model.objects.column('id')[other], { hops: route.params.hops })),
		content: [
			h('div', { class: 'vtools' },
				h('label', null, 'Hops ', h('select', {
					onchange: (/** @type {Event} */ event) => navigate({ hops:
						/** @type {HTMLSelectElement} */ (event.target).value }, false),
				}, ['1', '2', '3', '4'].map(value =>
					h('option', { value, selected: value === hops }, value)))),
				link(model.objectHref(row), `About ${model.objectLabel(row)}`),
				h('span', { class: 'legend' },
					h('span', { class: 'key needed' }, 'needs (DT_NEEDED)'),
					h('span', { class: 'key dlopen' }, 'dlopen'),
					h('span', { class: 'key why' }, 'why it is here'))),
			graph.element,
			chain.length > 1 ? h('p', null, 'Why it is here: ', chain.flatMap((object, i) => [
				i > 0 && ' → ', link(formatRoute('graph', model.objects.column('id')[object],
					{ hops: route.params.hops }), model.objectLabel(object))])) : '',
			h('p', { class: 'dim' }, 'Not drawn: dependencies that another one brings anyway, and those that pass by the ',
				'object in view.'),
			graphInWords(model, row),
		],
	};
}

/**
 * @param {Model} model
 * @param {Route} route
 * @returns {View}
 */
export function callView(model, route) {
	const row = model.calls.find(Number(route.id));
	if (row < 0)
		return notFound('call', route.id);
	const process = model.calls.column('process')[row];
	const result = model.calls.column('result')[row];
	const parent = model.calls.column('parent')[row];
	const href = (/** @type {number} */ call) => formatRoute('call', model.calls.column('id')[call]);
	const inside = [...model.rowsOf('call', process)].filter(call =>
		model.calls.column('parent')[call] === row);
	const player = new Player(model, new NameIndex(model, process));
	return {
		title: model.text('call', 'text', row),
		...neighbours(model.rowsOf('call', process), row, href),
		content: [
			section('The call', factList([
				['at', `${formatTime(model.number('call', 'time', row))} after the start`],
				['thread', model.number('call', 'tid', row)],
				['process', link(formatRoute('processes', '', { process: model.processId(process) }),
					model.processLabel(process))],
				['called from', player.linked(model.text('call', 'from', row))],
				['result', model.text('call', 'said', row) ? player.linked(model.text('call', 'said', row)) :
					result >= 0 && link(model.objectHref(result), model.objectLabel(result))],
				['known by', model.text('call', 'known', row)],
				['made in', parent >= 0 && link(href(parent), model.text('call', 'text', parent))],
			])),
			...explanations(model, 'call', row, player),
			section('Call stack', stackList(model, model.number('call', 'stack', row))),
			inside.length > 0 ? section('Calls made in it', h('ul', { class: 'plain' },
				inside.map(call => h('li', null, link(href(call), model.text('call', 'text', call)))))) : '',
		],
	};
}

/**
 * @param {Model} model
 * @param {Route} route
 * @returns {View}
 */
export function searchView(model, route) {
	const row = model.searches.find(Number(route.id));
	if (row < 0)
		return notFound('search', route.id);
	const process = model.searches.column('process')[row];
	const request = model.searches.column('request')[row];
	const asked = request >= 0 ? request : row;
	const explained = model.searches.column('explained')[asked];
	const stack = model.searches.column('stack')[asked];
	const player = new Player(model, new NameIndex(model, process));
	const names = [...model.rowsOf('search', process)].filter(search =>
		model.searches.column('request')[search] === search);
	return {
		title: `How ${model.text('search', 'tried', asked)} was looked for`,
		...neighbours(Int32Array.from(names), asked, other =>
			formatRoute('search', model.searches.column('id')[other])),
		content: [
			...explained >= 0 ? explanations(model, 'search', explained, player) : [],
			...stack >= 0 ? [section('Call stack', stackList(model, stack))] : [],
		],
	};
}
