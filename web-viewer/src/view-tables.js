// view-tables.js - the long lists: objects, bindings, searches, calls.
import { h, link } from './dom.js';
import { formatNumber, formatSize, formatTime } from './format.js';
import { formatRoute } from './route.js';
import { VirtualTable } from './table.js';
import { symbolHref } from './view-symbol.js';
import { findingHref, plainText, severityBadge } from './view-findings.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./search.js').Field} Field */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */
/** @typedef {import('./view-overview.js').Navigate} Navigate */

/** Makes fields of a table's columns. */
class Fields {
	/** @param {Model} model @param {string} table */
	constructor(model, table) {
		this.model = model;
		this.table = model.data.table(table);
	}

	/**
	 * A column of texts.
	 * @param {string} name
	 * @param {boolean} [searched]
	 * @returns {Field}
	 */
	text(name, searched = true) {
		const column = this.table.column(name);
		const { texts } = this.model.data;
		return { name, searched, key: row => column[row], text: key => texts[key] };
	}

	/**
	 * A column of numbers.
	 * @param {string} name
	 * @param {(value: number) => string} format of one that is not negative
	 * @returns {Field}
	 */
	number(name, format) {
		const column = this.table.column(name);
		return { name, key: row => column[row], order: row => column[row],
			text: key => key < 0 ? '' : format(key) };
	}

	/**
	 * A column that refers to objects.
	 * @param {string} name
	 * @param {string} [none]
	 * @param {string} [column]
	 * @returns {Field}
	 */
	object(name, none = '', column = name) {
		const rows = this.table.column(column);
		const { model } = this;
		return { name, searched: true, key: row => rows[row],
			text: key => key < 0 ? none : model.objectLabel(key) };
	}

	/** @returns {Field} */
	process() {
		const rows = this.table.column('process');
		const { model } = this;
		return { name: 'process', searched: false, key: row => rows[row],
			text: key => model.processLabel(key) };
	}

	all() {
		return Int32Array.from({ length: this.table.rows }, (_, i) => i);
	}
}

/**
 * @param {Model} model
 * @param {string} table
 * @param {string} column
 */
function objectCell(model, table, column) {
	const rows = model.data.table(table).column(column);
	return (/** @type {number} */ row) => rows[row] < 0 ? '' :
		link(model.objectHref(rows[row]), model.objectLabel(rows[row]));
}

/** Of a path that is too long, the file's name stays. @param {string} path */
function pathParts(path) {
	const at = path.lastIndexOf('/') + 1;
	return at === 0 ? path : [h('span', { class: 'directory' }, path.slice(0, at)),
		h('span', null, path.slice(at))];
}

/** Some relocations name no symbol. @param {Model} model @param {number} row */
function symbolCell(model, row) {
	const name = model.text('symbol', 'name', row);
	return name ? link(symbolHref(model, row), name) : h('span', { class: 'dim' }, '(no name)');
}

/** A column that is only there when there are several processes. @param {Model} model */
function processColumn(model) {
	return model.hasSeveral() ? [{ name: 'process', title: 'Process', min: 7, grow: 0.6 }] : [];
}

/** Is a column worth its room: do its values differ? @param {ArrayLike<number>} column */
function several(column) {
	for (let i = 1; i < column.length; i++)
		if (column[i] !== column[0])
			return true;
	return false;
}

const SEVERITIES = ['error', 'warning', 'note'];

