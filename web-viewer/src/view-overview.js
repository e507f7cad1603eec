// view-overview.js - what was recorded, at a glance.
import { barList, searchWaste, startUp, stackedBar } from './charts.js';
import { Player } from './document.js';
import { h, link, section } from './dom.js';
import { formatCount, formatNumber, formatTime } from './format.js';
import { NameIndex } from './links.js';
import { formatRoute } from './route.js';
import { findingList, verdict } from './view-findings.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/**
 * What a view gives: its elements, and what the page does with it.
 * @typedef {object} View
 * @property {string} title
 * @property {import('./dom.js').Child[]} content
 * @property {import('./table.js').VirtualTable} [table]
 * @property {() => void} [release]
 * @property {string} [next] n
 * @property {string} [previous] p
 * @property {boolean} [fill] its table takes all the height
 */
/** @typedef {(params: {[name: string]: string}, replace: boolean) => void} Navigate */

/**
 * What is missing from the recording, if anything is.
 * @param {Model} model
 */
export function lossBanner(model) {
	const losses = model.documentOf('', -1, 'losses');
	if (!losses)
		return null;
	return h('div', { class: 'banner', role: 'note' },
		new Player(model, null).play(losses));
}

/**
 * @param {Model} model
 * @param {number} process
 */
export function startUpPanel(model, process) {
	const times = startUp(model, process);
	if (!times)
		return null;
	const most = 10;
	return section('Where start-up time went',
		h('p', null, `${formatTime(times.whole)} until ${formatCount(times.count, 'object')} `,
			'were mapped and relocated, in ', processLink(model, process), '.'),
		stackedBar(times.parts, times.whole),
		h('p', { class: 'parts' }, times.parts.map((part, i) =>
			h('span', { class: `key part-${i % 4}` }, `${part.label} ${formatTime(part.value)}`))),
		times.bars.length > 0 && h('h3', null, 'Found and mapped'),
		barList(times.bars.slice(0, most), 'Time to find and map each object'),
		times.bars.length > most && h('p', null, link(formatRoute('objects', '',
			{ sort: '-cost', process: model.processLabel(process) }),
		`All ${formatNumber(times.bars.length)} objects`)));
}

/**
 * @param {Model} model
 * @param {number[]} processes
 */
export function wastePanel(model, processes) {
	const waste = searchWaste(model, processes);
	if (!waste.misses)
		return null;
	const most = 8;
	return section('Paths tried in vain',
		h('p', null, `At least ${formatCount(waste.misses, 'path')} tried and not it: ld.so says `,
			'nothing of directories that it knows to be missing.'),
		barList(waste.entries.slice(0, most).map(entry => ({
			label: entry.directory || '(the current directory)',
			href: formatRoute('searches', '', { outcome: 'missing', directory: entry.directory }),
			value: entry.misses,
			text: formatNumber(entry.misses),
			note: `${entry.rule}${entry.owner ? ` of ${entry.owner}` : ''}, ` +
				formatCount(entry.names.size, 'name'),
		})), 'Paths tried in vain by directory'),
		waste.entries.length > most && h('p', null, link(formatRoute('searches', '',
			{ outcome: 'missing' }), `All ${formatNumber(waste.entries.length)} directories`)));
}

/**
 * @param {Model} model
 * @param {number} process
 */
export function processLink(model, process) {
	return link(formatRoute('processes', '', { process: model.processId(process) }),
		model.processLabel(process));
}

/**
 * @param {string} href
 * @param {number} count
 * @param {string} label
 * @param {string} [note]
 */
function card(href, count, label, note = '') {
	return h('a', { class: 'card', href }, h('strong', null, formatNumber(count)),
		h('span', null, label), note && h('span', { class: 'dim' }, note));
}

