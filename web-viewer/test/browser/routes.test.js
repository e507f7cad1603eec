// Each route of a small and of a large report: something is there, nothing is cut off, assistive
// software gets everywhere, and nothing is said or asked for behind the reader's back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';

import { assertQuiet, firstOf, launch, open, title, turn, visit } from './page.js';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
	browser = await launch();
});
after(() => browser.close());

/** @param {import('playwright-core').Page} page */
async function violations(page) {
	const result = await page.evaluate(() => /** @type {any} */ (window).axe.run(document, {
		resultTypes: ['violations'],
	}));
	return result.violations.map((/** @type {any} */ found) =>
		`${found.id}: ${found.nodes.slice(0, 3).map((/** @type {any} */ node) => node.html.slice(0, 160)).join(' | ')}`);
}

/** What a view says, commands to be typed left aside. */
function said() {
	const copy = /** @type {HTMLElement} */ (document.querySelector('.content')?.cloneNode(true));
	for (const code of copy.querySelectorAll('code, pre'))
		code.remove();
	return copy.textContent ?? '';
}

/** What sticks out of the window, or of the box that it should be read in. */
function cutOff() {
	const found = [];
	if (document.documentElement.scrollWidth > innerWidth)
		found.push(`the page is ${document.documentElement.scrollWidth} wide`);
	for (const element of document.querySelectorAll('nav a, h1, h2, h3, button, dt, .card, .badge, .key')) {
		const { scrollWidth, clientWidth } = element;
		if (clientWidth && scrollWidth > clientWidth + 1 && !element.closest('.vhead'))
			found.push(`${element.className || element.tagName}: ${element.textContent?.slice(0, 60)}`);
	}
	return found;
}

/** Boxes of a picture that cover each other, and names that don't fit into theirs. */
function covered() {
	for (const box of document.querySelectorAll('.graph .box')) {
		const rect = box.querySelector('rect')?.getBoundingClientRect();
		const text = box.querySelector('text')?.getBoundingClientRect();
		if (rect && text && text.right > rect.right - 4)
			return 1;
	}
	const boxes = [...document.querySelectorAll('.graph .box rect, .graph .more rect')]
		.map(element => element.getBoundingClientRect());
	return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => a.left < b.right &&
		b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
}

/** @param {import('playwright-core').Page} page */
async function routes(page) {
	const list = ['#overview', '#findings', '#objects', '#bindings', '#searches', '#calls', '#graph',
		'#timeline', '#interpose', '#interpose?all=1', '#namespaces', '#processes', '#diff', '#nonsense',
		'#object/999999', '#finding/none'];
	for (const [place, kind] of [['#findings', 'finding'], ['#objects', 'object'],
		['#searches', 'search'], ['#calls', 'call']]) {
		await turn(page, place);
		const link = await page.locator(`main a[href^="#${kind}/"]`).count() ?
			await firstOf(page, kind) : null;
		if (link)
			list.push(link);
		if (link && kind === 'object') {
			const last = await page.locator('main a[href^="#object/"]').last().getAttribute('href');
			list.push(String(last), `${String(last).replace('object', 'graph')}?hops=3`);
		}
	}
	return list;
}

const names = (process.env.VIEWER_ROUTES ?? 'small.html host.html large.html').split(' ');

for (const name of names)
	for (const colorScheme of /** @type {('light' | 'dark')[]} */ (['light', 'dark']))
		test(`${name}, ${colorScheme}`, async () => {
			const { page, trouble, close } = await open(browser, { colorScheme,
				viewport: colorScheme === 'light' ? { width: 1280, height: 800 } :
					{ width: 1920, height: 1080 } });
			await visit(page, name);
			await page.evaluate(axe.source);
			for (const route of await routes(page)) {
				await turn(page, route);
				assert.ok(await title(page), `${route} has a heading`);
				const text = await page.locator('.content').innerText();
				assert.ok(text.trim().length > 15, `${route} says something`);
				assert.ok(!/undefined|NaN|\[object|null,/.test(text),
					`${route}: ${/.{0,40}(undefined|NaN|\[object|null,).{0,40}/.exec(text)?.[0]}`);
				assert.ok(!/--all/.test(await page.evaluate(said)), `${route} has no options`);
				assert.deepEqual(await page.evaluate(cutOff), [], route);
				assert.equal(await page.evaluate(covered), 0, route);
				assert.deepEqual(await violations(page), [], route);
			}
			assertQuiet(trouble);
			await close();
		});

test('a telephone is wide enough', async () => {
	const { page, trouble, close } = await open(browser, { viewport: { width: 390, height: 800 } });
	await visit(page, names[0]);
	for (const route of ['#overview', '#objects', '#timeline', '#processes']) {
		await turn(page, route);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390, route);
	}
	assertQuiet(trouble);
	await close();
});
