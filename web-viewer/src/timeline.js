// timeline.js - what happened when, a lane a thread.
import { h, svg, link } from './dom.js';
import { formatTime } from './format.js';
import { formatRoute } from './route.js';

/** @typedef {import('./model.js').Model} Model */
/**
 * A thing that happened in a thread; `end` equals `start` for what took no time that is known, and
 * `most` is how long it may have lasted (negative: not told).
 * @typedef {{start: number, end: number, tid: number, kind: string, title: string, href: string, depth: number, most: number}} Item
 */

const LANE_TITLE = 18;
const ITEM_HEIGHT = 18;
const AXIS = 26;
const LEFT = 12;

/**
 * Put items into rows so that none covers another: a nested one below the one that it is in.
 * @param {Item[]} items in order of their starts
 * @param {number} [closest] marks as near as this (in time) cover each other
 * @returns {number} rows
 */
export function stackItems(items, closest = 0) {
	/** @type {number[]} */
	const ends = [];
	for (const item of items) {
		let depth = 0;
		while (depth < ends.length && ends[depth] > item.start)
			depth++;
		item.depth = depth;
		ends[depth] = Math.max(item.end, item.start + closest);
	}
	return ends.length;
}

/**
 * Round steps for an axis.
 * @param {number} from
 * @param {number} to
 * @param {number} most ticks
 */
export function ticks(from, to, most) {
	const span = Math.max(1, to - from);
	let step = 10 ** Math.floor(Math.log10(span / most));
	for (const factor of [1, 2, 5, 10])
		if (span / (step * factor) <= most) {
			step *= factor;
			break;
		}
	const list = [];
	for (let at = Math.ceil(from / step) * step; at <= to; at += step)
		list.push(at);
	return list;
}

/**
 * @param {Model} model
 * @param {number} process
 * @returns {Item[]}
 */