/** @param {Model} model */
function cards(model) {
	const { processes } = model;
	const failed = model.count('call', 'outcome', 'failed');
	const opened = model.count('object', 'reason', 'dlopen');
	const missing = model.count('search', 'outcome', 'missing');
	return h('div', { class: 'cards' },
		card(formatRoute('processes'), processes.rows, processes.rows === 1 ? 'process' : 'processes'),
		card(formatRoute('objects'), model.objects.rows, 'objects',
			opened ? `${formatNumber(opened)} by dlopen` : ''),
		card(formatRoute('bindings', '', { state: 'bound' }), model.count('binding', 'state', 'bound'), 'bindings',
			`of ${formatNumber(model.bindings.rows)} references`),
		card(formatRoute('searches'), model.searches.rows, 'searches',
			missing ? `${formatNumber(missing)} in vain` : ''),
		card(formatRoute('calls'), model.calls.rows, 'calls',
			failed ? `${formatNumber(failed)} failed` : 'of dlopen and its family'));
}

/**
 * The verdict: what is wrong, if anything is.
 * @param {Model} model
 */
function verdictPanel(model) {
	const findings = model.data.table('finding');
	const rows = Array.from({ length: findings.rows }, (_, row) => row);
	const serious = rows.some(row => model.text('finding', 'severity', row) !== 'note');
	const most = 10;
	return h('section', { class: `panel verdict ${serious ? 'serious' : 'fine'}` },
		h('h2', null, findings.rows === 0 ? '✔ Nothing wrong was found' :
			serious ? verdict(model) : `✔ Nothing serious was found: ${verdict(model)}`),
		findings.rows > 0 && findingList(model, rows.slice(0, most)),
		findings.rows > most && h('p', null, link(formatRoute('findings'),
			`All ${formatNumber(findings.rows)} findings`)));
}

/**
 * Loads that failed: what most people come for.
 * @param {Model} model
 */
function failures(model) {
	const { calls } = model;
	const failed = [];
	for (let row = 0; row < calls.rows; row++)
		if (model.text('call', 'outcome', row) === 'failed')
			failed.push(row);
	if (!failed.length)
		return null;
	const most = 8;
	/** @type {Map<number, Player>} */
	const players = new Map();
	const player = (/** @type {number} */ row) => {
		const process = calls.column('process')[row];
		const known = players.get(process) ?? new Player(model, new NameIndex(model, process));
		players.set(process, known);
		return known;
	};
	return section(formatCount(failed.length, 'load failed', 'loads failed'),
		h('ul', { class: 'plain' }, failed.slice(0, most).map(row => h('li', null,
			link(formatRoute('call', calls.column('id')[row]), model.text('call', 'text', row)),
			h('span', { class: 'dim' }, ` from ${model.text('call', 'from', row)}`),
			h('div', null, player(row).linked(model.text('call', 'said', row)))))),
		failed.length > most && h('p', null, link(formatRoute('calls', '', { outcome: 'failed' }),
			`All ${formatNumber(failed.length)}`)));
}

/**
 * @param {Model} model
 * @returns {View}
 */
export function overview(model) {
	const all = Array.from({ length: model.processes.rows }, (_, i) => i);
	const main = model.mainProcess();
	const { meta } = model.data;
	const player = new Player(model, new NameIndex(model, main));
	/* Those that have a place of their own are shown there. */
	const elsewhere = ['losses', 'promotions', 'diff'];
	const glibc = model.text('process', 'glibc', main);
	return {
		title: 'Overview',
		content: [
			h('p', { class: 'subtitle' }, `Recorded ${model.text('process', 'date', 0)}` +
				(glibc ? `, glibc ${glibc}` : '')),
			verdictPanel(model),
			model.documentOf('', -1, 'diff') && h('p', null, link('#diff', 'What differs from the other recording')),
			cards(model),
			h('div', { class: 'columns' },
				...[failures(model), startUpPanel(model, main), wastePanel(model, all)]
					.filter(panel => panel !== null)),
			...model.documentsOf('').filter(document => !elsewhere.includes(document.kind))
				.map(document => section(document.title, player.play(document))),
			h('p', { class: 'dim' }, `Written ${meta.written} by plugreport ${meta.version}.`),
		],
	};
}
