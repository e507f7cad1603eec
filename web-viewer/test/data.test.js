import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duplex } from 'node:stream';
import { createInflateRaw, deflateRawSync } from 'node:zlib';

import { Data, decodeBase64, decodeColumn, inflate } from '../src/data.js';

// Browsers have 'deflate-raw', node before 21 has not.
try {
	new DecompressionStream('deflate-raw');
} catch {
	globalThis.DecompressionStream = /** @type {any} */ (class {
		constructor() {
			return Duplex.toWeb(createInflateRaw());
		}
	});
}

/** A column as report/html/columns.c shuffles it. */
function shuffled(values, bytes) {
	const block = new Uint8Array(values.length * bytes);
	for (let byte = 0; byte < bytes; byte++)
		values.forEach((value, i) => {
			block[byte * values.length + i] = Number(BigInt(value) >> BigInt(8 * byte) & 255n);
		});
	return block;
}

const zigzag = value => value >= 0 ? 2 * value : -2 * value - 1;

test('columns of every width', () => {
	for (const [bytes, values] of [[0, [0, 0]], [1, [0, 255]], [2, [65535, 256]],
		[4, [4294967295, 65536]], [8, [Number.MAX_SAFE_INTEGER, 4294967296]]]) {
		const column = decodeColumn(shuffled(values, bytes),
			{ type: 'number', bytes, delta: false, at: 0 }, values.length);
		assert.deepEqual([...column], values);
	}
});

test('differences, signs and references', () => {
	const values = [5, 3, 3, 1000, -7];
	const steps = values.map((value, i) => zigzag(zigzag(value) - (i ? zigzag(values[i - 1]) : 0)));
	assert.deepEqual([...decodeColumn(shuffled(steps, 4),
		{ type: 'signed', bytes: 4, delta: true, at: 0 }, 5)], values);
	assert.deepEqual([...decodeColumn(shuffled([0, 1, 301], 2),
		{ type: 'ref', bytes: 2, delta: false, at: 0 }, 3)], [-1, 0, 300]);
});

/** @param {object} directory @param {Uint8Array} blocks */
function page(directory, blocks, version = 1, magic = 'PLUGPAGE') {
	const text = new TextEncoder().encode(JSON.stringify(directory));
	const bytes = new Uint8Array(16 + text.length + blocks.length);
	bytes.set(new TextEncoder().encode(magic));
	new DataView(bytes.buffer).setUint32(8, version, true);
	new DataView(bytes.buffer).setUint32(12, text.length, true);
	bytes.set(text, 16);
	bytes.set(blocks, 16 + text.length);
	return bytes;
}

test('tables and texts', () => {
	const texts = new TextEncoder().encode('\nä\u{1F600}\nb\n');
	const blocks = new Uint8Array([...texts, 7, 9, 1, 2]);
	const data = new Data(page({
		meta: { title: 't' }, texts: { at: 0, length: texts.length },
		tables: { thing: { rows: 2, columns: {
			id: { type: 'number', bytes: 1, delta: false, at: texts.length },
			name: { type: 'text', bytes: 1, delta: false, at: texts.length + 2 },
		} } },
	}, blocks));
	assert.deepEqual(data.texts, ['', 'ä\u{1F600}', 'b']);
	assert.equal(data.meta.title, 't');
	const table = data.table('thing');
	assert.equal(table.find(9), 1);
	assert.equal(table.find(8), -1);
	assert.equal(data.texts[table.column('name')[1]], 'b');
	assert.equal(table.column('name'), table.column('name'));
	assert.throws(() => table.column('nothing'), /no column thing\.nothing/);
	assert.throws(() => data.table('nothing'), /no table nothing/);
});

test('what is no data, or of another version, is refused', () => {
	const nothing = { meta: {}, texts: { at: 0, length: 0 }, tables: {} };
	assert.throws(() => new Data(page(nothing, new Uint8Array(), 2)), /format 2/);
	assert.throws(() => new Data(page(nothing, new Uint8Array(), 1, 'SOMETHIN')), /not the data/);
});

test('base64 and deflate', async () => {
	for (let length = 0; length < 70; length++) {
		const bytes = Uint8Array.from({ length }, (_, i) => i * 37 & 255);
		const packed = deflateRawSync(bytes);
		const unpacked = await inflate(decodeBase64(Buffer.from(packed).toString('base64')));
		assert.deepEqual([...unpacked], [...bytes]);
	}
});