export function processItems(model, process) {
	const events = model.data.table('event');
	const time = events.column('time'), least = events.column('least'), most = events.column('most');
	const tid = events.column('tid'), object = events.column('object'), call = events.column('call');
	const promoted = events.column('promoted');
	const items = [...model.rowsOf('event', process)].map(row => {
		const word = model.text('event', 'kind', row);
		const result = call[row] < 0 ? -1 : model.number('call', 'result', call[row]);
		const kind = word === 'call' ? callKind(model, call[row]) :
			word === 'global' && promoted[row] ? 'promotion' : word;
		const about = word === 'call' ? result : object[row];
		return {
			start: time[row], end: time[row] + least[row], tid: tid[row], kind, depth: 0,
			most: most[row],
			title: model.text('event', 'text', row) + (word === 'call' ?
				`, called from ${model.text('call', 'from', call[row])}` : ''),
			href: about >= 0 ? model.objectHref(about) : word === 'call' ?
				formatRoute('call', model.number('call', 'id', call[row])) : '',
		};
	});
	// What begins at the same time: the longer one is around the other.
	return items.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** @param {Model} model @param {number} call */
function callKind(model, call) {
	if (model.text('call', 'outcome', call) === 'failed')
		return 'failed';
	return model.text('call', 'kind', call) === 'dlclose' ? 'close' : 'open';
}

const WORDS = /** @type {{[kind: string]: string}} */ ({
	start: 'start-up', open: 'dlopen', failed: 'failed dlopen', close: 'dlclose', exit: 'exit',
	load: 'object loaded', global: 'joined the global scope', promotion: 'promoted to the global scope',
	unload: 'object unloaded',
});

export class Timeline {
	/**
	 * @param {Item[]} items
	 * @param {{from: number, to: number}} range
	 * @param {(range: {from: number, to: number}) => void} changed
	 */
	constructor(items, range, changed) {
		this.items = items;
		this.end = Math.max(1, ...items.map(item => item.end));
		this.range = range;
		this.changed = changed;
		this.width = 0;
		this.box = h('div', { class: 'timeline picture', tabindex: 0, role: 'group',
			'aria-label': 'Timeline: + and - zoom, arrow keys move',
			onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
			onwheel: (/** @type {WheelEvent} */ event) => this.wheel(event),
			onpointerdown: (/** @type {PointerEvent} */ event) => this.brush(event) });
		const kinds = new Set(items.map(item => item.kind));
		this.element = h('div', null, h('div', { class: 'vtools' },
			h('button', { type: 'button', onclick: () => this.zoom(0.5) }, 'Zoom in'),
			h('button', { type: 'button', onclick: () => this.zoom(2) }, 'Zoom out'),
			h('button', { type: 'button', onclick: () => this.set(0, this.end) }, 'All'),
			h('span', { class: 'legend' }, Object.keys(WORDS).filter(kind => kinds.has(kind))
				.map(kind => h('span', { class: `key ${kind}` }, WORDS[kind])))), this.box);
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.box);
	}

	release() {
		this.observer.disconnect();
	}

	/** @param {number} from @param {number} to */
	set(from, to) {
		const span = Math.max(10, Math.min(to - from, this.end));
		const start = Math.max(0, Math.min(from, this.end - span));
		this.range = { from: start, to: start + span };
		this.draw();
		this.changed(this.range);
	}

	/** @param {number} factor @param {number} [around] a time */
	zoom(factor, around = (this.range.from + this.range.to) / 2) {
		const { from, to } = this.range;
		this.set(around - (around - from) * factor, around + (to - around) * factor);
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		const step = (this.range.to - this.range.from) / 5;
		/** @type {{[key: string]: () => void}} */
		const actions = {
			'+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2),
			ArrowLeft: () => this.set(this.range.from - step, this.range.to - step),
			ArrowRight: () => this.set(this.range.from + step, this.range.to + step),
			Home: () => this.set(0, this.end),
		};
		const action = actions[event.key];
		if (!action || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		action();
	}

	/** @param {WheelEvent} event */
	wheel(event) {
		if (!event.ctrlKey)
			return; // the page scrolls
		event.preventDefault();
		this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(event.clientX));
	}

	/** @param {number} x of the window */
	timeAt(x) {
		const { from, to } = this.range;
		const box = this.box.getBoundingClientRect();
		const part = (x - box.left - LEFT) / Math.max(1, this.width - 2 * LEFT);
		return from + Math.max(0, Math.min(1, part)) * (to - from);
	}

	/** Dragging selects a part. @param {PointerEvent} event */
	brush(event) {
		if (event.button !== 0 || (event.target instanceof Element && event.target.closest('a')))
			return;
		const start = event.clientX;
		const box = this.box.getBoundingClientRect();
		const mark = h('div', { class: 'brush' });
		this.box.append(mark);
		const move = (/** @type {PointerEvent} */ moved) => {
			mark.style.left = `${Math.min(start, moved.clientX) - box.left}px`;
			mark.style.width = `${Math.abs(moved.clientX - start)}px`;
		};
		const up = (/** @type {PointerEvent} */ ended) => {
			removeEventListener('pointermove', move);
			removeEventListener('pointerup', up);
			mark.remove();
			const times = [this.timeAt(start), this.timeAt(ended.clientX)].sort((a, b) => a - b);
			if (Math.abs(ended.clientX - start) > 4)
				this.set(times[0], times[1]);
		};
		addEventListener('pointermove', move);
		addEventListener('pointerup', up);
	}

	draw() {
		this.width = this.box.clientWidth;
		if (!this.width)
			return;
		const { from, to } = this.range;
		const inner = this.width - 2 * LEFT;
		const x = (/** @type {number} */ time) => LEFT + (time - from) / (to - from) * inner;
		const tids = [...new Set(this.items.map(item => item.tid))];
		let y = AXIS;
		/** @type {SVGElement[]} */
		const parts = [];
		tids.forEach((tid, i) => {
			const lane = this.items.filter(item => item.tid === tid && item.end >= from &&
				item.start <= to);
			const pixel = (to - from) / inner;
			const copies = thin(lane.map(item => ({ ...item })), pixel * 3);
			const spans = copies.filter(item => !isMark(item)), marks = copies.filter(isMark);
			const rows = stackItems(spans, pixel * 3);
			const below = stackItems(marks, pixel * 9);
			for (const mark of marks)
				mark.depth += rows;
			const shown = [...spans, ...marks];
			const height = Math.max(1, rows + below) * ITEM_HEIGHT;
			parts.push(svg('text', { x: LEFT, y: y + 13, class: 'lane-title' },
				`thread ${tid}${i === 0 ? ' (first)' : ''}`));
			y += LANE_TITLE;
			parts.push(svg('rect', { x: LEFT, y, width: inner, height, class: 'lane' }),
				...shown.map(item => this.item(item, x, y, inner)));
			y += height + 10;
		});
		const axis = ticks(from, to, Math.max(2, Math.floor(inner / 110))).map(time => svg('g', null,
			svg('line', { x1: x(time), x2: x(time), y1: AXIS - 6, y2: y, class: 'tick' }),
			svg('text', { x: Math.min(x(time), this.width - 40), y: 14, class: 'tick-title',
				'text-anchor': x(time) < 40 ? 'start' : 'middle' }, formatTime(time))));
		this.box.replaceChildren(svg('svg', { width: this.width, height: y,
			viewBox: `0 0 ${this.width} ${y}`, role: 'group', 'aria-label': 'Events by thread' },
		axis, parts));
	}

	/**
	 * @param {Item} item
	 * @param {(time: number) => number} x
	 * @param {number} lane
	 * @param {number} inner
	 */
	item(item, x, lane, inner) {
		const start = Math.max(LEFT - 2, x(item.start));
		const width = Math.max(3, Math.min(LEFT + inner, x(item.end)) - start);
		const y = lane + item.depth * ITEM_HEIGHT;
		const letters = Math.floor((width - 8) / 6.6);
		const label = item.kind === 'start' ? 'start-up' : item.title;
		const shape = MARKS[item.kind];
		const mark = shape ? svg('path', { d: shape(start, y) }) :
			svg('rect', { x: start, y: y + 2, width, height: ITEM_HEIGHT - 4, rx: 3 });
		const content = [
			svg('title', null, `${formatTime(item.start)}: ${item.title}` +
				lasted(item)),
			mark,
			letters >= 4 && mark.tagName === 'rect' && svg('text', { x: start + 4, y: y + 13 },
				label.length > letters ? `${label.slice(0, letters - 1)}…` : label),
		];
		return item.href ?
			svg('a', { href: item.href, class: `item ${item.kind}` }, content) :
			svg('g', { class: `item ${item.kind}` }, content);
	}
}

