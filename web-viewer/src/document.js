// document.js - an explanation as the command line gives it, played back into elements.
import { h } from './dom.js';
import { linkPieces } from './links.js';
import { formatRoute, joinList } from './route.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Document} Document */
/** @typedef {import('./links.js').NameIndex} NameIndex */

// The numbers of report/html/document.h and report/render/render.h.
const LINE = 0, FACT = 1, CELL = 2, TABLE = 3, COLUMN = 4, ROW = 5, ROW_CLOSE = 6, TABLE_CLOSE = 7,
	REST = 8;
const COLUMN_RIGHT = 1, COLUMN_TREE = 2;
const STYLES = ['', 'bold', 'dim', 'good', 'bad', 'warn'];
const MARK_STYLES = { '\x01': 'bold', '\x02': 'dim', '\x03': 'good', '\x04': 'bad', '\x05': 'warn' };
const BRANCH = '\x0e', RAIL = '\x0f';

// What the command line says where it sends people to another command.
const SEE_SEARCH = /\(plugreport why-found ('[^']*'|[^\s()]+)\)/;

const LONG = 500; // steps
const SHORT = 20; // letters, of cells that are not broken

/**
 * @typedef {{op: number, flags: number, text: string}} Step
 * @typedef {{text: string, style: string}} Span
 */

/**
 * A text with marks, cut into styled pieces.
 * @param {string} text
 */
export function spansOf(text) {
	return parseLine(text).spans;
}

/**
 * A line with marks, cut into what stands before it (blanks and branches) and styled pieces.
 * @param {string} line
 * @returns {{lead: string, spans: Span[]}}
 */
export function parseLine(line) {
	let at = 0;
	let lead = '';
	for (; at < line.length && (line[at] === ' ' || line[at] === BRANCH || line[at] === RAIL); at++)
		lead += line[at] === BRANCH ? '└─ ' : line[at] === RAIL ? '│  ' : ' ';
	/** @type {Span[]} */
	const spans = [];
	let style = '';
	let text = '';
	const flush = () => {
		if (text)
			spans.push({ text, style });
		text = '';
	};
	for (; at < line.length; at++) {
		const mark = line[at];
		if (mark in MARK_STYLES || mark === '\x06') {
			flush();
			style = MARK_STYLES[/** @type {keyof typeof MARK_STYLES} */ (mark)] ?? '';
		} else {
			text += mark === BRANCH ? '└─ ' : mark === RAIL ? '│  ' : mark;
		}
	}
	flush();
	return { lead, spans };
}

/**
 * Lines that were broken for a terminal, as one line a paragraph.
 * @param {Step[]} steps
 */
export function paragraphs(steps) {
	/** @type {Step[]} */
	const joined = [];
	for (const step of steps) {
		const last = joined[joined.length - 1];
		const broken = (/** @type {Step | undefined} */ at) => at?.op === LINE && /^ {2}[^ ]/.test(at.text);
		if (broken(step) && broken(last))
			last.text += ` ${step.text.trimStart()}`;
		else
			joined.push({ ...step });
	}
	return joined;
}

/** Plays documents back. */
export class Player {
	/**
	 * @param {Model} model
	 * @param {NameIndex | null} names
	 * @param {number} [subject] the object that it is about: not linked to itself
	 */
	constructor(model, names, subject = -1) {
		this.model = model;
		this.names = names;
		this.subject = subject;
		/** @type {(() => import('./dom.js').Child) | null} the control where something is left out */
		this.rest = null;
	}

	/**
	 * @param {Document} document
	 * @returns {Step[]}
	 */
	steps(document) {
		const table = this.model.data.table('step');
		const op = table.column('op'), flags = table.column('flags'), text = table.column('text');
		return Array.from({ length: document.count }, (_, i) => {
			const at = document.first + i;
			return { op: op[at], flags: flags[at], text: this.model.data.texts[text[at]] };
		});
	}

	/**
	 * @param {string} text
	 * @param {boolean} [whole]
	 */
	linked(text, whole) {
		const { names, model } = this;
		if (!names)
			return [text];
		const find = (/** @type {string} */ name, /** @type {number} */ space) =>
			names.find(name, space, this.subject);
		return linkPieces(text, find, whole).map(piece =>
			piece.object < 0 || piece.object === this.subject ? piece.text :
			h('a', { href: model.objectHref(piece.object) }, piece.text));
	}

	/**
	 * A text with links, also where the command line has words for itself.
	 * @param {string} text
	 * @returns {import('./dom.js').Child[]}
	 */
	spoken(text) {
		const see = SEE_SEARCH.exec(text);
		const href = see && this.names?.searchHref(see[1].replace(/^'(.*)'$/, '$1'));
		if (see && href)
			return [this.linked(text.slice(0, see.index)), '(', h('a', { href }, 'every place'), ')',
				this.linked(text.slice(see.index + see[0].length))];
		return this.linked(text);
	}

	/**
	 * @param {string} text
	 * @param {boolean} [prose] in the letters of sentences, whatever it begins with
	 * @param {import('./dom.js').Child} [control] behind it
	 */
	line(text, prose = false, control = null) {
		const { lead, spans } = parseLine(text);
		return h('div', { class: prose ? 'line sentence below' : lead ? 'line' : 'line sentence' },
			lead && !prose && h('span', { class: 'lead' }, lead),
			h('span', { class: 'body' }, spans.map(span => span.style ?
				h('span', { class: span.style }, this.spoken(span.text)) :
				this.spoken(span.text)), control));
	}

	/**
	 * Long ones are cut: who wants all of it asks for it.
	 * @param {Document} document
	 * @param {number} [most] steps
	 */
	play(document, most = LONG) {
		const root = h('div', { class: 'document' });
		/** @type {HTMLElement | null} */
		let group = null; // consecutive lines, or facts
		const steps = document.kind === 'rule' ? paragraphs(this.steps(document)) : this.steps(document);
		const { whole } = document;
		this.rest = whole ? () => [' ', h('button', { type: 'button', class: 'inline', onclick: () =>
			root.replaceWith(this.play(whole, Infinity)) }, 'Show all')] :
			document.kind === 'object' && this.subject >= 0 ? () => [': ', h('a', { href: formatRoute('bindings', '',
				{ from: joinList([this.model.objectLabel(this.subject)]) }) }, 'in the table of bindings')] : null;
		let i = 0;
		for (; i < steps.length && i < most; i++) {
			const step = steps[i];
			if (step.op === TABLE) {
				group = null;
				const close = steps.findIndex((s, at) => at > i && s.op === TABLE_CLOSE);
				const end = close < 0 ? steps.length : close;
				if (steps.slice(i + 1, end).some(s => s.op === ROW)) // as in text: no heading over nothing
					root.append(this.table(steps.slice(i + 1, end), most - i));
				i = end - i > most ? i + most : end;
			} else if (step.op === FACT) {
				if (group?.tagName !== 'DL')
					root.append(group = h('dl', { class: 'facts' }));
				group.append(h('dt', null, step.text));
			} else if (step.op === CELL) {
				group?.append(h('dd', { class: STYLES[step.flags] }, this.linked(step.text)));
			} else if (step.op === LINE || step.op === REST) {
				if (!step.text) {
					group = null;
					continue;
				}
				if (group?.tagName !== 'DIV')
					root.append(group = h('div', { class: 'prose' }));
				group.append(this.line(step.text, document.kind === 'rule' && step.text.startsWith(' '),
					step.op === REST && this.rest?.()));
			}
		}
		if (i < steps.length)
			root.append(h('button', { type: 'button', class: 'rest', onclick: () =>
				root.replaceWith(this.play(document, Infinity)) }, 'Show all of it'));
		return root;
	}

	/**
	 * @param {Step[]} steps
	 * @param {number} most
	 */
	table(steps, most) {
		const columns = steps.filter(step => step.op === COLUMN);
		const body = h('tbody');
		let depth = 0;
		/** @type {HTMLElement | null} */
		let row = null;
		let at = 0;
		for (const step of steps) {
			if (step.op === ROW) {
				if (most < 0)
					break;
				body.append(row = h('tr'));
				depth++;
				at = 0;
			} else if (step.op === ROW_CLOSE) {
				depth--;
			} else if (step.op === CELL && row) {
				most--;
				row.append(this.cell(step, columns[at++]?.flags ?? 0, depth - 1));
			}
		}
		return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table' },
			h('table', null, h('thead', null, h('tr', null, columns.map(column =>
				h(column.text ? 'th' : 'td', {
					scope: column.text ? 'col' : null,
					class: column.flags & COLUMN_RIGHT ? 'right' : null,
				}, column.text)))), body));
	}

	/**
	 * @param {Step} step
	 * @param {number} flags
	 * @param {number} depth
	 */
	cell(step, flags, depth) {
		const classes = [STYLES[step.flags], flags & COLUMN_RIGHT ? 'right' : '',
			step.text.length < SHORT ? 'short' : ''];
		const cell = h('td', { class: classes.join(' ').trim() || null });
		if (flags & COLUMN_TREE && depth > 0) {
			cell.style.setProperty('--depth', String(depth));
			cell.classList.add('below');
		}
		cell.append(...this.linked(step.text, true));
		return cell;
	}
}
