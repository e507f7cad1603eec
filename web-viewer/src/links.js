// links.js - objects' names in sentences, so that they can be followed.
import { addTo } from './model.js';
import { formatRoute } from './route.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {{text: string, object: number}} Piece */

/** Words after which an object is named, even one whose name looks like any word. */
const BEFORE_NAMES = new Set(['in', 'of', 'by', 'from', 'to', 'because', 'needs', 'and', 'that']);

/** The names by which a process's objects are called in text. */
export class NameIndex {
	/**
	 * @param {Model} model
	 * @param {number} process
	 */
	constructor(model, process) {
		this.model = model;
		this.process = process;
		/** @type {Map<string, number> | undefined} */
		this.searches = undefined;
		/** @type {Map<string, number[]>} */
		this.names = new Map();
		for (const row of model.rowsOf('object', process))
			for (const column of ['name', 'path', 'file', 'soname']) {
				const name = model.text('object', column, row);
				if (name && !(this.names.get(name) ?? []).includes(row))
					addTo(this.names, name, row);
			}
	}

	/**
	 * The search for a name that is explained, or ''.
	 * @param {string} name
	 */
	searchHref(name) {
		if (!this.searches) {
			this.searches = new Map();
			const explained = this.model.searches.column('explained');
			for (const row of this.model.rowsOf('search', this.process)) {
				const tried = this.model.text('search', 'tried', row);
				if (explained[row] >= 0 && !this.searches.has(tried))
					this.searches.set(tried, row);
			}
		}
		const row = this.searches.get(name);
		return row === undefined ? '' : formatRoute('search', this.model.searches.column('id')[row]);
	}

	/**
	 * The object that is called so.
	 * @param {string} name
	 * @param {number} name_space
	 * @param {number} [preferred] when it is called so too
	 */
	find(name, name_space, preferred = -1) {
		const rows = this.names.get(name);
		if (!rows)
			return -1;
		const spaces = this.model.objects.column('namespace');
		const there = rows.filter(row => spaces[row] === name_space);
		if (there.includes(preferred))
			return preferred;
		return there[0] ?? rows[0];
	}
}

/**
 * Cut a text into pieces, some of which name an object.
 * @param {string} text
 * @param {(name: string, name_space: number) => number} find the object's row, or -1
 * @param {boolean} [whole] is the text a name, as in a cell?
 * @returns {Piece[]}
 */
export function linkPieces(text, find, whole = false) {
	/** @type {Piece[]} */
	const pieces = [];
	let done = 0;
	let before = '';
	const exact = whole ? find(text, 0) : -1;
	if (exact >= 0)
		return [{ text, object: exact }];
	for (const match of text.matchAll(/[^\s"'(),;[\]=]+/g)) {
		const word = match[0];
		const name = nameIn(word, before, find);
		before = word;
		if (!name || match.index < done)
			continue;
		const rest = text.slice(match.index + name.length);
		const space = /^ \(namespace (-?\d+)\)/.exec(rest);
		const object = find(name, space ? Number(space[1]) : 0);
		const end = match.index + name.length + (space ? space[0].length : 0);
		if (match.index > done)
			pieces.push({ text: text.slice(done, match.index), object: -1 });
		pieces.push({ text: text.slice(match.index, end), object });
		done = end;
	}
	if (done < text.length || pieces.length === 0)
		pieces.push({ text: text.slice(done), object: -1 });
	return pieces;
}

/**
 * The part of a word that is an object's name, without what a sentence puts behind it.
 * @param {string} word
 * @param {string} before the word before it
 * @param {(name: string, name_space: number) => number} find
 */
function nameIn(word, before, find) {
	for (const name of [word, word.replace(/[.:!?]+$/, ''), word.replace(/\+0x[0-9a-f]+:?$/, '')])
		if ((/[./]/.test(name) || BEFORE_NAMES.has(before)) && find(name, 0) >= 0)
			return name;
	return '';
}