/** @type {{[name: string]: {title: string, spec: (model: Model) => Omit<import('./table.js').TableSpec, 'params' | 'navigate'>}}} */
const LISTS = {
	findings: { title: 'Findings', spec: model => {
		const f = new Fields(model, 'finding');
		const rule = f.table.column('rule');
		const group = model.data.table('rule').column('group');
		const severity = f.text('severity', false);
		const message = f.text('message');
		return {
			label: 'findings', rows: f.all(), example: 'libssl', href: row => findingHref(model, row),
			fields: [
				{ ...severity, order: row => SEVERITIES.indexOf(severity.text(severity.key(row))) },
				{ name: 'rule', searched: true, key: row => rule[row],
					text: key => model.text('rule', 'slug', key) },
				{ name: 'group', key: row => group[rule[row]], text: key => model.data.texts[key] },
				{ ...message, text: key => plainText(message.text(key)) },
				f.number('processes', formatNumber), f.process(),
			],
			columns: [
				{ name: 'severity', title: 'Severity', min: 7, cell: row =>
					severityBadge(model.text('finding', 'severity', row)) },
				{ name: 'rule', title: 'Rule', min: 11 },
				{ name: 'message', title: 'What', min: 20, grow: 4, cell: row =>
					link(findingHref(model, row), plainText(model.text('finding', 'message', row))) },
				...model.hasSeveral() ?
					[{ name: 'processes', title: 'Processes', min: 7, right: true }] : [],
			],
			facets: ['severity', 'group', 'rule'],
		};
	} },
	objects: { title: 'Objects', spec: model => {
		const f = new Fields(model, 'object');
		const namespace = f.number('namespace', String);
		return {
			label: 'objects', rows: f.all(), example: 'libssl',
			href: row => model.objectHref(row),
			fields: [f.text('name'), f.text('path'), f.text('soname'), f.text('reason'),
				f.text('why'), f.text('kind', false), { ...namespace, text: String },
				f.number('opened', formatTime), f.number('closed', formatTime),
				f.number('cost', formatTime), f.number('size', formatSize), f.process()],
			columns: [
				{ name: 'name', title: 'Object', min: 11, grow: 1,
					cell: row => link(model.objectHref(row), model.objectName(row)) },
				...processColumn(model),
				{ name: 'why', title: 'Why', min: 9, grow: 1.4 },
				...several(f.table.column('namespace')) ?
					[{ name: 'namespace', title: 'Namespace', min: 6.5, right: true }] : [],
				{ name: 'opened', title: 'Opened', min: 5.5, right: true },
				{ name: 'cost', title: 'Found in', min: 5.5, right: true },
				{ name: 'path', title: 'Path', min: 12, grow: 2, cell: row => h('span', { class: 'path' },
					pathParts(model.text('object', 'path', row))) },
			],
			facets: ['process', 'reason', 'namespace', 'kind'],
		};
	} },
	bindings: { title: 'Bindings', spec: model => {
		const f = new Fields(model, 'binding');
		const symbol = model.bindings.column('symbol');
		const names = model.symbols.column('name');
		const linker = model.symbols.column('linker');
		const { texts } = model.data;
		return {
			label: 'references', rows: f.all(), example: 'malloc to:libc',
			href: row => {
				const from = model.bindings.column('from')[row];
				return from < 0 ? '#bindings' : model.objectHref(from);
			},
			fields: [
				{ name: 'symbol', searched: true, key: row => symbol[row],
					text: key => texts[names[key]] },
				{ name: 'linker', searched: true, key: row => symbol[row],
					text: key => texts[linker[key]] },
				f.object('from'), f.object('to', 'not bound'), f.text('version'),
				f.text('kind', false), f.text('type', false), f.text('bind', false),
				f.text('source', false), f.text('state', false),
				f.number('count', formatNumber), f.process(),
			],
			columns: [
				{ name: 'from', title: 'From', min: 8, grow: 1,
					cell: objectCell(model, 'binding', 'from') },
				{ name: 'symbol', title: 'Symbol', min: 11, grow: 2.4, cell: row =>
					symbolCell(model, symbol[row]) },
				{ name: 'to', title: 'To', min: 8, grow: 1, cell: row =>
					objectCell(model, 'binding', 'to')(row) || h('span', { class: 'dim' }, 'not bound') },
				...several(f.table.column('version')) ?
					[{ name: 'version', title: 'Version', min: 7, grow: 0.5 }] : [],
				{ name: 'kind', title: 'Kind', min: 5 },
				{ name: 'count', title: 'Count', min: 5, right: true },
				...processColumn(model),
			],
			facets: ['process', 'state', 'kind', 'type', 'to', 'from', 'source', 'bind'],
		};
	} },
	searches: { title: 'Searches', spec: model => {
		const f = new Fields(model, 'search');
		const href = (/** @type {number} */ row) =>
			formatRoute('search', model.searches.column('id')[row]);
		return {
			label: 'searches', rows: f.all(), example: 'libgone outcome:missing', href,
			fields: [f.text('tried'), f.text('directory', false), f.text('rule'),
				f.text('outcome', false), f.text('origin', false), f.object('requester'),
				f.object('result'), f.number('time', formatTime), f.process()],
			columns: [
				{ name: 'time', title: 'At', min: 6.5, right: true },
				...processColumn(model),
				{ name: 'requester', title: 'Asked for by', min: 8, grow: 0.8,
					cell: objectCell(model, 'search', 'requester') },
				{ name: 'tried', title: 'Name or path', min: 12, grow: 2.4,
					cell: row => h('a', { href: href(row), class: 'path' },
						pathParts(model.text('search', 'tried', row))) },
				{ name: 'rule', title: 'Rule', min: 9, grow: 0.5 },
				{ name: 'outcome', title: 'Outcome', min: 6.5, grow: 0.5 },
			],
			facets: ['process', 'outcome', 'rule', 'directory', 'requester'],
		};
	} },
	calls: { title: 'Calls', spec: model => {
		const f = new Fields(model, 'call');
		const href = (/** @type {number} */ row) =>
			formatRoute('call', model.calls.column('id')[row]);
		return {
			label: 'calls', rows: f.all(), example: 'dlopen outcome:failed', href,
			fields: [f.text('text'), f.text('kind', false), f.text('from'),
				f.text('outcome', false), f.text('flags', false), f.text('known', false),
				f.object('result'), f.object('caller'), f.number('tid', String),
				f.number('time', formatTime), f.process()],
			columns: [
				{ name: 'time', title: 'At', min: 6.5, right: true },
				...processColumn(model),
				{ name: 'text', title: 'Call', min: 12, grow: 2,
					cell: row => link(href(row), model.text('call', 'text', row)) },
				{ name: 'outcome', title: 'Outcome', min: 7.5 },
				{ name: 'result', title: 'Result', min: 7, grow: 1,
					cell: row => objectCell(model, 'call', 'result')(row) ||
						model.text('call', 'said', row).replace(/^(failed: |failed$|\?$)/, '') },
				{ name: 'from', title: 'Called from', min: 9, grow: 1.4 },
			],
			facets: ['process', 'kind', 'outcome', 'flags', 'caller', 'result', 'tid', 'known'],
		};
	} },
};

export const LIST_NAMES = Object.keys(LISTS);

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function listView(model, route, navigate) {
	const { title, spec } = LISTS[route.name];
	const table = new VirtualTable({ ...spec(model), params: route.params, navigate });
	return { title, table, content: [table.element], fill: true, release: () => table.release() };
}
