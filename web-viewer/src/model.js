// model.js - questions to the page's data that more than one view asks.
import { formatRoute } from './route.js';
import { baseName } from './format.js';

/** @typedef {import('./data.js').Data} Data */
/** @typedef {{kind: string, title: string, process: number, subject_kind: string, subject: number, folded: boolean, first: number, count: number, whole?: Document}} Document */

export class Model {
	/** @param {Data} data */
	constructor(data) {
		this.data = data;
		this.processes = data.table('process');
		this.objects = data.table('object');
		this.needed = data.table('needed');
		this.searches = data.table('search');
		this.calls = data.table('call');
		this.bindings = data.table('binding');
		/** @type {Map<string, number>} */
		this.counts = new Map();
		this.symbols = data.table('symbol');
		/** @type {Map<string, Document[]> | undefined} */
		this.documents = undefined;
		/** @type {Map<string, Int32Array>} */
		this.ranges = new Map();
		/** @type {Map<number, {importers: Map<number, number[]>, needs: Map<number, number[]>}>} */
		this.dependency_maps = new Map();
	}

	/**
	 * The text in a column.
	 * @param {string} table
	 * @param {string} column
	 * @param {number} row -1 gives ""
	 */
	text(table, column, row) {
		return row < 0 ? '' : this.data.texts[this.data.table(table).column(column)[row]];
	}

	/**
	 * @param {string} table
	 * @param {string} column
	 * @param {number} row
	 */
	number(table, column, row) {
		return this.data.table(table).column(column)[row];
	}

	/**
	 * The rows of a table that belong to a process; they stand together.
	 * @param {string} name
	 * @param {number} process
	 */
	rowsOf(name, process) {
		const known = this.ranges.get(`${name} ${process}`);
		if (known)
			return known;
		const column = this.data.table(name).column('process');
		let first = 0;
		let end = column.length;
		for (let low = 0, high = column.length; low < high;) {
			const middle = (low + high) >> 1;
			if (column[middle] < process)
				low = middle + 1;
			else
				high = middle;
			first = low;
		}
		for (let low = first, high = column.length; low < high;) {
			const middle = (low + high) >> 1;
			if (column[middle] <= process)
				low = middle + 1;
			else
				high = middle;
			end = low;
		}
		const rows = Int32Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
		this.ranges.set(`${name} ${process}`, rows);
		return rows;
	}

	/** @param {number} row */
	objectName(row) {
		return this.text('object', 'name', row) || 'an unknown object';
	}

	/**
	 * The name, with the namespace when it is not the base namespace.
	 * @param {number} row
	 */
	objectLabel(row) {
		if (row < 0)
			return 'an unknown object';
		const space = this.objects.column('namespace')[row];
		return space ? `${this.objectName(row)} (namespace ${space})` : this.objectName(row);
	}

	/** @param {number} row */
	objectHref(row) {
		return formatRoute('object', this.objects.column('id')[row]);
	}

	/** @param {number} row */
	processLabel(row) {
		const pid = this.processes.column('pid')[row];
		const exe = this.text('process', 'exe', row);
		return exe ? `${pid} ${baseName(exe)}` : String(pid);
	}

	/**
	 * The process that a view is about: the one in the address, or the one with most objects.
	 * @param {{[name: string]: string}} params
	 */
	chosenProcess(params) {
		const row = this.processes.find(Number(params.process));
		return row >= 0 ? row : this.mainProcess();
	}

	/** Are there several processes, so that it matters which? */
	hasSeveral() {
		return this.processes.rows > 1;
	}

	/** The process with most objects: in a suite of processes hardly ever the first one. */
	mainProcess() {
		const objects = this.processes.column('objects');
		let most = 0;
		for (let i = 1; i < objects.length; i++)
			if (objects[i] > objects[most])
				most = i;
		return most;
	}

	/** @param {number} row */
	processId(row) {
		return this.processes.column('id')[row];
	}

	/**
	 * Explanations: of an object (kind "object"), a search ..., of a process ("process"), of the
	 * whole report ("").
	 * @param {string} kind
	 * @param {number} [row]
	 * @returns {Document[]}
	 */
	documentsOf(kind, row = -1) {
		if (!this.documents) {
			this.documents = new Map();
			const table = this.data.table('document');
			const process = table.column('process');
			const subject = table.column('subject');
			const folded = table.column('folded');
			const whole = table.column('whole');
			const first = table.column('first');
			const count = table.column('count');
			for (let i = 0; i < table.rows; i++) {
				const document = {
					kind: this.text('document', 'kind', i),
					title: this.text('document', 'title', i),
					process: process[i],
					subject_kind: this.text('document', 'subject_kind', i),
					subject: subject[i],
					folded: folded[i] !== 0,
					first: first[i],
					count: count[i],
				};
				const key = document.subject_kind ?
					`${document.subject_kind} ${document.subject}` :
					document.process >= 0 ? `process ${document.process}` : ' -1';
				const list = this.documents.get(key);
				if (list && whole[i])
					list[list.length - 1].whole = document;
				else if (list)
					list.push(document);
				else
					this.documents.set(key, [document]);
			}
		}
		return this.documents.get(`${kind} ${row}`) ?? [];
	}

	/**
	 * @param {string} kind
	 * @param {number} row
	 * @param {string} name
	 */
	documentOf(kind, row, name) {
		return this.documentsOf(kind, row).find(document => document.kind === name);
	}

	/**
	 * In how many rows a column has this text.
	 * @param {string} table
	 * @param {string} column
	 * @param {string} value
	 */
	count(table, column, value) {
		const key = `${table} ${column} ${value}`;
		let sum = this.counts.get(key);
		if (sum === undefined) {
			const wanted = this.data.texts.indexOf(value);
			sum = 0;
			for (const text of this.data.table(table).column(column))
				if (text === wanted)
					sum++;
			this.counts.set(key, sum);
		}
		return sum;
	}

	/**
	 * Who needs whom (DT_NEEDED) in a process.
	 * @param {number} process
	 */
	dependencies(process) {
		const known = this.dependency_maps.get(process);
		if (known)
			return known;
		/** @type {Map<number, number[]>} */
		const needs = new Map();
		/** @type {Map<number, number[]>} */
		const importers = new Map();
		const rows = this.rowsOf('object', process);
		const first = rows[0];
		const last = rows[rows.length - 1];
		const object = this.needed.column('object');
		const resolved = this.needed.column('resolved');
		for (let i = 0; i < object.length; i++) {
			if (object[i] < first || object[i] > last || resolved[i] < 0)
				continue;
			addTo(needs, object[i], resolved[i]);
			addTo(importers, resolved[i], object[i]);
		}
		const maps = { needs, importers };
		this.dependency_maps.set(process, maps);
		return maps;
	}

	/**
	 * From the program down to this object: who asked for whom.
	 * @param {number} row
	 */
	whyChain(row) {
		const by = this.objects.column('by');
		const chain = [row];
		while (by[chain[0]] >= 0 && !chain.includes(by[chain[0]]))
			chain.unshift(by[chain[0]]);
		return chain;
	}
}

/**
 * @template K, V
 * @param {Map<K, V[]>} map
 * @param {K} key
 * @param {V} value
 */
export function addTo(map, key, value) {
	const list = map.get(key);
	if (list)
		list.push(value);
	else
		map.set(key, [value]);
}
