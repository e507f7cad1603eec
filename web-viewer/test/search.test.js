import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countValues, filterTest, parseFilter, selectRows, sortRows } from '../src/search.js';

const NAMES = ['from', 'to', 'symbol'];
const word = (text, field = '', not = false) => ({ field, text, not });

test('filters: words, fields, quotes, negation', () => {
	assert.deepEqual(parseFilter('', NAMES), []);
	assert.deepEqual(parseFilter('  Malloc  free ', NAMES), [word('malloc'), word('free')]);
	assert.deepEqual(parseFilter('to:libc -from:"a b" -x', NAMES),
		[word('libc', 'to'), word('a b', 'from', true), word('x', '', true)]);
	assert.deepEqual(parseFilter('std::string to:', NAMES), [word('std::string'), word('to:')]);
	assert.deepEqual(parseFilter('"open quote', NAMES), [word('open quote')]);
	assert.deepEqual(parseFilter('other:x', NAMES), [word('other:x')]);
	assert.deepEqual(parseFilter('-', NAMES), [word('-')]);
});

const rows = [['b', 'x'], ['A', 'y'], ['a', 'x'], ['c', 'x']];
const texts = ['b', 'A', 'a', 'c', 'x', 'y'];
const field = (name, at, searched = true) => ({ name, searched, text: key => texts[key],
	key: row => texts.indexOf(rows[row][at]) });
const fields = [field('from', 0), field('to', 1, false)];
const all = Int32Array.of(0, 1, 2, 3);
const pass = filter => [...selectRows(all, filterTest(parseFilter(filter, NAMES), fields))];

test('rows that match', () => {
	assert.deepEqual(pass('a'), [1, 2]); // in any case
	assert.deepEqual(pass('-a'), [0, 3]);
	assert.deepEqual(pass('x'), []); // not where words are not looked for
	assert.deepEqual(pass('to:x -from:c'), [0, 2]);
	assert.deepEqual(pass('symbol:x'), []); // a field that this table has not
});

test('values are counted, most frequent first', () => {
	assert.deepEqual(countValues(all, fields[1]).map(({ text, count }) => [text, count]),
		[['x', 3], ['y', 1]]);
	assert.deepEqual(countValues(Int32Array.of(1, 0), fields[0]).map(value => value.text), ['A', 'b']);
});

test('sorting keeps the order of equals', () => {
	assert.deepEqual([...sortRows(all, fields[0], false)], [1, 2, 0, 3]);
	assert.deepEqual([...sortRows(all, fields[0], true)], [3, 0, 1, 2]);
	assert.deepEqual([...sortRows(all, fields[1], true)], [1, 0, 2, 3]);
	const number = { ...fields[0], order: row => -row };
	assert.deepEqual([...sortRows(all, number, false)], [3, 2, 1, 0]);
});

test('values that read the same are one', () => {
	const field = { name: 'to', key: row => row, text: key => ['libc.so.6', 'libx.so', 'libc.so.6'][key] };
	assert.deepEqual(countValues(Int32Array.of(0, 1, 2, 2, 0, 1), field).map(({ text, count }) => [text, count]),
		[['libc.so.6', 4], ['libx.so', 2]]);
});
