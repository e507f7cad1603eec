import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BOX_HEIGHT, columnTitle, hops, layoutFocus, prepare, reduce, reverse } from '../src/graph.js';

const graph = edges => {
	const map = new Map();
	for (const [from, to] of edges)
		map.set(from, [...map.get(from) ?? [], to]);
	return map;
};
const edgesOf = map => [...map].flatMap(([from, list]) => list.map(to => `${from}>${to}`)).sort();

test('needless edges go', () => {
	assert.deepEqual(edgesOf(reduce(graph([[1, 2], [2, 3], [1, 3], [1, 1], [1, 2]]))), ['1>2', '2>3']);
	assert.deepEqual(edgesOf(reduce(graph([[1, 2], [1, 3], [2, 4], [3, 4], [1, 4]]))),
		['1>2', '1>3', '2>4', '3>4']);
});

test('circles keep what holds them together', () => {
	const reduced = reduce(graph([[1, 2], [2, 1], [1, 3], [2, 3]]));
	assert.deepEqual(edgesOf(reduced), ['1>2', '1>3', '2>1', '2>3']);
	// 2 and 3 need each other: 1 must keep at least one way to them
	assert.ok(reduce(graph([[1, 2], [1, 3], [2, 3], [3, 2]])).get(1).length >= 1);
});

test('hops', () => {
	const next = graph([[1, 2], [2, 3], [3, 4], [1, 3], [4, 1]]);
	assert.deepEqual([...hops(1, next, 2)], [[1, 0], [2, 1], [3, 1], [4, 2]]);
	assert.deepEqual([...hops(1, reverse(next), 1)], [[1, 0], [4, 1]]);
});

const needed = list => list.map(([from, to]) => ({ from, to, kind: 'needed' }));

test('a neighbourhood in columns', () => {
	const layout = layoutFocus({ focus: 2, most_hops: 1, most: 5,
		graph: prepare([...needed([[1, 2], [2, 3], [2, 4], [3, 4], [4, 5]]),
			{ from: 9, to: 2, kind: 'dlopen' }, { from: 2, to: 3, kind: 'dlopen' }]) });
	const column = id => layout.boxes.find(box => box.id === id)?.column;
	assert.deepEqual([1, 9, 2, 3, 4, 5].map(column), [-1, -1, 0, 1, undefined, undefined]);
	assert.deepEqual(layout.lines.map(line => line.kind).sort(), ['dlopen', 'needed', 'needed']);
});

test('columns say whether it was needed or opened', () => {
	const layout = layoutFocus({ focus: 2, most_hops: 2, most: 5,
		graph: prepare([...needed([[1, 2], [2, 4], [3, 5]]),
			{ from: 2, to: 3, kind: 'dlopen' }, { from: 9, to: 1, kind: 'dlopen' }]) });
	assert.deepEqual([-2, -1, 0, 1, 2].map(column => columnTitle(column, layout.lines)),
		['needs or opened it, 2 hops', 'needs it', 'in view', 'it needs or opened', 'it needs or opened, 2 hops']);
	const opener = layoutFocus({ focus: 1, most_hops: 1, most: 5,
		graph: prepare([{ from: 1, to: 2, kind: 'dlopen' }]) });
	assert.equal(columnTitle(1, opener.lines), 'it opened');
});

test('too many are counted, and shown when asked for', () => {
	const edges = needed(Array.from({ length: 30 }, (_, i) => [0, i + 1]));
	const options = { focus: 0, graph: prepare(edges), most_hops: 1, most: 12, weight: node => node };
	const layout = layoutFocus(options);
	assert.equal(layout.boxes.filter(box => box.id > 0).length, 11);
	assert.equal(layout.boxes.find(box => box.hidden)?.hidden, 19);
	assert.ok(layout.boxes.some(box => box.id === 30), 'the heaviest is there');
	assert.equal(layoutFocus({ ...options, expanded: new Set([1]) }).boxes.length, 31);
});

test('the path from the program is always there', () => {
	const layout = layoutFocus({ focus: 5, most_hops: 1, most: 3, path: [1, 2, 3, 4, 5],
		graph: prepare(needed([[1, 2], [2, 3], [3, 4], [4, 5], [6, 5], [7, 5], [8, 5], [9, 5]])),
		weight: node => node });
	for (const node of [1, 2, 3, 4, 5])
		assert.ok(layout.boxes.some(box => box.id === node), `${node}`);
	assert.equal(layout.first, -4);
	// ... also when the focus needs what brought it, which is not drawn twice
	const back = layoutFocus({ focus: 3, most_hops: 2, most: 9, path: [1, 2, 3],
		graph: prepare(needed([[1, 2], [2, 3], [3, 4], [4, 1]])) });
	assert.deepEqual([1, 2, 3, 4].map(id => back.boxes.find(box => box.id === id)?.column), [-2, -1, 0, 1]);
	assert.equal(back.lines.length, 3);
});

test('boxes do not cover each other, whatever the graph', () => {
	let random = 7;
	const pick = below => (random = random * 1103515245 + 12345 & 0x7fffffff) % below;
	for (let round = 0; round < 40; round++) {
		const edges = Array.from({ length: 60 }, () => ({ from: pick(25), to: pick(25),
			kind: pick(5) ? 'needed' : 'dlopen' }));
		const layout = layoutFocus({ focus: pick(25), graph: prepare(edges), most_hops: 1 + pick(4), most: 8 });
		for (const a of layout.boxes) {
			assert.ok(a.y >= BOX_HEIGHT / 2 && a.y <= layout.height - BOX_HEIGHT / 2);
			for (const b of layout.boxes)
				assert.ok(a === b || a.column !== b.column || Math.abs(a.y - b.y) > BOX_HEIGHT);
		}
		for (const line of layout.lines)
			assert.ok(line.from && line.to && line.via.every(stop => Number.isFinite(stop.y)));
	}
});

test('a lonely object', () => {
	const layout = layoutFocus({ focus: 3, graph: prepare([]), most_hops: 2, most: 8 });
	assert.deepEqual(layout.boxes.map(box => box.id), [3]);
});
