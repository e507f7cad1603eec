// Names in a recording are somebody else's: whatever they are, they are text.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { address, assertQuiet, launch, open, turn, visit } from './page.js';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
	browser = await launch();
});
after(() => browser.close());

/** All that the viewer ever makes, and what an HTML document has anyway. */
const ELEMENTS = new Set(('html head meta title style body script div span a header nav main h1 h2 h3 p ul ol ' +
	'li dl dt dd kbd code pre button input select option label fieldset legend output section details summary ' +
	'table caption thead tbody tr th td strong dialog svg defs marker path g rect text line').split(' '));

function elementsAndAttributes() {
	const elements = new Set(), odd = [];
	for (const element of document.querySelectorAll('*')) {
		elements.add(element.localName);
		for (const { name, value } of element.attributes)
			if (name.startsWith('on') || (name === 'href' && !value.startsWith('#')) || name === 'src')
				odd.push(`${element.localName} ${name}=${value.slice(0, 80)}`);
	}
	return { elements: [...elements], odd, scripts: document.scripts.length, title: document.title };
}

test('hostile names stay text', async () => {
	const { page, trouble, close } = await open(browser);
	await visit(page, 'hostile.html');
	const places = ['#overview', '#findings', '#objects', '#bindings', '#searches', '#calls', '#graph?hops=3',
		'#timeline', '#interpose?all=1', '#namespaces', '#processes',
		`#bindings?q=${encodeURIComponent('<img src=x onerror=document.title="owned">')}`,
		`#${encodeURIComponent('<script>document.title="owned"</script>')}`,
		`#objects?__proto__=1&constructor=2&sort=__proto__`];
	const links = new Set(places);
	for (const place of places) {
		await turn(page, place);
		for (const link of await page.locator('main a').evaluateAll(list =>
			list.map(a => a.getAttribute('href') ?? '')))
			if (links.size < 120)
				links.add(link);
	}
	for (const link of links) {
		await turn(page, link);
		const { elements, odd, scripts, title } = await page.evaluate(elementsAndAttributes);
		assert.deepEqual(elements.filter(name => !ELEMENTS.has(name)), [], link);
		assert.deepEqual(odd, [], link);
		assert.equal(scripts, 1, link);
		assert.notEqual(title, 'owned', link);
	}
	await turn(page, '#objects');
	const text = await page.locator('.vbody').innerText();
	for (const part of ['<img src=x onerror', '\\u{2028}', '\\xff\\xfe', '\\u{202e}', '__proto__', '\\x01\\x02'])
		assert.ok(text.includes(part), part);
	for (const sort of ['Object', 'Why', 'Path'])
		await page.getByTitle(`Sort by ${sort}`).click();
	await page.keyboard.press('/');
	await page.keyboard.type('<b>');
	await page.locator('#found li').first().waitFor();
	assert.equal(await page.locator('#found b').count(), 0);
	assert.match(await page.locator('.banner').innerText(), /lost 7 events/);
	assertQuiet(trouble);
	await close();
});

test('without JavaScript neither', async () => {
	const { page, trouble, close } = await open(browser, { javaScriptEnabled: false });
	await page.goto(address('hostile.html'));
	assert.equal(await page.locator('img, b, i, iframe').count(), 0);
	assert.equal(await page.locator('script').count(), 2);
	assert.match(await page.locator('main').innerText(), /lost 7 events/);
	assertQuiet(trouble);
	await close();
});
