// main.js - the page around the views: routes, navigation, search, keys, theme.
import { Data, decodeBase64, FORMAT_VERSION, inflate } from './data.js';
import { h, replace } from './dom.js';
import { formatNumber } from './format.js';
import { Model } from './model.js';
import { formatRoute, parseRoute } from './route.js';
import { findingView } from './view-findings.js';
import { interposeView } from './view-interpose.js';
import { lossBanner, overview } from './view-overview.js';
import { callView, graphView, notFound, objectView, searchView } from './view-object.js';
import { diffView, namespacesView, processesView, timelineView } from './view-process.js';
import { symbolHref, symbolView } from './view-symbol.js';
import { LIST_NAMES, listView } from './view-tables.js';

/** @typedef {import('./view-overview.js').View} View */
/** @typedef {import('./view-overview.js').Navigate} Navigate */
/** @typedef {import('./route.js').Route} Route */

/** @type {{[name: string]: (model: Model, route: Route, navigate: Navigate) => View}} */
const VIEWS = {
	overview, object: objectView, graph: graphView, call: callView, search: searchView,
	finding: findingView, symbol: symbolView, interpose: interposeView, diff: diffView, timeline: timelineView, namespaces: namespacesView, processes: processesView,
	...Object.fromEntries(LIST_NAMES.map(name => [name, listView])),
};

/** What the navigation lists; the number stands behind it. */
const PLACES = [
	['overview', 'Overview', ''], ['findings', 'Findings', 'finding'], ['objects', 'Objects', 'object'],
	['bindings', 'Bindings', 'binding'], ['searches', 'Searches', 'search'],
	['calls', 'Calls', 'call'], ['graph', 'Graph', ''], ['timeline', 'Timeline', ''],
	['interpose', 'Interpositions', ''], ['namespaces', 'Namespaces', ''], ['processes', 'Processes', 'process'], ['diff', 'Differences', ''],
];

const KEYS = [
	['/', 'search'], ['f', 'filter the table'], ['j k', 'next, previous row'],
	['Enter', 'open the row'], ['← →', 'another link of the row'],
	['n p', 'next, previous object'], ['g o', 'go to the overview'], ['t', 'light or dark'],
	['?', 'this help'], ['Esc', 'close'],
];

const THEMES = ['auto', 'light', 'dark'];
const SUGGESTIONS = 12;

