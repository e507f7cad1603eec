// graph-view.js - the neighbourhood of an object, drawn.
import { h, svg, link } from './dom.js';
import { formatCount, formatNumber, shorten } from './format.js';
import { BOX_HEIGHT, columnTitle, layoutFocus, prepare } from './graph.js';
import { formatRoute } from './route.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./graph.js').Line} Line */
/** @typedef {import('./graph.js').Box} Box */

const BOX_WIDTH = 200;
const BETWEEN_LEAST = 44;
const BETWEEN_MOST = 120;
const MARGIN = 16;
const ARC = 64; // room for lines between boxes of the last column
const HEADING = 26;
const BOXES_MOST = 12;
const LETTERS = 30;
const LABEL_ROOM = BOX_WIDTH - 22;

/** @type {WeakMap<Model, Map<number, import('./graph.js').Graph>>} */
const graphs = new WeakMap();

/**
 * Dependencies and dlopen calls of a process.
 * @param {Model} model
 * @param {number} process
 */
function processGraph(model, process) {
	const known = graphs.get(model) ?? new Map();
	graphs.set(model, known);
	const graph = known.get(process) ?? prepare(processEdges(model, process));
	known.set(process, graph);
	return graph;
}

/**
 * @param {Model} model
 * @param {number} process
 */
function processEdges(model, process) {
	const edges = [];
	for (const [from, list] of model.dependencies(process).needs)
		for (const to of list)
			edges.push({ from, to, kind: 'needed' });
	const by = model.objects.column('by');
	for (const row of model.rowsOf('object', process))
		if (by[row] >= 0 && model.text('object', 'reason', row) === 'dlopen' && by[row] !== row)
			edges.push({ from: by[row], to: row, kind: 'dlopen' });
	return edges;
}

/**
 * @param {Line} line
 * @param {(column: number) => number} left edge of a column's boxes
 */
function curve(line, left) {
	const { from, to, via } = line;
	if (from.column === to.column) { // an arc at the column's side
		const x = left(from.column) + BOX_WIDTH;
		const reach = 20 + Math.min(40, Math.abs(from.y - to.y) / 8);
		return `M${x} ${from.y}C${x + reach} ${from.y} ${x + reach} ${to.y} ${x} ${to.y}`;
	}
	const forward = from.column < to.column;
	let x = left(from.column) + (forward ? BOX_WIDTH : 0);
	let y = from.y;
	let path = `M${x} ${y}`;
	for (const stop of [...via, { column: to.column, y: to.y }]) {
		const enter = left(stop.column) + (forward ? 0 : BOX_WIDTH);
		const middle = (x + enter) / 2;
		path += `C${middle} ${y} ${middle} ${stop.y} ${enter} ${stop.y}`;
		x = enter + (forward ? BOX_WIDTH : -BOX_WIDTH);
		y = stop.y;
		if (stop.column !== to.column)
			path += `L${x} ${y}`;
	}
	return path;
}

