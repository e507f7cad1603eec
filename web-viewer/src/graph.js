// graph.js - a neighbourhood in a graph, in columns by hops from what is looked at.

/**
 * An edge is a dependency ("needed") or something else.
 * @typedef {{from: number, to: number, kind: string}} Edge
 * What edges come to, once for all looks at a graph.
 * @typedef {{edges: Edge[], next: Map<number, number[]>, back: Map<number, number[]>}} Graph
 * @typedef {{id: number, column: number, y: number, hidden: number}} Box
 *     `hidden`: this many are not shown, and the box stands for them (its id is -1)
 * @typedef {{from: Box, to: Box, kind: string, via: {column: number, y: number}[]}} Line
 * @typedef {{boxes: Box[], lines: Line[], first: number, last: number, height: number}} Layout
 */

export const BOX_HEIGHT = 34;
const GAP = 12;
const LANE = 12; // of a line that passes through a column

/**
 * Everything that can be reached from each node.
 * @param {number[]} nodes
 * @param {Map<number, number[]>} next
 */
export function reachable(nodes, next) {
	/** @type {Map<number, Set<number>>} */
	const all = new Map();
	for (const node of nodes) {
		const seen = new Set();
		const stack = [...next.get(node) ?? []];
		while (stack.length) {
			const at = /** @type {number} */ (stack.pop());
			if (seen.has(at))
				continue;
			seen.add(at);
			stack.push(...next.get(at) ?? []);
		}
		all.set(node, seen);
	}
	return all;
}

/**
 * Leave out edges that a longer way makes needless.  In a circle, nothing is left out.
 * @param {Map<number, number[]>} next
 * @returns {Map<number, number[]>}
 */
export function reduce(next) {
	const nodes = [...new Set([...next.keys(), ...[...next.values()].flat()])];
	const reach = reachable(nodes, next);
	/** @type {Map<number, number[]>} */
	const reduced = new Map();
	for (const [from, list] of next) {
		const targets = [...new Set(list)].filter(to => to !== from);
		reduced.set(from, targets.filter(to => !targets.some(other => other !== to &&
			reach.get(other)?.has(to) && !reach.get(to)?.has(other) &&
			!reach.get(other)?.has(from))));
	}
	return reduced;
}

/**
 * @param {Map<number, number[]>} next
 * @returns {Map<number, number[]>}
 */
export function reverse(next) {
	/** @type {Map<number, number[]>} */
	const back = new Map();
	for (const [from, list] of next)
		for (const to of list) {
			const known = back.get(to);
			if (known)
				known.push(from);
			else
				back.set(to, [from]);
		}
	return back;
}

/**
 * Hops from a node, up to `most`.
 * @param {number} focus
 * @param {Map<number, number[]>} next
 * @param {number} most
 * @returns {Map<number, number>}
 */
export function hops(focus, next, most) {
	const found = new Map([[focus, 0]]);
	let edge = [focus];
	for (let hop = 1; hop <= most && edge.length; hop++) {
		const further = [];
		for (const node of edge)
			for (const to of next.get(node) ?? [])
				if (!found.has(to)) {
					found.set(to, hop);
					further.push(to);
				}
		edge = further;
	}
	return found;
}

/**
 * Order each column so that lines cross little: by the middle of what they go to, back and forth.
 * @param {number[][]} columns of items
 * @param {(item: number) => number[]} neighbours
 */
function untangle(columns, neighbours) {
	/** @type {Map<number, number>} */
	const place = new Map();
	const number = (/** @type {number[]} */ column) =>
		column.forEach((item, i) => place.set(item, (i + 0.5) / column.length));
	columns.forEach(number);
	for (let round = 0; round < 6; round++) {
		const order = round % 2 ? [...columns].reverse() : columns;
		for (const column of order) {
			/** @type {Map<number, number>} */
			const middle = new Map();
			for (const item of column) {
				const near = neighbours(item).map(other => place.get(other) ?? 0.5);
				middle.set(item, near.length ?
					near.reduce((sum, at) => sum + at, 0) / near.length :
					place.get(item) ?? 0.5);
			}
			column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || a - b);
			number(column);
		}
	}
}