/** How long it took, as far as that is known. @param {Item} item */
function lasted(item) {
	const least = formatTime(item.end - item.start);
	if (item.most >= 0 && item.most === item.end - item.start)
		return `, ${least}`;
	if (item.end === item.start)
		return item.most > 0 ? `, at most ${formatTime(item.most)}` : '';
	return item.most >= 0 ? `, ${least} to ${formatTime(item.most)}` : `, at least ${least}`;
}

/** Marks for what has no length: their outlines. @type {{[kind: string]: (x: number, y: number) => string}} */
const MARKS = {
	load: (x, y) => `M${x - 4} ${y + 14}h8l-4 -9z`,
	unload: (x, y) => `M${x - 4} ${y + 5}h8l-4 9z`,
	global: (x, y) => `M${x} ${y + 4}l5 5l-5 5l-5 -5z`,
	promotion: (x, y) => `M${x} ${y + 4}l5 5l-5 5l-5 -5z`,
};

/** @param {Item} item */
function isMark(item) {
	return item.kind in MARKS;
}

/**
 * Of marks that would stand on one spot, keep one.
 * @param {Item[]} items
 * @param {number} closest
 */
export function thin(items, closest) {
	/** @type {Map<string, number>} */
	const last = new Map();
	return items.filter(item => {
		if (item.end > item.start + closest)
			return true;
		const before = last.get(item.kind);
		if (before !== undefined && item.start - before < closest)
			return false;
		last.set(item.kind, item.start);
		return true;
	});
}

/** @param {Item[]} items @param {{from: number, to: number}} range */
export function timelineList(items, range) {
	const within = items.filter(item => item.end >= range.from && item.start <= range.to);
	const most = 200;
	return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Events' },
	h('table', { class: 'plain' },
		h('thead', null, h('tr', null, ['At', 'Thread', 'What', ''].map((title, i) =>
			h(title ? 'th' : 'td', { scope: title ? 'col' : null,
				class: i === 0 ? 'right' : null }, title)))),
		h('tbody', null, within.slice(0, most).map(item => h('tr', null,
			h('td', { class: 'right' }, formatTime(item.start)),
			h('td', null, item.tid),
			h('td', null, h('span', { class: `key ${item.kind}` }, WORDS[item.kind])),
			h('td', null, item.href ? link(item.href, item.title) : item.title))))),
	within.length > most && h('p', { class: 'dim' },
		`${within.length - most} more: zoom in to see them.`));
}