/** A picture of a neighbourhood, as wide as there is room. */
export class FocusGraph {
	/**
	 * @param {Model} model
	 * @param {number} focus an object's row
	 * @param {{[name: string]: string}} params hops, more
	 */
	constructor(model, focus, params) {
		const process = model.objects.column('process')[focus];
		const bound = boundTo(model, process);
		this.model = model;
		this.focus = focus;
		this.params = params;
		this.path = model.whyChain(focus);
		this.expanded = new Set((params.more ?? '').split(',').filter(Boolean).map(Number));
		this.layout = layoutFocus({
			focus, path: this.path, expanded: this.expanded, most: BOXES_MOST,
			graph: processGraph(model, process),
			most_hops: Number(params.hops) || 1,
			weight: node => bound.get(node) ?? 0,
		});
		this.width = 0;
		/** @type {CanvasRenderingContext2D | null} to measure names with */
		this.canvas = document.createElement('canvas').getContext('2d');
		this.element = h('div', { class: 'scroll picture', tabindex: 0, role: 'group',
			'aria-label': 'Dependency graph' });
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.element);
	}

	release() {
		this.observer.disconnect();
	}

	/** @param {Line} line */
	isWhy(line) {
		const at = this.path.indexOf(line.from.id);
		return at >= 0 && this.path[at + 1] === line.to.id;
	}

	draw() {
		const room = this.element.clientWidth;
		if (!room || room === this.width)
			return;
		this.width = room;
		const { first, last, lines, boxes } = this.layout;
		const count = last - first + 1;
		const arcs = lines.some(line => line.from.column === last && line.to.column === last) ? ARC : 0;
		const between = Math.max(BETWEEN_LEAST, Math.min(BETWEEN_MOST,
			(room - 2 * MARGIN - arcs - count * BOX_WIDTH) / Math.max(1, count - 1)));
		const left = (/** @type {number} */ column) =>
			MARGIN + (column - first) * (BOX_WIDTH + between);
		const width = left(last) + BOX_WIDTH + MARGIN + arcs;
		const height = this.layout.height + HEADING + MARGIN;
		const ordered = [...lines].sort((a, b) => Number(this.isWhy(a)) - Number(this.isWhy(b)));
		this.element.replaceChildren(svg('svg', { width, height, class: 'graph', role: 'group',
			viewBox: `0 0 ${width} ${height}`,
			'aria-label': `${this.model.objectLabel(this.focus)}: what needs or opened it, and what it needs or opened` },
		svg('defs', null, ['edge', 'path'].map(arrow)),
		Array.from({ length: count }, (_, i) => svg('text', {
			x: left(first + i) + BOX_WIDTH / 2, y: 16, class: 'column-title', 'text-anchor': 'middle',
		}, columnTitle(first + i, lines))),
		svg('g', { transform: `translate(0 ${HEADING})` },
			ordered.map(line => svg('path', {
				d: curve(line, left),
				class: `edge ${line.kind}${this.isWhy(line) ? ' why' : ''}`,
				'marker-end': `url(#arrow-${this.isWhy(line) ? 'path' : 'edge'})`,
			})),
			boxes.map(box => box.hidden ? this.more(box, left(box.column)) :
				this.box(box, left(box.column))))));
		this.element.scrollLeft = left(0) + BOX_WIDTH / 2 - room / 2;
	}

	/** @param {Box} box @param {number} x */
	box(box, x) {
		const { model } = this;
		const kind = box.id === this.focus ? ' focus' : this.path.includes(box.id) ? ' why' : '';
		return svg('a', {
			href: box.id === this.focus ? model.objectHref(box.id) :
				formatRoute('graph', model.objects.column('id')[box.id], { hops: this.params.hops }),
			class: `box${kind}`,
		},
		svg('title', null, `${model.text('object', 'path', box.id)}: ` +
			model.text('object', 'why', box.id)),
		svg('rect', { x, y: box.y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 8 }),
		svg('text', { x: x + 12, y: box.y + 4.5 },
			this.label(model.objectLabel(box.id), box.id === this.focus)));
	}

	/** As much of a name as fits into a box. @param {string} name @param {boolean} bold */
	label(name, bold) {
		const { canvas } = this;
		if (!canvas)
			return shorten(name, LETTERS / 2);
		canvas.font = `${bold ? 650 : 400} 13px ${getComputedStyle(this.element).fontFamily}`;
		const [, own, space] = /^(.*?)( \(namespace -?\d+\))?$/.exec(name) ?? ['', name];
		let most = LETTERS;
		let text = name;
		while (most > 6 && canvas.measureText(text).width > LABEL_ROOM)
			text = shorten(own, --most) + (space ?? '');
		return text;
	}

	/** @param {Box} box @param {number} x */
	more(box, x) {
		return svg('a', {
			class: 'more',
			href: formatRoute('graph', this.model.objects.column('id')[this.focus],
				{ ...this.params, more: [...this.expanded, box.column].join(',') }),
		},
		svg('rect', { x, y: box.y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 8 }),
		svg('text', { x: x + BOX_WIDTH / 2, y: box.y + 4.5, 'text-anchor': 'middle' },
			`+${formatNumber(box.hidden)} more`));
	}
}

/** @param {string} kind */
function arrow(kind) {
	return svg('marker', {
		id: `arrow-${kind}`, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9,
		markerUnits: 'userSpaceOnUse', orient: 'auto', class: `arrow ${kind}`,
	}, svg('path', { d: 'M0 0L8 4L0 8Z' }));
}

/**
 * How many bindings go to each object.
 * @param {Model} model
 * @param {number} process
 */
function boundTo(model, process) {
	/** @type {Map<number, number>} */
	const counts = new Map();
	const to = model.bindings.column('to');
	for (const row of model.rowsOf('binding', process))
		if (to[row] >= 0)
			counts.set(to[row], (counts.get(to[row]) ?? 0) + 1);
	return counts;
}

/**
 * The same in words, for those who do not see the picture, and for printing.
 * @param {Model} model
 * @param {number} focus
 */
export function graphInWords(model, focus) {
	const process = model.objects.column('process')[focus];
	const { needs, importers } = model.dependencies(process);
	const opens = processEdges(model, process).filter(edge => edge.kind === 'dlopen');
	const list = (/** @type {string} */ title, /** @type {number[]} */ rows) => rows.length === 0 ?
		h('p', { class: 'dim' }, `${title}: nothing.`) :
		h('details', { open: rows.length <= 24 },
			h('summary', null, `${title} (${formatCount(rows.length, 'object')})`),
			h('ul', { class: 'chips' }, [...new Set(rows)].map(row =>
				h('li', null, link(model.objectHref(row), model.objectLabel(row))))));
	const opened = opens.filter(edge => edge.from === focus).map(edge => edge.to);
	const openers = opens.filter(edge => edge.to === focus).map(edge => edge.from);
	return h('div', { class: 'pair' },
		h('div', null, list('Needed by', importers.get(focus) ?? []),
			openers.length > 0 && list('Opened by', openers)),
		h('div', null, list('Needs', needs.get(focus) ?? []), opened.length > 0 && list('Opened', opened)));
}
