// search.js - selecting and ordering the rows of a table: filter, facets, sort.

/** @typedef {import('./data.js').Column} Column */

/**
 * How the rows of a table are seen in one column.  `key` is small enough to count by; equal keys
 * have equal texts.
 * @typedef {object} Field
 * @property {string} name in the address bar, and in filters ("to:libc")
 * @property {(row: number) => number} key
 * @property {(key: number) => string} text
 * @property {((row: number) => number)} [order] what to sort by; default: the text
 * @property {boolean} [searched] does a word without a name look here?
 */

/**
 * A word of a filter: what it looks for, where (empty: everywhere), and whether it must be absent.
 * @typedef {{field: string, text: string, not: boolean}} Word
 */

/**
 * Words, parted by blanks; "quoted ones" keep theirs; -not; field:word.
 * @param {string} text
 * @param {string[]} names of fields
 * @returns {Word[]}
 */
export function parseFilter(text, names) {
	/** @type {Word[]} */
	const words = [];
	for (const match of text.matchAll(/(-?)(?:([a-z_]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
		const [all, not, field, quoted, plain] = match;
		const known = field !== undefined && names.includes(field.toLowerCase());
		let word = quoted ?? plain ?? '';
		if (field !== undefined && !known)
			word = all.slice(not.length).replaceAll('"', ''); // "std::string" is no field
		if (word)
			words.push({ field: known ? field.toLowerCase() : '', text: word.toLowerCase(),
				not: not === '-' });
	}
	return words;
}

/**
 * Remembers for each key of a field whether its text has the word.
 * @param {Field} field
 * @param {string} word
 * @returns {(row: number) => boolean}
 */
function matcher(field, word) {
	/** @type {Map<number, boolean>} */
	const known = new Map();
	return row => {
		const key = field.key(row);
		let found = known.get(key);
		if (found === undefined) {
			found = field.text(key).toLowerCase().includes(word);
			known.set(key, found);
		}
		return found;
	};
}

/**
 * @param {Word[]} words
 * @param {Field[]} fields
 * @returns {(row: number) => boolean}
 */
export function filterTest(words, fields) {
	const tests = words.map(word => {
		const where = fields.filter(field => word.field ? field.name === word.field :
			field.searched);
		const any = where.map(field => matcher(field, word.text));
		return (/** @type {number} */ row) => any.some(test => test(row)) !== word.not;
	});
	return row => tests.every(test => test(row));
}

/**
 * The rows that pass.
 * @param {Int32Array} rows
 * @param {(row: number) => boolean} test
 */
export function selectRows(rows, test) {
	const found = new Int32Array(rows.length);
	let count = 0;
	for (const row of rows)
		if (test(row))
			found[count++] = row;
	return found.subarray(0, count);
}

/**
 * How often each value of a field comes, most frequent first.
 * @param {Int32Array} rows
 * @param {Field} field
 * @returns {{key: number, text: string, count: number}[]}
 */
export function countValues(rows, field) {
	/** @type {Map<number, number>} */
	const counts = new Map();
	for (const row of rows) {
		const key = field.key(row);
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	// What reads the same is one value: a library of several processes, or loads of it.
	/** @type {Map<string, {key: number, text: string, count: number}>} */
	const values = new Map();
	for (const [key, count] of counts) {
		const text = field.text(key);
		const value = values.get(text);
		if (value)
			value.count += count;
		else
			values.set(text, { key, text, count });
	}
	return [...values.values()]
		.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

/**
 * Order rows by a field, those with equal values as they were.
 * @param {Int32Array} rows
 * @param {Field} field
 * @param {boolean} descending
 */
export function sortRows(rows, field, descending) {
	const order = field.order ?? textOrder(rows, field);
	const keys = new Float64Array(rows.length);
	const places = new Uint32Array(rows.length);
	for (let i = 0; i < rows.length; i++) {
		keys[i] = order(rows[i]);
		places[i] = i;
	}
	const sign = descending ? -1 : 1;
	places.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
	return Int32Array.from(places, place => rows[place]);
}

/**
 * @param {Int32Array} rows
 * @param {Field} field
 */
function textOrder(rows, field) {
	const texts = new Map();
	for (const row of rows) {
		const key = field.key(row);
		if (!texts.has(key))
			texts.set(key, field.text(key).toLowerCase());
	}
	const sorted = [...texts].sort((a, b) => a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);
	/** @type {Map<number, number>} */
	const ranks = new Map();
	let rank = 0;
	sorted.forEach(([key, text], i) => {
		rank = i && text === sorted[i - 1][1] ? rank : i;
		ranks.set(key, rank);
	});
	return (/** @type {number} */ row) => ranks.get(field.key(row)) ?? 0;
}
