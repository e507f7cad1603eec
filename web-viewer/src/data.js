// data.js - reading the page's data: what report/html/columns.h describes.

export const FORMAT_VERSION = 1;

/** @typedef {{type: string, bytes: number, delta: boolean, at: number}} ColumnPlace */
/** @typedef {{rows: number, columns: {[name: string]: ColumnPlace}}} TablePlace */
/** @typedef {Int32Array | Float64Array} Column */

/**
 * The bytes of a base64 text.
 * @param {string} text
 */
export function decodeBase64(text) {
	const binary = atob(text);
	const bytes = new Uint8Array(binary.length);
	for (let i = 0; i < binary.length; i++)
		bytes[i] = binary.charCodeAt(i);
	return bytes;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes raw deflate
 */
export async function inflate(bytes) {
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Unshuffle a column: `count` numbers of `bytes` bytes, their lowest bytes first.  What needs more
 * than 31 bits comes as Float64Array, exact up to 2^53.
 * @param {Uint8Array} block
 * @param {ColumnPlace} place
 * @param {number} count
 * @returns {Column}
 */
export function decodeColumn(block, place, count) {
	const { bytes, delta, type } = place;
	const values = bytes > 3 ? new Float64Array(count) : new Int32Array(count);
	let scale = 1;
	for (let byte = 0; byte < bytes; byte++, scale *= 256) {
		const from = place.at + byte * count;
		for (let i = 0; i < count; i++)
			values[i] += block[from + i] * scale;
	}
	if (delta)
		undoDelta(values);
	if (type === 'signed')
		for (let i = 0; i < count; i++)
			values[i] = unzigzag(values[i]);
	if (type === 'ref')
		for (let i = 0; i < count; i++)
			values[i] -= 1;
	return values;
}

/** @param {number} value */
function unzigzag(value) {
	return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** @param {Column} values */
function undoDelta(values) {
	let before = 0;
	for (let i = 0; i < values.length; i++) {
		before += unzigzag(values[i]);
		values[i] = before;
	}
}

/** A table whose columns are decoded when they are asked for. */
export class Table {
	/**
	 * @param {string} name
	 * @param {TablePlace} place
	 * @param {Uint8Array} block
	 */
	constructor(name, place, block) {
		this.name = name;
		this.rows = place.rows;
		this.place = place;
		this.block = block;
		/** @type {{[name: string]: Column}} */
		this.decoded = {};
		/** @type {Map<number, number> | undefined} */
		this.by_id = undefined;
	}

	/**
	 * @param {string} name
	 * @returns {Column}
	 */
	column(name) {
		const found = this.decoded[name];
		if (found)
			return found;
		const place = this.place.columns[name];
		if (!place)
			throw new Error(`the data have no column ${this.name}.${name}`);
		return this.decoded[name] = decodeColumn(this.block, place, this.rows);
	}

	/**
	 * The row with this database id, or -1.
	 * @param {number} id
	 */
	find(id) {
		if (!this.by_id) {
			const ids = this.column('id');
			this.by_id = new Map();
			for (let i = 0; i < this.rows; i++)
				this.by_id.set(ids[i], i);
		}
		return this.by_id.get(id) ?? -1;
	}
}

/** All of the page's data. */
export class Data {
	/** @param {Uint8Array} bytes */
	constructor(bytes) {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const decoder = new TextDecoder();
		if (decoder.decode(bytes.subarray(0, 8)) !== 'PLUGPAGE')
			throw new Error('these are not the data of a report');
		const version = view.getUint32(8, true);
		if (version !== FORMAT_VERSION)
			throw new Error(`the data have format ${version}`);
		const length = view.getUint32(12, true);
		const directory = JSON.parse(decoder.decode(bytes.subarray(16, 16 + length)));
		const block = bytes.subarray(16 + length);
		const { at, length: text_length } = directory.texts;

		/** @type {{[name: string]: string | number}} */
		this.meta = directory.meta;
		/** @type {string[]} */
		this.texts = decoder.decode(block.subarray(at, at + text_length)).split('\n');
		this.texts.pop(); // behind the last line break
		/** @type {{[name: string]: Table}} */
		this.tables = {};
		for (const name of Object.keys(directory.tables))
			this.tables[name] = new Table(name, directory.tables[name], block);
	}

	/** @param {string} name */
	table(name) {
		const table = this.tables[name];
		if (!table)
			throw new Error(`the data have no table ${name}`);
		return table;
	}
}
