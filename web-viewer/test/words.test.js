import assert from 'node:assert/strict';
import { test } from 'node:test';

import { paragraphs, parseLine } from '../src/document.js';
import { baseName, formatCount, formatNumber, formatShare, formatSize, formatTime, shorten, valueParts } from '../src/format.js';
import { linkPieces } from '../src/links.js';
import { stackItems, thin, ticks } from '../src/timeline.js';

test('numbers as the command line writes them', () => {
	assert.deepEqual([0, 999, 1000, 1234567].map(formatNumber), ['0', '999', '1,000', '1,234,567']);
	assert.deepEqual([410, 12400, 1520000, 250e6].map(formatTime),
		['0.41 ms', '12.4 ms', '1.52 s', '250 s']);
	assert.deepEqual([1, 1023, 3565158, 2 ** 40].map(formatSize),
		['1 byte', '1,023 bytes', '3.4 MiB', '1.0 TiB']);
	assert.deepEqual([formatCount(1, 'way'), formatCount(2, 'way'), formatCount(3, 'match', 'matches')],
		['1 way', '2 ways', '3 matches']);
	assert.deepEqual([formatShare(1, 1000), formatShare(1, 3), formatShare(1, 0)], ['< 1 %', '33 %', '']);
	assert.equal(shorten('libsomething-long.so.1', 12), 'lib…ong.so.1');
	assert.equal(shorten('short', 12), 'short');
	assert.equal(baseName('/a/b.so'), 'b.so');
});

test('marks become styles and branches', () => {
	assert.deepEqual(parseLine('  \x0f\x0eab \x01bold\x06 c'), { lead: '  │  └─ ', spans: [
		{ text: 'ab ', style: '' }, { text: 'bold', style: 'bold' }, { text: ' c', style: '' }] });
	assert.deepEqual(parseLine(''), { lead: '', spans: [] });
	assert.deepEqual(parseLine('\x04x'), { lead: '', spans: [{ text: 'x', style: 'bad' }] });
});

test('lines that were broken for a terminal become paragraphs', () => {
	const line = text => ({ op: 0, flags: 0, text });
	assert.deepEqual(paragraphs(['Title', '  one', '  two.', '', '  three', '    code', 'End'].map(line))
		.map(step => step.text), ['Title', '  one two.', '', '  three', '    code', 'End']);
});

const names = new Map([['libx.so', 1], ['/a/libx.so', 1], ['host', 2], ['constructor', 3]]);
const find = (name, space) => space === 2 && name === 'libx.so' ? 9 : names.get(name) ?? -1;
const linked = (text, whole) => linkPieces(text, find, whole).filter(piece => piece.object >= 0)
	.map(piece => [piece.text, piece.object]);

test('objects are found in sentences', () => {
	assert.deepEqual(linked('libx.so was loaded because host needs it.'), [['libx.so', 1], ['host', 2]]);
	assert.deepEqual(linked('main() at host.c:3 in host'), [['host', 2]]);
	assert.deepEqual(linked('the host is a host'), []);
	assert.deepEqual(linked('called from libx.so+0x12'), [['libx.so', 1]]);
	assert.deepEqual(linked('dlopen("/a/libx.so", RTLD_NOW)'), [['/a/libx.so', 1]]);
	assert.deepEqual(linked('by libx.so (namespace 2), and libx.so.'),
		[['libx.so (namespace 2)', 9], ['libx.so', 1]]);
	assert.deepEqual(linked('host', true), [['host', 2]]);
	assert.deepEqual(linked('', true), []);
	for (const text of ['', 'a libx.so b', 'x=libx.so', 'libx.so libx.so'])
		assert.equal(linkPieces(text, find).map(piece => piece.text).join(''), text);
});

test('items do not cover each other', () => {
	const item = (start, end) => ({ start, end, depth: 0, kind: 'open' });
	const items = [item(0, 10), item(1, 5), item(2, 3), item(6, 8), item(12, 12), item(12, 13)];
	assert.equal(stackItems(items, 1), 3);
	assert.deepEqual(items.map(({ depth }) => depth), [0, 1, 2, 1, 0, 1]);
	assert.equal(stackItems([]), 0);
	assert.equal(thin([item(0, 0), item(0.5, 0.5), item(2, 2), item(2.1, 9)], 1).length, 3);
});

test('an axis has round ticks', () => {
	assert.deepEqual(ticks(0, 1000, 10), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
	assert.ok(ticks(0, 1, 5).length <= 6);
	for (const end of [3, 77, 12345, 9e9])
		assert.ok(ticks(0, end, 8).length >= 2 && ticks(0, end, 8).length <= 9, `${end}`);
});

test('a namespace is never cut off a value', () => {
	assert.deepEqual(valueParts('libx.so'), ['libx.so']);
	assert.deepEqual(valueParts('libx.so (namespace 2)'), ['libx.so', '(namespace 2)']);
	assert.deepEqual(valueParts('an (odd) name'), ['an (odd) name']);
});
