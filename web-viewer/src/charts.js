// charts.js - bars.
import { h, link } from './dom.js';
import { formatShare, formatTime } from './format.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {{label: string, href: string, value: number, text: string, note?: string}} Bar */

/**
 * @param {Bar[]} bars
 * @param {string} label
 */
export function barList(bars, label) {
	const most = Math.max(1, ...bars.map(bar => bar.value));
	return h('ol', { class: 'bars', 'aria-label': label }, bars.map(bar => {
		const fill = h('span', { class: 'fill' });
		fill.style.width = `${Math.max(0.5, 100 * bar.value / most)}%`;
		return h('li', null,
			h('span', { class: 'label', title: bar.label },
				bar.href ? link(bar.href, bar.label) : bar.label,
				bar.note && h('span', { class: 'dim' }, ` ${bar.note}`)),
			h('span', { class: 'track', 'aria-hidden': 'true' }, fill),
			h('span', { class: 'number' }, bar.text));
	}));
}

/**
 * One bar, cut into its parts.
 * @param {{label: string, value: number}[]} parts
 * @param {number} whole
 */
export function stackedBar(parts, whole) {
	return h('div', { class: 'stacked', role: 'img', 'aria-label': parts.map(part =>
		`${part.label} ${formatShare(part.value, whole)}`).join(', ') },
	parts.filter(part => part.value > 0).map((part, i) => {
		const piece = h('span', { class: `part part-${i % 4}`, title:
			`${part.label}: ${formatTime(part.value)}` });
		piece.style.flexGrow = String(part.value);
		if (part.value / whole > 0.12)
			piece.append(part.label);
		return piece;
	}));
}

/**
 * Where start-up time went: mapping each object, relocation, the rest.
 * @param {Model} model
 * @param {number} process
 */
export function startUp(model, process) {
	const { objects } = model;
	const opened = objects.column('opened'), cost = objects.column('cost');
	const whole = model.processes.column('relocated')[process];
	const rows = [...model.rowsOf('object', process)].filter(row => opened[row] <= whole);
	if (whole <= 0 || rows.length === 0)
		return null;
	const mapped = Math.max(...rows.map(row => opened[row]));
	const found = rows.reduce((sum, row) => sum + Math.max(0, cost[row]), 0);
	const bars = rows.filter(row => cost[row] > 0).sort((a, b) => cost[b] - cost[a]);
	return {
		whole,
		parts: [
			{ label: 'finding and mapping', value: Math.min(found, mapped) },
			{ label: 'before and between', value: Math.max(0, mapped - found) },
			{ label: 'relocating', value: whole - mapped },
		],
		count: rows.length,
		bars: bars.map(row => ({
			label: model.objectLabel(row), href: model.objectHref(row), value: cost[row],
			text: formatTime(cost[row]), note: formatShare(cost[row], whole),
		})),
	};
}

/**
 * Paths tried in vain, by the entry of a search path that they come from.
 * @param {Model} model
 * @param {number[]} processes
 */
export function searchWaste(model, processes) {
	const { searches } = model;
	const owner = searches.column('owner'), request = searches.column('request');
	/** @type {Map<string, {rule: string, directory: string, owner: string, href: string, misses: number, names: Set<number>}>} */
	const entries = new Map();
	let misses = 0;
	for (const process of processes)
		for (const row of model.rowsOf('search', process)) {
			if (model.text('search', 'outcome', row) !== 'missing' || request[row] === row)
				continue;
			misses++;
			const rule = model.text('search', 'rule', row);
			const directory = model.text('search', 'directory', row);
			const name = owner[row] >= 0 ? model.objectName(owner[row]) : '';
			const key = `${rule}\n${directory}\n${name}`;
			let entry = entries.get(key);
			if (!entry)
				entries.set(key, entry = { rule, directory, owner: name, misses: 0, names: new Set(),
					href: owner[row] >= 0 ? model.objectHref(owner[row]) : '' });
			entry.misses++;
			entry.names.add(request[row]);
		}
	return { misses, entries: [...entries.values()].sort((a, b) => b.misses - a.misses) };
}
