// view-symbol.js - one symbol: who defines it, who got whose definition.
import { Player } from './document.js';
import { h, link, section } from './dom.js';
import { formatCount, formatNumber } from './format.js';
import { NameIndex } from './links.js';
import { formatRoute } from './route.js';
import { findingList, rowsAbout } from './view-findings.js';
import { explanations, factList, notFound } from './view-object.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */

/** @param {Model} model @param {number} row of "symbol" */
export function symbolHref(model, row) {
	return formatRoute('symbol', model.text('symbol', 'linker', row));
}

/**
 * By the name that the linker knows, or the one that people read.
 * @param {Model} model
 * @param {string} name
 */
export function findSymbol(model, name) {
	const text = model.data.texts.indexOf(name);
	if (text < 0 || !name)
		return -1;
	const linker = model.symbols.column('linker').indexOf(text);
	return linker >= 0 ? linker : model.symbols.column('name').indexOf(text);
}

/**
 * @param {Model} model
 * @param {Route} route
 * @returns {View}
 */
export function symbolView(model, route) {
	const row = findSymbol(model, route.id);
	if (row < 0)
		return notFound('symbol', route.id);
	const name = model.text('symbol', 'name', row), linker = model.text('symbol', 'linker', row);
	const rows = rowsAbout(model, 'binding', 'symbol', row);
	const findings = [...new Set(rowsAbout(model, 'finding_symbol', 'linker',
		model.symbols.column('linker')[row]).map(at => model.number('finding_symbol', 'finding', at)))];
	const to = model.bindings.column('to'), from = model.bindings.column('from');
	const definers = [...new Set(rows.map(at => to[at]).filter(object => object >= 0))];
	const process = rows.length ? model.bindings.column('process')[rows[0]] : model.mainProcess();
	const player = new Player(model, new NameIndex(model, process));
	const most = 200;
	const object = (/** @type {number} */ at, /** @type {string} */ none) => at < 0 ?
		h('span', { class: 'dim' }, none) : link(model.objectHref(at), model.objectLabel(at));
	return {
		title: name,
		content: [
			findings.length > 0 && section(formatCount(findings.length, 'finding'),
				findingList(model, findings)),
			...explanations(model, 'symbol', row, player),
			section('The symbol', factList([
				['the linker knows it as', linker !== name && h('code', null, linker)],
				['bound to', definers.length > 0 && h('ul', { class: 'chips' }, definers.map(at =>
					h('li', null, link(model.objectHref(at), model.objectLabel(at)))))],
				['ask', h('code', null, `plugreport why-bound '${linker}'`)],
			])),
			section(formatCount(rows.length, 'binding'), h('table', { class: 'plain' },
				h('thead', null, h('tr', null, ['From', 'To', 'Version', 'Kind', 'State'].map(text =>
					h('th', { scope: 'col' }, text)))),
				h('tbody', null, rows.slice(0, most).map(at => h('tr', null,
					h('td', null, object(from[at], 'not known')), h('td', null, object(to[at], 'not bound')),
					...['version', 'kind', 'state'].map(column =>
						h('td', null, model.text('binding', column, at))))))),
			rows.length > most && h('p', { class: 'dim' }, `and ${formatNumber(rows.length - most)} more`),
			h('p', null, link(formatRoute('bindings', '', { q: `symbol:"${name.replaceAll('"', '')}"` }),
				'In the table of bindings'))),
		],
	};
}
