// table.js - tables of any length: only the rows in view are elements.
import { h, replace } from './dom.js';
import { formatNumber, valueParts } from './format.js';
import { joinList, splitList } from './route.js';
import { countValues, filterTest, parseFilter, selectRows, sortRows } from './search.js';

/** @typedef {import('./search.js').Field} Field */

/**
 * A column: a field, and how its cells look.
 * @typedef {object} ColumnSpec
 * @property {string} name of its field
 * @property {string} title
 * @property {number} min width in rem
 * @property {number} [grow] its share of what is left
 * @property {boolean} [right] numbers
 * @property {(row: number) => import('./dom.js').Child} [cell] default: the field's text
 */

/**
 * @typedef {object} TableSpec
 * @property {string} label what the rows are: "bindings"
 * @property {Int32Array} rows
 * @property {Field[]} fields
 * @property {ColumnSpec[]} columns
 * @property {string[]} facets names of fields
 * @property {{[name: string]: string}} params
 * @property {(params: {[name: string]: string}, typing: boolean) => void} navigate
 * @property {(row: number) => string} href where Enter goes
 * @property {string} [example] of a filter
 */

const ROW_HEIGHT = 30;
const OVERSCAN = 8;
/** Browsers do not lay out boxes of any height: beyond this, scrolling is scaled. */
const HIGHEST = 12e6;
const PRINTED_ROWS = 400;
const VALUES_SHOWN = 7;
const VALUES_MOST = 200;

let tables = 0;

