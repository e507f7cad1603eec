// What a reader does: filter, sort, follow links, go back, send an address, use the keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { address, assertQuiet, count, launch, open, settled, title, turn, visit } from './page.js';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
	browser = await launch();
});
after(() => browser.close());

/**
 * @param {string} what
 * @param {(page: import('playwright-core').Page) => Promise<void>} body
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
function use(what, body, options) {
	test(what, async () => {
		const { page, trouble, close } = await open(browser, options);
		await body(page);
		assertQuiet(trouble);
		await close();
	});
}

/** @param {import('playwright-core').Page} page */
async function hash(page) {
	await settled(page);
	return new URL(page.url()).hash;
}

/** @param {import('playwright-core').Page} page @param {number} column */
async function cells(page, column) {
	await settled(page);
	return page.locator(`.vbody .vrow > div:nth-child(${column})`).allTextContents();
}

use('from the overview to the cause of a wrong copy in three clicks', async page => {
	await visit(page, 'host.html');
	await page.getByRole('link', { name: /jpeg\.so got .*libcodec/ }).click();
	assert.equal(await title(page), 'wrong-copy');
	await page.locator('.chips').getByRole('link', { name: 'libcodec.so.1', exact: true }).first().click();
	await page.waitForURL(/#object/);
	await page.locator('h1', { hasText: 'libcodec.so.1' }).waitFor();
	assert.match(await page.locator('.content').innerText(), /libcodec\.so\.1 was loaded because png\.so needs it/);
	await page.goBack();
	await page.locator('h1', { hasText: 'wrong-copy' }).waitFor();
	await page.goBack();
	await page.locator('h1', { hasText: 'Overview' }).waitFor();
});

use('from the overview to the cause of a duplicate in three clicks, by links in sight', async page => {
	await visit(page, 'copies.html');
	let clicks = 0;
	const follow = async (/** @type {RegExp} */ name) => {
		const link = page.locator('main').getByRole('link', { name }).first();
		const box = await link.boundingBox();
		assert.ok(box && box.y > 50 && box.y + box.height <= 800, `${name} is in sight`);
		await link.click();
		await settled(page);
		clicks++;
	};
	await follow(/2 builds of libtable\.so\.1/);
	assert.match(String(await title(page)), /^duplicate-soname$/);
	assert.match(await page.locator('.evidence').innerText(), /red\/libtable\.so\.1: dlopen called from plugin_open\(\) at prog\.c:2 in prog/);
	await follow(/blue\/libtable\.so\.1/);
	const why = page.locator('section', { hasText: 'Why was it loaded?' });
	assert.match(await why.innerText(), /was loaded because plugin_open\(\) at prog\.c:2 in prog opened it/);
	assert.match(await why.innerText(), /main\(\) at prog\.c:5 in prog/);
	assert.ok(clicks <= 3, `${clicks} clicks`);
});

use('OCaml units, in the words of the command line', async page => {
	await visit(page, 'ocaml.html#processes');
	const units = page.locator('section', { hasText: 'OCaml compilation units' });
	assert.match(await units.innerText(), /Counter is in Red\.cmxs and in Blue\.cmxs: 2 copies ran, each with a state of its own/);
	await turn(page, '#interpose');
	assert.match(await page.locator('.content').innerText(), /OCaml unit Counter: in Red\.cmxs and in Blue\.cmxs\s+split: 2 copies ran/);
	await page.locator('main').getByRole('link', { name: 'Blue.cmxs' }).first().click();
	assert.match(await page.locator('section', { hasText: 'Its copies' }).innerText(), /OCaml unit Counter/);
});

use('what the command line leaves out, the page shows when asked', async page => {
	await visit(page, 'large.html#objects');
	await page.locator('main a[href^="#object/"]').nth(8).click();
	await settled(page);
	await page.locator('summary', { hasText: 'All that is known of it' }).click();
	const rest = page.getByRole('link', { name: 'in the table of bindings' });
	const object = await title(page);
	const more = Number(/and ([\d,]+) more/.exec(await rest.locator('..').innerText())?.[1].replace(/,/g, ''));
	await rest.click();
	await settled(page);
	assert.ok(more > 100 && await count(page) >= more);
	assert.deepEqual(new Set(await cells(page, 1)), new Set([object]));
	await visit(page, 'static.html#interpose');
	const all = page.getByRole('button', { name: 'Show all' });
	const before = (await page.locator('.content').innerText()).length;
	await all.first().click();
	assert.ok((await page.locator('.content').innerText()).length > before);
	await visit(page, 'host.html#object/8');
	await page.getByRole('link', { name: 'every place' }).first().click();
	await settled(page);
	assert.match(page.url(), /#search\//);
});

use('typing a filter, in 250,000 rows', async page => {
	await visit(page, 'large.html#bindings');
	const all = await count(page);
	assert.ok(all > 240000);
	await page.getByRole('searchbox', { name: 'Filter references' }).pressSequentially('process_77');
	const found = await count(page);
	assert.ok(found > 0 && found < all / 20);
	for (const symbol of await cells(page, 2))
		assert.match(symbol, /process_77/);
	assert.equal(await hash(page), '#bindings?q=process_77');
	await page.reload();
	await page.locator('.count').waitFor();
	assert.equal(await count(page), found);
	await page.getByRole('searchbox', { name: 'Filter references' }).fill('no such symbol anywhere');
	await page.getByRole('button', { name: 'Show all' }).click();
	assert.equal(await count(page), all);
});

use('sorting, and the address that says so', async page => {
	await visit(page, 'large.html#objects');
	const sort = page.getByRole('button', { name: 'Sort by Object' }).or(page.getByTitle('Sort by Object'));
	await sort.click();
	const up = await cells(page, 1);
	assert.deepEqual(up, [...up].sort((a, b) => a < b ? -1 : 1));
	assert.equal(await page.getByRole('columnheader', { name: 'Object' }).getAttribute('aria-sort'), 'ascending');
	await sort.click();
	const down = await cells(page, 1);
	assert.deepEqual(down, [...down].sort((a, b) => a < b ? 1 : -1));
	assert.equal(await hash(page), '#objects?sort=-name');
	await page.goBack();
	assert.deepEqual(await cells(page, 1), up);
});

use('facets narrow down, and their numbers are true', async page => {
	await visit(page, 'large.html#bindings');
	const group = page.getByRole('group', { name: 'To' });
	const box = group.getByRole('checkbox').first();
	const number = await group.locator('.number').first().textContent();
	const value = await group.locator('.value').first().textContent();
	await box.check();
	assert.equal(await count(page), Number(number?.replace(/,/g, '')));
	assert.deepEqual(new Set(await cells(page, 3)), new Set([value]));
	assert.ok(await box.evaluate(element => element === document.activeElement), 'the focus stays');
	const address_now = page.url();
	await visit(page, 'host.html');
	await page.goto(address_now);
	await page.locator('.count').waitFor();
	assert.equal(await count(page), Number(number?.replace(/,/g, '')));
	await page.getByRole('group', { name: 'To' }).getByRole('checkbox').first().uncheck();
	assert.ok(await count(page) > 240000);
});

use('scrolling to the very end', async page => {
	await visit(page, 'large.html#bindings');
	const all = await count(page);
	await page.locator('.vgrid').focus();
	await page.keyboard.press('End');
	await page.waitForFunction(last => document.querySelector(`[aria-rowindex="${last}"]`), all + 1);
	const box = await page.locator(`[aria-rowindex="${all + 1}"]`).boundingBox();
	assert.ok(box && box.y > 100 && box.y + box.height <= 800, 'the last row is in view');
	await page.keyboard.press('Home');
	await page.locator('[aria-rowindex="2"]').waitFor();
});

use('the keyboard alone', async page => {
	await visit(page, 'host.html');
	await page.keyboard.press('/');
	await page.keyboard.type('libcodec');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	assert.match(String(await title(page)), /^libcodec\.so\.1/);
	const first = await hash(page);
	await page.keyboard.press('n');
	assert.notEqual(await hash(page), first);
	await page.keyboard.press('p');
	assert.equal(await hash(page), first);
	await turn(page, '#objects');
	await page.keyboard.press('j');
	await page.keyboard.press('j');
	await page.keyboard.press('k');
	const wanted = (await cells(page, 1))[1];
	await page.keyboard.press('Enter');
	assert.equal(await title(page), wanted);
	await page.keyboard.press('?');
	assert.ok(await page.getByRole('dialog', { name: 'Keys' }).isVisible());
	await page.keyboard.press('Escape');
	assert.ok(!await page.getByRole('dialog').isVisible());
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	assert.equal(await title(page), 'Overview');
	await turn(page, '#bindings');
	await page.keyboard.press('f');
	await page.keyboard.type('jjj');
	assert.equal(await page.locator('.filter').inputValue(), 'jjj');
	await page.keyboard.press('Escape');
	assert.equal(await page.locator('.filter').inputValue(), '');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowRight');
	await settled(page);
	const target = await page.locator('.vrow.active a.chosen').getAttribute('href');
	await page.keyboard.press('Enter');
	assert.equal(await hash(page), target);
});

use('Tab reaches everything, and shows where it is', async page => {
	await visit(page, 'host.html');
	const seen = new Set();
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		const focus = await page.evaluate(() => {
			const element = document.activeElement;
			const style = element && getComputedStyle(element);
			return { text: element?.textContent || element?.getAttribute('aria-label') || '',
				visible: style?.outlineStyle !== 'none' && parseFloat(style?.outlineWidth ?? '0') > 0,
				body: element === document.body };
		});
		if (focus.body)
			break;
		assert.ok(focus.visible, `the focus is seen on ${focus.text}`);
		seen.add(focus.text);
	}
	for (const part of ['Skip to the content', 'plugaudit', 'Overview', 'Timeline'])
		assert.ok([...seen].some(text => text.startsWith(part)), part);
});

use('the overview counts as the table that it leads to', async page => {
	await visit(page, 'host.html');
	const card = page.locator('.cards a', { hasText: 'bindings' });
	const text = await card.textContent() ?? '';
	const told = Number((/^[0-9,]+/.exec(text) ?? ['0'])[0].replaceAll(',', ''));
	await card.click();
	assert.equal(await count(page), told, text);
	await visit(page, 'host.html#bindings');
	assert.ok(await count(page) > told);
});

use('what was loaded again is one object of its namespace', async page => {
	await visit(page, 'again.html#namespaces');
	const panel = page.locator('.namespaces .panel').first();
	const objects = await panel.locator('li').allTextContents();
	assert.deepEqual(objects.filter(text => text.startsWith('one.so')), ['one.soloaded 3 times']);
	assert.equal(await panel.locator('p').textContent(), `${objects.length} objects`);
});

use('a table of several processes fits, and its filter tells values apart', async page => {
	for (const place of ['objects', 'bindings', 'searches', 'calls']) {
		await visit(page, `again.html#${place}`);
		const room = await page.locator('.vgrid').evaluate(grid => grid.clientWidth - grid.scrollWidth);
		assert.ok(room >= 0, `${place}: ${room}`);
	}
	await visit(page, 'again.html#bindings');
	for (const more of await page.locator('.facets button').all())
		await more.click();
	for (const facet of await page.locator('.facets fieldset').all()) {
		const values = await facet.locator('label').evaluateAll(labels => labels.map(label =>
			label.getAttribute('title')));
		assert.equal(new Set(values).size, values.length, values.join(', '));
	}
});

use('what differs has how the processes ended', async page => {
	await visit(page, 'ends.html#diff');
	const text = await page.locator('.content').innerText();
	assert.match(text, /how it ended\s+exit\(\), exit status 0 -> not by exit\(\), killed by SIGABRT/);
});

use('a screen reader has landmarks and names', async page => {
	await visit(page, 'host.html#bindings');
	for (const role of /** @type {('navigation' | 'main' | 'search' | 'banner')[]} */ (
		['navigation', 'main', 'search', 'banner']))
		assert.equal(await page.getByRole(role).count(), 1, role);
	assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
	const grid = page.getByRole('grid', { name: 'references' });
	assert.equal(Number(await grid.getAttribute('aria-rowcount')), await count(page) + 1);
	assert.ok(await grid.getByRole('row').count() > 5);
	assert.equal(await page.getByRole('status').textContent(), await page.locator('.count').textContent());
	await page.getByRole('link', { name: 'Skip to the content' }).focus();
	await page.keyboard.press('Enter');
	assert.ok(await page.locator('h1').evaluate(element => element === document.activeElement));
});

use('light and dark, by the system and by hand', async page => {
	await visit(page, 'host.html');
	const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = await back();
	await page.emulateMedia({ colorScheme: 'dark' });
	const dark = await back();
	assert.notEqual(dark, light);
	await page.keyboard.press('t');
	assert.equal(await back(), light);
	await page.keyboard.press('t');
	assert.equal(await back(), dark);
	await page.emulateMedia({ colorScheme: 'light' });
	assert.equal(await back(), dark);
	await page.reload();
	await page.locator('main h1').waitFor();
	assert.equal(await back(), dark);
	await page.keyboard.press('t');
	assert.equal(await back(), light);
});

use('printing a long table', async page => {
	await visit(page, 'large.html#bindings');
	const pdf = await page.pdf();
	const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
	assert.ok(pages >= 3 && pages < 60, `${pages} pages`);
	assert.ok(await page.locator('.vbody .vrow').count() < 100, 'the screen is as it was');
	await turn(page, '#overview');
	assert.ok((await page.pdf()).length > 10000);
});

use('the graph: more on demand, further hops, other objects', async page => {
	await visit(page, 'large.html#graph');
	const boxes = async () => {
		await settled(page);
		return page.locator('.graph .box').count();
	};
	await page.getByLabel('Hops').selectOption('3');
	assert.match(await hash(page), /hops=3/);
	const before_more = await boxes();
	await page.locator('.graph .more').first().click();
	assert.ok(await boxes() > before_more);
	await page.locator('.graph .box:not(.focus)').first().click();
	assert.match(await hash(page), /^#graph\/\d+/);
	assert.ok(await page.locator('.graph .edge.why').count() > 0, 'the way from the program is marked');
});

use('the timeline: brush, zoom, keys', async page => {
	await visit(page, 'large.html#timeline');
	const picture = page.locator('.timeline');
	const box = await picture.boundingBox();
	assert.ok(box);
	await page.mouse.move(box.x + box.width * 0.55, box.y + 18);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.75, box.y + 18, { steps: 3 });
	await page.mouse.up();
	const brushed = await hash(page);
	assert.match(brushed, /from=\d+&to=\d+/);
	await page.reload();
	await page.locator('.timeline svg').waitFor();
	assert.equal(await hash(page), brushed);
	await picture.focus();
	await page.keyboard.press('+');
	assert.notEqual(await hash(page), brushed);
	await page.keyboard.press('Home');
	await page.getByRole('button', { name: 'All', exact: true }).click();
	assert.equal(await hash(page), '#timeline');
});

use('why a load failed is said where it is listed', async page => {
	const why = /libgone\.so was not found, or not usable; broken\.so needs it/;
	await visit(page, 'host.html#overview');
	const panel = page.locator('section', { hasText: '1 load failed' });
	assert.match(await panel.innerText(), why);
	await turn(page, '#calls?outcome=failed');
	assert.match(await page.locator('.vbody').innerText(), why);
	await page.locator('.vbody a').first().click();
	await settled(page);
	assert.match(await page.locator('.content .facts').innerText(), why);
});

use('who only asks whether something is loaded has not failed to load it', async page => {
	await visit(page, 'probe.html#overview');
	assert.doesNotMatch(await page.locator('.content').innerText(), /failed/);
	await visit(page, 'probe.html#timeline');
	await page.locator('.timeline svg').waitFor();
	assert.ok(await page.locator('.timeline .item').count());
	assert.equal(await page.locator('.timeline .item.failed').count(), 0);
	await visit(page, 'probe.html#calls?outcome=not-loaded');
	assert.match(await page.locator('.vbody').innerText(), /two\.so/);
});

use('a promotion says to what', async page => {
	await visit(page, 'copies.html#timeline');
	assert.match(await page.locator('.legend').innerText(), /promoted to the global scope/);
	assert.match(await page.locator('.content').innerText(), /red\/libtable\.so\.1 .*global scope/);
});

use('the matrix: a cell lists its symbols', async page => {
	await visit(page, 'host.html#interpose?all=1');
	await page.locator('.matrix td a').first().click();
	assert.match(await hash(page), /loser=\d+&winner=\d+/);
	assert.ok(await page.getByRole('columnheader', { name: 'Symbol' }).isVisible());
	assert.equal(await page.locator('.matrix a[aria-current]').count(), 1);
});

use('every link of a page leads somewhere', async page => {
	await visit(page, 'host.html');
	const done = new Set(['#main']);
	const waiting = ['#overview'];
	while (waiting.length && done.size < 150) {
		const at = /** @type {string} */ (waiting.pop());
		if (done.has(at))
			continue;
		done.add(at);
		await turn(page, at);
		assert.doesNotMatch(String(await title(page)), /No such/, at);
		for (const link of await page.locator('main a').evaluateAll(list =>
			list.map(a => a.getAttribute('href') ?? '')))
			if (!waiting.includes(link)) {
				assert.match(link, /^#[a-z]+/);
				waiting.unshift(link);
			}
	}
	assert.ok(done.size > 50);
});

use('without JavaScript, the overview is there', async page => {
	await page.goto(address('host.html'));
	const text = await page.locator('main').innerText();
	for (const part of ['glibc', 'bindings', 'broken.so could not be loaded', 'This is the overview'])
		assert.ok(text.includes(part), part);
}, { javaScriptEnabled: false });

test('data of another version, and damaged ones: a banner, and the overview', async () => {
	for (const [name, said] of [['version.html', /format 999; its viewer reads format 1/],
		['damaged.html', /can't be read/]]) {
		const { page, close } = await open(browser);
		await page.goto(address(String(name)));
		assert.match(String(await page.getByRole('alert').textContent()), /** @type {RegExp} */ (said));
		assert.match(await page.locator('main').innerText(), /glibc/);
		await close();
	}
});