/**
 * Needless dependencies go; of what else there is between two nodes, one is kept.
 * @param {Edge[]} edges
 * @returns {Graph}
 */
export function prepare(edges) {
	/** @type {Map<number, number[]>} */
	const needs = new Map();
	for (const { from, to, kind } of edges)
		if (kind === 'needed')
			needs.set(from, [...needs.get(from) ?? [], to]);
	const reduced = reduce(needs);
	const next = new Map(reduced);
	/** @type {Edge[]} */
	const kept = [];
	for (const [from, list] of reduced)
		for (const to of list)
			kept.push({ from, to, kind: 'needed' });
	for (const edge of edges)
		if (edge.kind !== 'needed' && !next.get(edge.from)?.includes(edge.to)) {
			next.set(edge.from, [...next.get(edge.from) ?? [], edge.to]);
			kept.push(edge);
		}
	return { edges: kept, next, back: reverse(next) };
}

/**
 * By what the lines from the object in view to this column say.
 * @param {number} column
 * @param {Line[]} lines
 */
export function columnTitle(column, lines) {
	if (column === 0)
		return 'in view';
	const kinds = new Set(lines.filter(({ from, to }) => column < 0 ?
		from.column >= column && from.column < to.column && to.column <= 0 :
		to.column <= column && from.column < to.column && from.column >= 0).map(line => line.kind));
	const word = !kinds.has('dlopen') ? 'needs' : kinds.has('needed') ? 'needs or opened' : 'opened';
	const hops = Math.abs(column) === 1 ? '' : `, ${Math.abs(column)} hops`;
	return column < 0 ? `${word} it${hops}` : `it ${word}${hops}`;
}

/**
 * Lay out the neighbourhood of `focus`: what needs it on the left, what it needs on the right.
 * @param {object} options
 * @param {number} options.focus
 * @param {Graph} options.graph
 * @param {number} options.most_hops
 * @param {number} options.most boxes a column
 * @param {Set<number>} [options.expanded] columns that are shown whole
 * @param {number[]} [options.path] nodes that are shown in any case: from the program to the focus
 * @param {(node: number) => number} [options.weight] which are shown first
 * @returns {Layout}
 */
export function layoutFocus({ focus, graph, most_hops, most, expanded = new Set(), path = [],
	weight = () => 0 }) {
	/** @type {Map<number, number>} */
	const column_of = new Map([[focus, 0]]);
	// The path stands in a row on the left, also where another way is shorter.
	path.forEach((node, i) => column_of.set(node, i + 1 - path.length));
	for (const [node, hop] of hops(focus, graph.next, most_hops))
		if (!column_of.has(node))
			column_of.set(node, hop);
	for (const [node, hop] of hops(focus, graph.back, most_hops))
		if (!column_of.has(node))
			column_of.set(node, -hop);

	const kept = keep({ column_of, focus, most, expanded, path, weight });
	const shown = [...graph.edges];
	for (let i = 0; i + 1 < path.length; i++) // also where reduction took an edge away
		if (!shown.some(edge => edge.from === path[i] && edge.to === path[i + 1]))
			shown.push({ from: path[i], to: path[i + 1], kind: 'path' });
	// What passes the focus by, to the right or back to the left, would only cross all others.
	const passesBy = (/** @type {Edge} */ edge) =>
		(kept.nodes.get(edge.from) ?? 0) * (kept.nodes.get(edge.to) ?? 0) < 0;
	return place(shown.filter(edge => kept.nodes.has(edge.from) && kept.nodes.has(edge.to) &&
		edge.from !== edge.to && !passesBy(edge)), kept);
}