export class VirtualTable {
	/** @param {TableSpec} spec */
	constructor(spec) {
		this.spec = spec;
		this.id = `table-${++tables}`;
		this.params = { ...spec.params };
		this.fields = new Map(spec.fields.map(field => [field.name, field]));
		this.rows = spec.rows;
		this.active = 0;
		this.active_link = 0;
		/** @type {Set<string>} */
		this.expanded = new Set();
		this.printing = false;
		this.filter = h('input', {
			type: 'search', class: 'filter', value: spec.params.q ?? '', spellcheck: 'false',
			autocomplete: 'off', 'aria-label': `Filter ${spec.label}`,
			placeholder: `Filter ${spec.label}${spec.example ? `, as in ${spec.example}` : ''}`,
			oninput: () => this.change({ q: this.filter.value }, true),
			onkeydown: (/** @type {KeyboardEvent} */ event) => this.filterKey(event),
		});
		this.status = h('output', { class: 'count', role: 'status' });
		this.facets = h('div', { class: 'facets', role: 'group', 'aria-label': 'Narrow down' });
		this.head = h('div', { class: 'vrow vhead', role: 'row', 'aria-rowindex': 1 });
		this.body = h('div', { class: 'vbody', role: 'rowgroup' });
		this.empty = h('div', { class: 'empty' });
		this.grid = h('div', {
			class: 'vgrid', role: 'grid', tabindex: 0, 'aria-label': spec.label,
			'aria-colcount': spec.columns.length,
			onscroll: () => this.draw(),
			onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
			onfocus: () => this.draw(),
		}, h('div', { role: 'rowgroup', class: 'vheads' }, this.head), this.body);
		this.grid.style.setProperty('--columns', spec.columns.map(column => column.grow ?
			`minmax(${column.min}rem, ${column.grow}fr)` : `${column.min}rem`).join(' '));
		this.grid.style.setProperty('--printed', spec.columns.map(column =>
			`minmax(0, ${column.min + 2 + 5 * (column.grow ?? 0)}fr)`).join(' '));
		this.grid.style.setProperty('--least',
			`${spec.columns.reduce((sum, column) => sum + column.min, 0)}rem`);
		this.element = h('div', { class: 'vtable' },
			h('div', { class: 'vtools' }, this.filter, this.status),
			h('div', { class: 'vmain' }, spec.facets.length > 0 && this.facets,
				h('div', { class: 'vpane' }, this.grid, this.empty)));
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.grid);
		this.refresh();
	}

	/** Without it, the observer would keep the table alive. */
	release() {
		this.observer.disconnect();
	}

	/**
	 * @param {{[name: string]: string}} params
	 * @param {boolean} [typing]
	 */
	change(params, typing = false) {
		this.params = { ...this.params, ...params };
		this.active = 0;
		this.grid.scrollTop = 0;
		this.refresh();
		this.spec.navigate(this.params, typing);
	}

	/** @param {string} name */
	selected(name) {
		return new Set(splitList(this.params[name] ?? ''));
	}

	refresh() {
		const { spec } = this;
		const words = parseFilter(this.params.q ?? '', [...this.fields.keys()]);
		const filtered = words.length ? selectRows(spec.rows, filterTest(words, spec.fields)) :
			spec.rows;
		this.refreshFacets(filtered);
		this.rows = this.narrow(filtered, '');
		const sort = this.params.sort ?? '';
		const field = this.fields.get(sort.replace(/^-/, ''));
		if (field)
			this.rows = sortRows(this.rows, field, sort.startsWith('-'));
		this.status.textContent = this.rows.length === spec.rows.length ?
			`${formatNumber(this.rows.length)} ${spec.label}` :
			`${formatNumber(this.rows.length)} of ${formatNumber(spec.rows.length)} ${spec.label}`;
		this.grid.setAttribute('aria-rowcount', String(this.rows.length + 1));
		this.refreshHead();
		this.refreshEmpty();
		this.draw();
	}

	refreshEmpty() {
		const any = this.rows.length > 0;
		this.empty.hidden = any;
		this.grid.hidden = !any;
		if (any)
			return;
		replace(this.empty, h('p', null, this.spec.rows.length ? 'Nothing matches.' :
			`There are no ${this.spec.label}.`),
			this.spec.rows.length > 0 && h('button', { type: 'button', onclick: () => {
				this.filter.value = '';
				const none = Object.fromEntries(this.spec.facets.map(name => [name, '']));
				this.change({ ...none, q: '' });
			} }, 'Show all'));
	}

	/**
	 * The rows that the facets leave, all but one of them.
	 * @param {Int32Array} rows
	 * @param {string} except
	 */
	narrow(rows, except) {
		for (const name of this.spec.facets) {
			const field = this.fields.get(name);
			const wanted = this.selected(name);
			if (!field || name === except || wanted.size === 0)
				continue;
			/** @type {Map<number, boolean>} */
			const known = new Map();
			rows = selectRows(rows, row => {
				const key = field.key(row);
				let is = known.get(key);
				if (is === undefined)
					known.set(key, is = wanted.has(field.text(key)));
				return is;
			});
		}
		return rows;
	}

	/** @param {Int32Array} filtered */
	refreshFacets(filtered) {
		const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.facet;
		replace(this.facets, this.spec.facets.map(name => this.facet(name,
			this.narrow(filtered, name))));
		if (focused !== undefined)
			for (const input of this.facets.querySelectorAll('input'))
				if (input.dataset.facet === focused)
					input.focus();
	}

	/**
	 * @param {string} name
	 * @param {Int32Array} rows
	 */
	facet(name, rows) {
		const field = this.fields.get(name);
		if (!field)
			return null;
		const wanted = this.selected(name);
		const values = countValues(rows, field);
		const most = this.expanded.has(name) ? VALUES_MOST : VALUES_SHOWN;
		const shown = values.filter((value, i) => i < most || wanted.has(value.text));
		for (const text of wanted)
			if (!values.some(value => value.text === text))
				shown.push({ key: -1, text, count: 0 });
		if (values.length < 2 && wanted.size === 0)
			return null;
		const title = this.spec.columns.find(column => column.name === name)?.title ??
			name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
		return h('fieldset', null, h('legend', null, title),
			shown.map(value => h('label', { title: value.text },
				h('input', {
					type: 'checkbox', checked: wanted.has(value.text),
					'data-facet': `${name} ${value.text}`,
					onchange: (/** @type {Event} */ event) => this.choose(name, value.text,
						/** @type {HTMLInputElement} */ (event.target).checked),
				}),
				valueParts(value.text || '(none)').map((part, i) =>
					h('span', { class: i ? 'space' : 'value' }, part)),
				h('span', { class: 'number' }, formatNumber(value.count)))),
			values.length > shown.length && h('button', {
				type: 'button', class: 'quiet', onclick: () => {
					this.expanded.add(name);
					this.refresh();
				},
			}, `${formatNumber(values.length - shown.length)} more`));
	}

	/**
	 * @param {string} name
	 * @param {string} text
	 * @param {boolean} on
	 */
	choose(name, text, on) {
		const wanted = this.selected(name);
		if (on)
			wanted.add(text);
		else
			wanted.delete(text);
		this.change({ [name]: joinList(wanted) });
	}

	refreshHead() {
		const sort = this.params.sort ?? '';
		const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.sort;
		replace(this.head, this.spec.columns.map((column, i) => {
			const up = sort === column.name;
			const down = sort === `-${column.name}`;
			return h('div', {
				role: 'columnheader', 'aria-colindex': i + 1, class: column.right ? 'right' : null,
				'aria-sort': up ? 'ascending' : down ? 'descending' : 'none',
			}, h('button', {
				type: 'button', 'data-sort': column.name, title: `Sort by ${column.title}`,
				onclick: () => this.change({ sort: up ? `-${column.name}` : down ? '' : column.name }),
			}, column.title, h('span', { class: 'arrow', 'aria-hidden': 'true' },
				up ? ' ▲' : down ? ' ▼' : '')));
		}));
		if (focused !== undefined)
			for (const button of this.head.querySelectorAll('button'))
				if (button.dataset.sort === focused)
					button.focus();
	}

	/** How scrolling and rows go together: pixels of the box, and of all rows. */
	extent() {
		const full = this.rows.length * ROW_HEIGHT;
		const box = Math.min(full, HIGHEST);
		const view = Math.max(0, this.grid.clientHeight - this.head.offsetHeight);
		const scale = full > box ? (full - view) / Math.max(1, box - view) : 1;
		return { full, box, view, scale };
	}

	draw() {
		if (this.printing || this.grid.hidden)
			return;
		const { box, view, scale } = this.extent();
		const top = this.grid.scrollTop;
		const first = Math.max(0, Math.floor(top * scale / ROW_HEIGHT) - OVERSCAN);
		const last = Math.min(this.rows.length,
			Math.ceil((top * scale + view) / ROW_HEIGHT) + OVERSCAN);
		const shift = top - top * scale;
		this.body.style.height = `${box}px`;
		replace(this.body, Array.from({ length: Math.max(0, last - first) }, (_, i) =>
			this.row(first + i, (first + i) * ROW_HEIGHT + shift)));
		this.markActive();
	}

	/**
	 * @param {number} index
	 * @param {number} top
	 */
	row(index, top) {
		const row = this.rows[index];
		const element = h('div', {
			class: 'vrow', role: 'row', id: `${this.id}-${index}`, 'aria-rowindex': index + 2,
			onclick: (/** @type {MouseEvent} */ event) => {
				this.active = index;
				this.active_link = 0;
				this.markActive();
				if (event.detail === 2 && !(event.target instanceof HTMLAnchorElement))
					this.open();
			},
		}, this.spec.columns.map((column, i) => {
			const field = this.fields.get(column.name);
			const cell = h('div', {
				role: 'gridcell', 'aria-colindex': i + 1, class: column.right ? 'right' : null,
			}, column.cell ? column.cell(row) : field ? field.text(field.key(row)) : '');
			if (!column.right && cell.textContent)
				cell.title = cell.textContent;
			for (const a of cell.querySelectorAll('a'))
				a.tabIndex = -1; // reached by the arrow keys
			return cell;
		}));
		element.style.top = `${top}px`;
		return element;
	}

	markActive() {
		const id = `${this.id}-${this.active}`;
		let there = false;
		for (const element of this.body.children) {
			const is = element.id === id;
			element.classList.toggle('active', is);
			there ||= is;
			if (is)
				element.setAttribute('aria-selected', 'true');
			else
				element.removeAttribute('aria-selected');
			element.querySelectorAll('a').forEach((a, i) =>
				a.classList.toggle('chosen', is && i === this.active_link));
		}
		if (there)
			this.grid.setAttribute('aria-activedescendant', id);
		else
			this.grid.removeAttribute('aria-activedescendant');
	}

	/** @param {number} by rows */
	move(by) {
		if (this.rows.length === 0)
			return;
		this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + by));
		this.active_link = 0;
		const { view, scale } = this.extent();
		const top = this.active * ROW_HEIGHT / scale;
		if (top < this.grid.scrollTop)
			this.grid.scrollTop = top;
		else if (top + ROW_HEIGHT > this.grid.scrollTop + view)
			this.grid.scrollTop = top + ROW_HEIGHT - view;
		this.draw();
	}

	/** @param {number} by links of the active row */
	moveLink(by) {
		const links = this.activeLinks();
		this.active_link = Math.max(0, Math.min(links.length - 1, this.active_link + by));
		this.markActive();
	}

	/** @returns {HTMLAnchorElement[]} */
	activeLinks() {
		return [...document.querySelectorAll(`#${this.id}-${this.active} a`)]
			.filter(a => a instanceof HTMLAnchorElement);
	}

	open() {
		if (this.rows.length === 0)
			return;
		const links = this.activeLinks();
		location.hash = links[this.active_link]?.getAttribute('href') ??
			this.spec.href(this.rows[this.active]);
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		const page = Math.max(1, Math.floor(this.extent().view / ROW_HEIGHT) - 1);
		/** @type {{[key: string]: () => void}} */
		const actions = {
			ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1),
			PageDown: () => this.move(page), PageUp: () => this.move(-page),
			Home: () => this.move(-this.rows.length), End: () => this.move(this.rows.length),
			ArrowRight: () => this.moveLink(1), ArrowLeft: () => this.moveLink(-1),
			Enter: () => this.open(),
		};
		const action = actions[event.key];
		if (!action || event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		event.stopPropagation();
		action();
	}

	/** @param {KeyboardEvent} event */
	filterKey(event) {
		if (event.key === 'Enter' || event.key === 'ArrowDown') {
			event.preventDefault();
			this.grid.focus();
		} else if (event.key === 'Escape' && this.filter.value) {
			event.stopPropagation();
			this.filter.value = '';
			this.change({ q: '' }, true);
		}
	}

	/**
	 * A printer has no scroll bar: lay the first rows out one below the other.
	 * @param {boolean} on
	 */
	print(on) {
		this.printing = on;
		if (!on) {
			this.draw();
			return;
		}
		const count = Math.min(this.rows.length, PRINTED_ROWS);
		this.body.style.height = 'auto';
		replace(this.body, Array.from({ length: count }, (_, i) => this.row(i, 0)),
			count < this.rows.length && h('p', { class: 'cut' },
				`${formatNumber(this.rows.length - count)} more: filter, to print others.`));
	}
}
