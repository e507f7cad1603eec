// view-findings.js - what check found.
import { Player, spansOf } from './document.js';
import { h, link, section } from './dom.js';
import { formatCount, formatNumber } from './format.js';
import { NameIndex } from './links.js';
import { formatRoute } from './route.js';
import { explanations, factList, notFound, stackList } from './view-object.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */

const SIGNS = /** @type {{[severity: string]: string}} */ ({ error: '✖', warning: '▲', note: '●' });

/** @param {string} severity */
export function severityBadge(severity) {
	return h('span', { class: `severity ${severity}` },
		h('span', { 'aria-hidden': 'true' }, SIGNS[severity] ?? ''), ` ${severity}`);
}

/** @param {Model} model @param {number} row */
export function findingHref(model, row) {
	return formatRoute('finding', model.number('finding', 'id', row));
}

/**
 * The rows of a table that belong to a row of another one.
 * @param {Model} model
 * @param {string} table
 * @param {string} column
 * @param {number} row
 */
export function rowsAbout(model, table, column, row) {
	const values = model.data.table(table).column(column);
	const rows = [];
	for (let i = 0; i < values.length; i++)
		if (values[i] === row)
			rows.push(i);
	return rows;
}

/**
 * How many findings of each severity: "1 error, 2 warnings".
 * @param {Model} model
 */
export function verdict(model) {
	const findings = model.data.table('finding');
	/** @type {Map<string, number>} */
	const counts = new Map();
	for (let row = 0; row < findings.rows; row++) {
		const severity = model.text('finding', 'severity', row);
		counts.set(severity, (counts.get(severity) ?? 0) + 1);
	}
	return ['error', 'warning', 'note'].filter(severity => counts.has(severity))
		.map(severity => formatCount(counts.get(severity) ?? 0, severity)).join(', ');
}

/**
 * Findings, a line each.
 * @param {Model} model
 * @param {number[]} rows
 */
export function findingList(model, rows) {
	return h('ul', { class: 'findings' }, rows.map(row => {
		const count = model.number('finding', 'processes', row);
		return h('li', null, severityBadge(model.text('finding', 'severity', row)),
			h('div', null,
				h('div', { class: 'clamp' }, link(findingHref(model, row),
					plainText(model.text('finding', 'message', row)))),
				h('div', { class: 'dim' }, model.text('rule', 'slug',
					model.number('finding', 'rule', row)),
				count > 1 && `, in ${formatNumber(count)} processes`)));
	}));
}

/** @param {string} text with marks */
export function plainText(text) {
	return spansOf(text).map(span => span.text).join('');
}

/**
 * The SQL that shows what a finding rests on.
 * @param {Model} model
 * @param {number} row
 */
export function findingSql(model, row) {
	const evidence = rowsAbout(model, 'evidence', 'finding', row);
	/** @type {(table: string, rows: number[]) => string[]} */
	const ids = (table, rows) => [...new Set(rows.filter(at => at >= 0)
		.map(at => String(model.number(table, 'id', at))))];
	const column = (/** @type {string} */ name) =>
		evidence.map(at => model.number('evidence', name, at));
	const objects = rowsAbout(model, 'finding_object', 'finding', row)
		.map(at => model.number('finding_object', 'object', at));
	const views = /** @type {[string, string, string[]][]} */ ([
		['v_object', 'object', ids('object', [...objects, ...column('object')])],
		['v_call', 'call', ids('call', column('call'))],
		['v_search', 'search', ids('search', column('search'))],
		['v_binding', 'binding', column('binding').filter(id => id > 0).map(String)],
	]);
	return views.filter(([, , list]) => list.length)
		.map(([view, key, list]) => `SELECT * FROM ${view} WHERE ${key} IN (${list.join(', ')});`);
}

/**
 * @param {Model} model
 * @param {Player} player
 * @param {number} row
 */
function evidenceItem(model, player, row) {
	const number = (/** @type {string} */ column) => model.number('evidence', column, row);
	const call = number('call'), search = number('search'), stack = number('stack');
	return h('li', null, player.linked(plainText(model.text('evidence', 'text', row))),
		call >= 0 && [' ', link(formatRoute('call', model.number('call', 'id', call)), 'the call')],
		search >= 0 && [' ', link(formatRoute('search', model.number('search', 'id', search)),
			'the search')],
		stack >= 0 && h('details', null, h('summary', null, 'Call stack'), stackList(model, stack)));
}

/**
 * @param {Model} model
 * @param {Route} route
 * @returns {View}
 */
export function findingView(model, route) {
	const findings = model.data.table('finding');
	const row = findings.find(Number(route.id));
	if (row < 0)
		return notFound('finding', route.id);
	const process = model.number('finding', 'process', row);
	const rule = model.number('finding', 'rule', row);
	const player = new Player(model, new NameIndex(model, process));
	const objects = rowsAbout(model, 'finding_object', 'finding', row)
		.map(at => model.number('finding_object', 'object', at)).filter(at => at >= 0);
	const symbols = rowsAbout(model, 'finding_symbol', 'finding', row)
		.map(at => ({ name: model.text('finding_symbol', 'name', at),
			linker: model.text('finding_symbol', 'linker', at) }));
	const processes = rowsAbout(model, 'finding_process', 'finding', row)
		.map(at => model.number('finding_process', 'process', at));
	const evidence = rowsAbout(model, 'evidence', 'finding', row);
	const slug = model.text('rule', 'slug', rule);
	const most = 40;
	const sql = findingSql(model, row);
	return {
		title: slug,
		next: row + 1 < findings.rows ? findingHref(model, row + 1) : undefined,
		previous: row > 0 ? findingHref(model, row - 1) : undefined,
		content: [
			h('section', { class: `panel finding ${model.text('finding', 'severity', row)}` },
				h('h2', null, severityBadge(model.text('finding', 'severity', row)), ' ',
					player.linked(plainText(model.text('finding', 'message', row)))),
				evidence.length > 0 && h('ul', { class: 'evidence' },
					evidence.map(at => evidenceItem(model, player, at))),
				h('h3', null, 'What to do'),
				h('p', null, player.linked(plainText(model.text('finding', 'advice', row))))),
			h('div', { class: 'columns' },
				section('What it is about', factList([
					['objects', objects.length > 0 && h('ul', { class: 'chips' }, objects.map(object =>
						h('li', null, link(model.objectHref(object), model.objectLabel(object)))))],
					['symbols', symbols.length > 0 && h('ul', { class: 'chips' },
						symbols.slice(0, most).map(name =>
							h('li', null, link(formatRoute('symbol', name.linker), name.name))),
						symbols.length > most && h('li', null, `and ${symbols.length - most} more`))],
					['processes', h('ul', { class: 'chips' }, processes.slice(0, most).map(at =>
						h('li', null, link(formatRoute('processes', '',
							{ process: model.processId(at) }), model.processLabel(at)))))],
				])),
				section('See it again', h('p', null, h('code', null,
					`plugreport check --all --rule ${slug}`)),
				sql.length > 0 && [h('p', null, 'Or the rows that it rests on:'),
					sql.map(line => h('pre', { class: 'sql', tabindex: 0 },
						`plugreport sql '${line}'`))])),
			...explanations(model, 'rule', rule, player),
		],
	};
}

/**
 * What was found about an object.
 * @param {Model} model
 * @param {number} object
 */
export function findingsAbout(model, object) {
	return [...new Set(rowsAbout(model, 'finding_object', 'object', object)
		.map(at => model.number('finding_object', 'finding', at)))];
}
