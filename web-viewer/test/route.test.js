import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatRoute, joinList, parseRoute, splitList } from '../src/route.js';

test('routes come back', () => {
	for (const params of [{}, { q: 'a b&c=d#e%f+g' }, { sort: '-count', to: 'libc.so.6,libm.so.6' },
		{ q: '"x y" -z' }, { q: 'ä\u{1F600}/:,' }]) {
		const route = parseRoute(formatRoute('bindings', '', params));
		assert.equal(route.name, 'bindings');
		assert.equal(route.id, '');
		assert.deepEqual({ ...route.params }, params);
	}
	assert.deepEqual({ ...parseRoute('#object/12?process=3').params }, { process: '3' });
	assert.equal(parseRoute('#object/12').id, '12');
	assert.equal(parseRoute(formatRoute('finding', 'a/b?c')).id, 'a/b?c');
});

test('odd routes do no harm', () => {
	assert.equal(parseRoute('').name, 'overview');
	assert.equal(parseRoute('#').name, 'overview');
	assert.equal(parseRoute('#%zz').name, '%zz');
	assert.deepEqual({ ...parseRoute('#x?&&=1&a&b=%').params }, { a: '', b: '%' });
	assert.deepEqual(Object.keys(parseRoute('#x?__proto__=1').params), ['__proto__']);
	assert.equal(formatRoute('x', '', { b: '', a: undefined, c: 0 }), '#x?c=0');
});

test('lists hold any text', () => {
	for (const list of [[], ['a'], ['a,b', 'c\\', '\\,'], ['libx.so (namespace 2)', '']])
		assert.deepEqual(splitList(joinList(list)), list.length === 1 && !list[0] ? [] : list);
	assert.deepEqual(splitList(''), []);
	assert.deepEqual(splitList('a,'), ['a', '']);
});
