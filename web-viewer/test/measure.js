// measure.js - how long the HTML report of a large recording takes to write and to show.
//
//     node web-viewer/test/measure.js PLUGREPORT DATABASE [ROUNDS]
//
// In each round: the report is written; an empty page is opened; the report is opened at its table of
// bindings, each time in a new browser, until the first row is drawn; then a filter is typed and a
// column sorted.  Medians are printed, and the ratio of opening the report to opening the empty page.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNumber } from '../src/format.js';
import { launch } from './browser/page.js';

const [plugreport, database, rounds = '5'] = process.argv.slice(2);
if (!database) {
	console.error('usage: node measure.js PLUGREPORT DATABASE [ROUNDS]');
	process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'plugaudit-measure-'));
const report = join(directory, 'report.html');
const empty = join(directory, 'empty.html');
writeFileSync(empty, '<!DOCTYPE html><title>empty</title><main><div class="vbody"><p class="vrow"></p></div></main>');

/** @param {number[]} values */
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Milliseconds from asking for a page until its first row is drawn, in a new browser.
 * @param {string} address
 * @param {(page: import('playwright-core').Page) => Promise<void>} [then]
 */
async function opened(address, then) {
	const browser = await launch();
	const page = await (await browser.newContext()).newPage();
	const start = performance.now();
	await page.goto(address, { waitUntil: 'commit' });
	await page.locator('.vbody .vrow').first().waitFor({ state: 'attached' });
	await page.evaluate(() => new Promise(done => requestAnimationFrame(() => done(null))));
	const took = performance.now() - start;
	await then?.(page);
	await browser.close();
	return took;
}

/** @type {{[what: string]: number[]}} */
const times = { 'write the report': [], 'open an empty page': [], 'open the report, first table': [],
	'type a filter': [], 'sort a column': [] };

/** In the page, so that the browser's remote control does not count. @param {string} action */
function inPage(action) {
	const start = performance.now();
	if (action === 'filter') {
		const input = /** @type {HTMLInputElement} */ (document.querySelector('.filter'));
		input.value = 'process_42';
		input.dispatchEvent(new Event('input'));
	} else {
		/** @type {HTMLElement} */ (document.querySelector('[data-sort="symbol"]')).click();
	}
	return performance.now() - start;
}

for (let round = 0; round < Number(rounds); round++) {
	const start = performance.now();
	execFileSync(plugreport, ['html', '-q', '-d', database, '-o', report]);
	times['write the report'].push(performance.now() - start);
	times['open an empty page'].push(await opened(`file://${empty}`));
	times['open the report, first table'].push(await opened(`file://${report}#bindings`, async page => {
		times['type a filter'].push(await page.evaluate(inPage, 'filter'));
		times['sort a column'].push(await page.evaluate(inPage, 'sort'));
	}));
}
console.log(`${formatNumber(statSync(report).size)} bytes, medians of ${rounds}`);
for (const what of Object.keys(times))
	console.log(`  ${what.padEnd(30)} ${median(times[what]).toFixed(0).padStart(6)} ms`);
console.log('  first table / empty page       ' + (median(times['open the report, first table']) /
	median(times['open an empty page'])).toFixed(2).padStart(6));
rmSync(directory, { recursive: true });