/**
 * Which nodes are shown, and how many are not, by column.
 * @param {{column_of: Map<number, number>, focus: number, most: number, expanded: Set<number>, path: number[], weight: (node: number) => number}} options
 */
function keep({ column_of, focus, most, expanded, path, weight }) {
	/** @type {Map<number, number[]>} */
	const columns = new Map();
	for (const [node, column] of column_of)
		columns.set(column, [...columns.get(column) ?? [], node]);
	/** @type {Map<number, number>} */
	const nodes = new Map();
	/** @type {Map<number, number>} */
	const hidden = new Map();
	for (const [column, list] of columns) {
		const rank = (/** @type {number} */ node) =>
			node === focus || path.includes(node) ? Infinity : weight(node);
		list.sort((a, b) => rank(b) - rank(a) || a - b);
		const count = expanded.has(column) || list.length <= most ? list.length : most - 1;
		list.slice(0, count).forEach(node => nodes.set(node, column));
		if (count < list.length)
			hidden.set(column, list.length - count);
	}
	return { nodes, hidden };
}

/**
 * @param {Edge[]} edges
 * @param {{nodes: Map<number, number>, hidden: Map<number, number>}} kept
 * @returns {Layout}
 */
function place(edges, { nodes, hidden }) {
	const numbers = [...nodes.values(), ...hidden.keys()];
	const first = Math.min(...numbers), last = Math.max(...numbers);
	/** @type {number[][]} */
	const columns = Array.from({ length: last - first + 1 }, () => []);
	/** @type {Map<number, number[]>} */
	const near = new Map();
	const join = (/** @type {number} */ a, /** @type {number} */ b) => {
		near.set(a, [...near.get(a) ?? [], b]);
		near.set(b, [...near.get(b) ?? [], a]);
	};
	for (const [node, column] of nodes)
		columns[column - first].push(node);
	// A line that passes columns takes a place of its own in each of them, below zero.
	let lanes = 0;
	const ways = edges.map(edge => {
		const from = nodes.get(edge.from) ?? 0, to = nodes.get(edge.to) ?? 0;
		/** @type {number[]} */
		const way = [];
		const step = from < to ? 1 : -1;
		for (let column = from + step; from !== to && column !== to; column += step) {
			columns[column - first].push(--lanes - 1);
			way.push(lanes - 1);
		}
		[edge.from, ...way, edge.to].reduce((a, b) => (join(a, b), b));
		return way;
	});
	columns.forEach(column => column.sort((a, b) => a - b));
	untangle(columns, item => near.get(item) ?? []);

	/** @type {Map<number, {column: number, y: number}>} */
	const at = new Map();
	const heights = columns.map((column, i) => column.reduce((sum, item) =>
		sum + (item < -1 ? LANE : BOX_HEIGHT + GAP), hidden.has(i + first) ? BOX_HEIGHT + GAP : 0));
	const height = Math.max(...heights);
	/** @type {Box[]} */
	const boxes = [];
	columns.forEach((column, i) => {
		let y = (height - heights[i]) / 2;
		for (const item of column) {
			const size = item < -1 ? LANE : BOX_HEIGHT + GAP;
			at.set(item, { column: i + first, y: y + size / 2 });
			if (item >= 0)
				boxes.push({ id: item, column: i + first, y: y + size / 2, hidden: 0 });
			y += size;
		}
		const more = hidden.get(i + first);
		if (more)
			boxes.push({ id: -1, column: i + first, y: y + (BOX_HEIGHT + GAP) / 2, hidden: more });
	});
	const box_of = new Map(boxes.filter(box => box.id >= 0).map(box => [box.id, box]));
	const lines = edges.map((edge, i) => ({
		from: /** @type {Box} */ (box_of.get(edge.from)),
		to: /** @type {Box} */ (box_of.get(edge.to)),
		kind: edge.kind,
		via: ways[i].map(lane => /** @type {{column: number, y: number}} */ (at.get(lane))),
	}));
	return { boxes, lines, first, last, height };
}