class Page {
	/** @param {Model} model */
	constructor(model) {
		this.model = model;
		/** @type {View | null} */
		this.view = null;
		this.pending_key = '';
		this.theme = 'auto';
		this.nav = h('nav', { 'aria-label': 'Views' });
		this.heading = h('h1', { tabindex: -1 });
		this.content = h('div', { class: 'content' });
		this.main = h('main', { id: 'main' }, this.heading, this.content);
		this.help = this.buildHelp();
		this.theme_button = h('button', { type: 'button', class: 'quiet', onclick: () =>
			this.setTheme(THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]) });
		this.search = this.buildSearch();
		this.element = h('div', { class: 'page' },
			h('a', { href: '#main', class: 'skip', onclick: (/** @type {Event} */ event) => {
				event.preventDefault();
				this.heading.focus();
			} }, 'Skip to the content'),
			h('header', null,
				h('a', { href: '#overview', class: 'brand' }, 'plugaudit'),
				h('span', { class: 'command', title: String(model.data.meta.title) },
					String(model.data.meta.title)),
				this.search.element, this.theme_button,
				h('button', { type: 'button', class: 'quiet', 'aria-label': 'Help: keys',
					onclick: () => this.help.showModal() }, '?')),
			h('div', { class: 'frame' }, this.nav, this.main), this.help);
		this.setTheme(readTheme());
		addEventListener('hashchange', () => this.show());
		addEventListener('keydown', event => this.key(event));
		addEventListener('beforeprint', () => this.view?.table?.print(true));
		addEventListener('afterprint', () => this.view?.table?.print(false));
	}

	buildHelp() {
		const dialog = h('dialog', { 'aria-label': 'Keys' }, h('h2', null, 'Keys'),
			h('dl', { class: 'facts' }, KEYS.flatMap(([key, what]) =>
				[h('dt', null, key.split(' ').map((k, i) => [i > 0 && ' ', h('kbd', null, k)]).flat()),
					h('dd', null, what)])),
			h('p', null, 'Filters: words, ', h('code', null, '-word'), ', ',
				h('code', null, '"several words"'), ', ', h('code', null, 'to:libc'), '.'),
			h('button', { type: 'button', onclick: () => dialog.close() }, 'Close'));
		return dialog;
	}

	/** Search for objects and symbols, wherever one is. */
	buildSearch() {
		const list = h('ul', { id: 'found', role: 'listbox', 'aria-label': 'Found', hidden: true });
		let chosen = -1;
		/** @type {{label: string, note: string, href: string}[]} */
		let found = [];
		const mark = () => {
			[...list.children].forEach((item, i) =>
				item.setAttribute('aria-selected', String(i === chosen)));
			if (chosen >= 0)
				input.setAttribute('aria-activedescendant', `found-${chosen}`);
			else
				input.removeAttribute('aria-activedescendant');
		};
		const close = () => {
			list.hidden = true;
			input.setAttribute('aria-expanded', 'false');
			input.removeAttribute('aria-activedescendant');
		};
		const go = (/** @type {number} */ i) => {
			if (!found[i])
				return;
			location.hash = found[i].href;
			close();
			input.blur();
		};
		const update = () => {
			found = this.find(input.value);
			chosen = found.length ? 0 : -1;
			replace(list, found.map((item, i) => h('li', { role: 'option', id: `found-${i}`,
				onpointerdown: (/** @type {Event} */ event) => {
					event.preventDefault();
					go(i);
				} }, h('span', null, item.label), h('span', { class: 'dim' }, item.note))));
			list.hidden = found.length === 0;
			input.setAttribute('aria-expanded', String(found.length > 0));
			mark();
		};
		const input = h('input', {
			type: 'search', placeholder: 'Search objects and symbols', 'aria-label': 'Search',
			role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'found',
			'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false',
			oninput: update, onfocus: update, onblur: close,
			onkeydown: (/** @type {KeyboardEvent} */ event) => {
				if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
					event.preventDefault();
					const step = event.key === 'ArrowDown' ? 1 : -1;
					chosen = Math.max(0, Math.min(found.length - 1, chosen + step));
					mark();
				} else if (event.key === 'Enter') {
					go(chosen);
				} else if (event.key === 'Escape') {
					input.value = '';
					input.blur();
				}
			},
		});
		return { element: h('div', { class: 'search', role: 'search' }, input, list), input };
	}

	/**
	 * Objects and symbols with all the words in them, the shortest first.
	 * @param {string} text
	 */
	find(text) {
		const { model } = this;
		const words = text.toLowerCase().split(/\s+/).filter(Boolean);
		if (!words.length)
			return [];
		const has = (/** @type {string} */ name) => {
			const lower = name.toLowerCase();
			return words.every(word => lower.includes(word));
		};
		/** @type {{label: string, note: string, href: string}[]} */
		const found = [];
		for (let row = 0; row < model.objects.rows; row++)
			if (has(model.text('object', 'path', row)) || has(model.text('object', 'soname', row)))
				found.push({ label: model.objectLabel(row), href: model.objectHref(row),
					note: model.processes.rows > 1 ?
						`in ${model.processLabel(model.objects.column('process')[row])}` : 'object' });
		const shortest = (/** @type {{label: string}[]} */ list) =>
			list.sort((a, b) => a.label.length - b.label.length).slice(0, SUGGESTIONS);
		const objects = shortest(found).slice(0, SUGGESTIONS - 4);
		/** @type {{label: string, note: string, href: string}[]} */
		const symbols = [];
		const names = model.symbols.column('name');
		for (let row = 0; row < model.symbols.rows; row++) {
			const name = model.data.texts[names[row]];
			if (name && has(name))
				symbols.push({ label: name, note: 'symbol', href: symbolHref(model, row) });
		}
		return [...objects, ...shortest(symbols)].slice(0, SUGGESTIONS)
			.map(item => /** @type {{label: string, note: string, href: string}} */ (item));
	}

	/** @param {Route} route */
	showNav(route) {
		const { model } = this;
		const places = PLACES.filter(([name]) => name !== 'diff' || model.documentOf('', -1, 'diff'));
		replace(this.nav, h('ul', null, places.map(([name, title, table]) => h('li', null,
			h('a', { href: formatRoute(name), 'aria-current': name === route.name ? 'page' : null },
				h('span', null, title),
				table && h('span', { class: 'number' }, formatNumber(name === 'bindings' ?
					model.count('binding', 'state', 'bound') : model.data.table(table).rows)))))));
	}

	show() {
		const route = parseRoute(location.hash);
		if (route.name === 'main')
			return; // the skip link's target
		/** @type {Navigate} */
		const navigate = (params, typing) => {
			const now = parseRoute(location.hash);
			const hash = formatRoute(now.name, now.id, { ...now.params, ...params });
			if (typing)
				history.replaceState(null, '', hash);
			else
				history.pushState(null, '', hash);
			this.main.dataset.shown = location.hash;
			if (!this.view?.table && !typing)
				this.show();
		};
		this.view?.release?.();
		const view = (VIEWS[route.name] ?? (() => notFound('page', route.name)))(this.model, route,
			navigate);
		this.view = view;
		this.main.dataset.shown = location.hash;
		document.title = `${view.title} - ${this.model.data.meta.title}`;
		this.heading.textContent = view.title;
		this.main.classList.toggle('fill', view.fill === true);
		this.showNav(route);
		const banner = lossBanner(this.model);
		replace(this.content, banner, view.content);
		scrollTo(0, 0);
		view.table?.draw();
	}

	/** @param {string} theme */
	setTheme(theme) {
		this.theme = theme;
		if (theme === 'auto')
			delete document.documentElement.dataset.theme;
		else
			document.documentElement.dataset.theme = theme;
		this.theme_button.textContent = theme === 'auto' ? '◐' : theme === 'light' ? '☀' : '☾';
		this.theme_button.setAttribute('aria-label', `Theme: ${theme}`);
		this.theme_button.title = `Theme: ${theme}`;
		try {
			localStorage.setItem('plugaudit-theme', theme);
		} catch {
			// no storage here: it lasts as long as the page
		}
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		const target = /** @type {HTMLElement} */ (event.target);
		if (event.ctrlKey || event.metaKey || event.altKey || this.help.open ||
			target.closest('input[type="search"], select'))
			return;
		const { table } = this.view ?? {};
		const follow = (/** @type {string | undefined} */ href) => {
			if (href)
				location.hash = href;
		};
		if (this.pending_key === 'g' && event.key === 'o') {
			this.pending_key = '';
			location.hash = '#overview';
			return;
		}
		this.pending_key = event.key === 'g' ? 'g' : '';
		/** @type {{[key: string]: () => void}} */
		const actions = {
			'/': () => this.search.input.focus(),
			'f': () => table?.filter?.focus(),
			'j': () => table ? table.move(1) : this.moveFocus(1),
			'k': () => table ? table.move(-1) : this.moveFocus(-1),
			'n': () => follow(this.view?.next),
			'p': () => follow(this.view?.previous),
			't': () => this.setTheme(THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]),
			'?': () => this.help.showModal(),
		};
		if (event.key === 'Enter' && table && !target.closest('a, button, input')) {
			event.preventDefault();
			table.open();
			return;
		}
		const action = actions[event.key];
		if (!action)
			return;
		event.preventDefault();
		action();
	}

	/**
	 * Where there is no table, j and k go from link to link.
	 * @param {number} by
	 */
	moveFocus(by) {
		const links = [...this.content.querySelectorAll('a')];
		const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
		links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))]?.focus();
	}
}

function readTheme() {
	try {
		const theme = localStorage.getItem('plugaudit-theme') ?? 'auto';
		return THEMES.includes(theme) ? theme : 'auto';
	} catch {
		return 'auto';
	}
}

/** @param {string} text */
function complain(text) {
	document.body.prepend(h('div', { class: 'banner', role: 'alert' }, text));
}

async function start() {
	const source = /** @type {HTMLElement} */ (document.getElementById('data'));
	const format = Number(source.dataset.format);
	if (format !== FORMAT_VERSION) {
		complain(`This page's data have format ${format}; its viewer reads format ${FORMAT_VERSION}. ` +
			'Write the page anew with one plugreport. What follows is the overview.');
		return;
	}
	try {
		const bytes = await inflate(decodeBase64(source.textContent ?? ''));
		const page = new Page(new Model(new Data(bytes)));
		document.getElementById('static')?.remove();
		source.remove();
		document.body.prepend(page.element);
		page.show();
	} catch (error) {
		complain(`The page's data can't be read: ${error instanceof Error ? error.message : error}. ` +
			'What follows is the overview.');
		throw error;
	}
}

if (typeof document !== 'undefined')
	await start();
