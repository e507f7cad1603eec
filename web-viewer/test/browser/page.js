// page.js - a report in a browser, for tests: opened from disk, watched for what must not happen.
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

/** Where tests/scenarios/viewer-*.sh has put the pages. */
export const PAGES = process.env.VIEWER_PAGES ?? '.';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync',
	'--disable-dev-shm-usage'];

/** A fresh browser with a profile of its own. */
export function launch() {
	return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** @param {string} name of a page, perhaps with a hash */
export function address(name) {
	const [file, hash] = name.split(/(?=#)/);
	return `${pathToFileURL(`${PAGES}/${file}`)}${hash ?? ''}`;
}

/**
 * Open a tab.  What its console says, what it throws, asks for and opens is kept in `trouble`.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function open(browser, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	const page = await context.newPage();
	/** @type {string[]} */
	const trouble = [];
	page.on('console', message => trouble.push(`console: ${message.text()}`));
	page.on('pageerror', error => trouble.push(`thrown: ${error.message}`));
	page.on('dialog', dialog => {
		trouble.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.on('popup', () => trouble.push('popup'));
	page.on('request', request => {
		if (!request.url().startsWith('file:') || request.resourceType() !== 'document')
			trouble.push(`request: ${request.url()}`);
	});
	return { page, trouble, close: () => context.close() };
}

/**
 * Go to an address of a page, and wait until its view is there.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function visit(page, name) {
	await page.goto(address(name));
	await page.locator('main h1').waitFor();
	await settled(page);
}

/**
 * Another view of the same page, as a link does it.
 * @param {import('playwright-core').Page} page
 * @param {string} hash
 */
export async function turn(page, hash) {
	await page.evaluate(to => {
		location.hash = to;
	}, hash);
	await settled(page);
}

/** Wait until what the address says is shown, and drawn. @param {import('playwright-core').Page} page */
export async function settled(page) {
	await page.waitForFunction(() => document.querySelector('main')?.dataset.shown === location.hash);
	await page.evaluate(() => new Promise(done => requestAnimationFrame(() =>
		requestAnimationFrame(() => done(null)))));
}

/** @param {import('playwright-core').Page} page */
export async function title(page) {
	await settled(page);
	return page.locator('main h1').textContent();
}

/** @param {import('playwright-core').Page} page the count above a table */
export async function count(page) {
	await settled(page);
	return Number((await page.locator('.count').textContent() ?? '').replace(/,/g, '').split(' ')[0]);
}

/** The first id of a kind of thing. @param {import('playwright-core').Page} page @param {string} route */
export async function firstOf(page, route) {
	return page.locator(`main a[href^="#${route}/"]`).first().getAttribute('href');
}

/** @param {string[]} trouble */
export function assertQuiet(trouble) {
	assert.deepEqual(trouble, []);
}
