// view-interpose.js - whose definitions are in whose way: a matrix of winners and losers.
import { Player } from './document.js';
import { h, link, section } from './dom.js';
import { formatCount, formatNumber } from './format.js';
import { NameIndex } from './links.js';
import { addTo } from './model.js';
import { formatRoute } from './route.js';
import { rowsAbout, severityBadge } from './view-findings.js';
import { processPicker } from './view-process.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./view-overview.js').View} View */
/** @typedef {import('./view-overview.js').Navigate} Navigate */

const WORTH = ['error', 'warning'];
const SIDE_MOST = 24; // winners, losers

/**
 * The objects of one side, those with most symbols first.
 * @param {Model} model
 * @param {number[]} pairs
 * @param {'winner' | 'loser'} side
 */
export function matrixSide(model, pairs, side) {
	/** @type {Map<number, number>} */
	const counts = new Map();
	for (const pair of pairs) {
		const object = model.number('pair', side, pair);
		counts.set(object, (counts.get(object) ?? 0) + model.number('pair', 'symbols', pair));
	}
	return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([object]) => object);
}

/**
 * @param {Model} model
 * @param {number[]} pairs
 * @param {Route} route
 */
function matrix(model, pairs, route) {
	const winners = matrixSide(model, pairs, 'winner'), losers = matrixSide(model, pairs, 'loser');
	/** @type {Map<string, number>} */
	const cells = new Map(pairs.map(pair => [`${model.number('pair', 'winner', pair)} ` +
		`${model.number('pair', 'loser', pair)}`, pair]));
	const cell = (/** @type {number} */ winner, /** @type {number} */ loser) => {
		const pair = cells.get(`${winner} ${loser}`);
		if (pair === undefined)
			return h('td', null, winner === loser && h('span', { class: 'dim' }, '·'));
		const chosen = Number(route.params.winner) === model.number('object', 'id', winner) &&
			Number(route.params.loser) === model.number('object', 'id', loser);
		const interest = model.text('pair', 'interest', pair);
		const count = model.number('pair', 'symbols', pair);
		return h('td', { class: `right ${interest}` }, h('a', {
			href: formatRoute('interpose', '', { ...route.params,
				winner: model.number('object', 'id', winner),
				loser: model.number('object', 'id', loser) }),
			'aria-current': chosen ? 'true' : null,
			title: `${model.objectLabel(winner)} before ${model.objectLabel(loser)}: ` +
				`${formatCount(count, 'symbol')}, ${interest}`,
		}, formatNumber(count)));
	};
	return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Matrix' },
		h('p', { class: 'dim', id: 'matrix-title' }, 'Rows win, columns lose: how many symbols both define'),
		h('table', { class: 'matrix', 'aria-labelledby': 'matrix-title' },
			h('thead', null, h('tr', null, h('td'), losers.slice(0, SIDE_MOST).map(loser =>
				h('th', { scope: 'col' }, link(model.objectHref(loser),
					h('span', { class: 'turned' }, model.objectLabel(loser))))))),
			h('tbody', null, winners.slice(0, SIDE_MOST).map(winner => h('tr', null,
				h('th', { scope: 'row' }, link(model.objectHref(winner), model.objectLabel(winner))),
				losers.slice(0, SIDE_MOST).map(loser => cell(winner, loser)))))),
		(winners.length > SIDE_MOST || losers.length > SIDE_MOST) && h('p', { class: 'dim' },
			`${formatCount(Math.max(0, winners.length - SIDE_MOST), 'winner')} and ` +
			`${formatCount(Math.max(0, losers.length - SIDE_MOST), 'loser')} with fewer symbols are not shown.`));
}

/**
 * Who defines each symbol, in the order of look-up.
 * @param {Model} model
 * @param {Iterable<number>} rows of interpositions, ascending
 */
function definersOf(model, rows) {
	const wanted = new Set(rows);
	/** @type {Map<number, number[]>} */
	const found = new Map();
	const of = model.data.table('definer').column('interposition');
	for (let i = 0; i < of.length; i++)
		if (wanted.has(of[i]))
			addTo(found, of[i], i);
	return found;
}

/**
 * The symbols of a cell, or the ones worth looking at.
 * @param {Model} model
 * @param {number[]} rows
 */
function symbolTable(model, rows) {
	const definers = definersOf(model, rows);
	const most = 300;
	return h('div', null, h('table', { class: 'plain' },
		h('thead', null, h('tr', null, ['Symbol', 'What', 'Defined by, in order'].map(title =>
			h('th', { scope: 'col' }, title)))),
		h('tbody', null, rows.slice(0, most).map(row => h('tr', null,
			h('td', null, link(formatRoute('symbol', model.text('interposition', 'linker', row)),
				model.text('interposition', 'name', row))),
			h('td', null, WORTH.includes(model.text('interposition', 'interest', row)) &&
				severityBadge(model.text('interposition', 'interest', row)), ' ',
			model.text('interposition', 'what', row) || model.text('interposition', 'why', row)),
			h('td', null, (definers.get(row) ?? []).map((at, i) => {
				const object = model.number('definer', 'object', at);
				const users = model.number('definer', 'users', at);
				return [i > 0 && ', ', link(model.objectHref(object), model.objectLabel(object)),
					h('span', { class: 'dim' }, ` (${users ? formatCount(users, 'user') : 'nobody'})`)];
			})))))),
	rows.length > most && h('p', { class: 'dim' }, `and ${formatNumber(rows.length - most)} more`));
}

/**
 * @param {Model} model
 * @param {Route} route
 * @param {Navigate} navigate
 * @returns {View}
 */
export function interposeView(model, route, navigate) {
	const process = model.chosenProcess(route.params);
	const everything = route.params.all === '1';
	const all = [...model.rowsOf('pair', process)];
	const pairs = all.filter(pair => everything || WORTH.includes(model.text('pair', 'interest', pair)));
	const symbols = [...model.rowsOf('interposition', process)];
	const player = new Player(model, new NameIndex(model, process));
	const winner = model.objects.find(Number(route.params.winner));
	const loser = model.objects.find(Number(route.params.loser));
	const defines = (/** @type {number} */ object) => new Set(rowsAbout(model, 'definer', 'object', object)
		.map(at => model.number('definer', 'interposition', at)));
	const chosen = winner >= 0 && loser >= 0 ? symbols.filter((won => {
		const lost = defines(loser);
		return (/** @type {number} */ row) => won.has(row) && lost.has(row);
	})(defines(winner))) : null;
	return {
		title: 'Interpositions',
		content: [
			h('p', { class: 'subtitle' }, processPicker(model, process, (params, replaced) =>
				navigate({ winner: '', loser: '', ...params }, replaced)),
			symbols.length > 0 && `${formatCount(symbols.length, 'symbol in use that several objects define',
				'symbols in use that several objects define')}. `),
			all.length > 0 && h('div', { class: 'vtools' }, h('label', null, h('input', {
				type: 'checkbox', checked: everything, onchange: (/** @type {Event} */ event) =>
					navigate({ all: /** @type {HTMLInputElement} */ (event.target).checked ? '1' : '' },
						false),
			}), ` Harmless ones too (${formatCount(all.length, 'pair')} of objects)`)),
			pairs.length > 0 ? h('section', { class: 'panel' }, matrix(model, pairs, route)) :
				h('p', null, symbols.length ? 'Nothing to look at: nobody got a definition that was not ' +
					'meant for them.' : 'No symbol in use has several definitions.'),
			chosen && section(`${model.objectLabel(winner)} before ${model.objectLabel(loser)}`,
				symbolTable(model, chosen)),
			!chosen && symbols.some(row => WORTH.includes(model.text('interposition', 'interest', row))) &&
				section('Worth a look', symbolTable(model, symbols.filter(row =>
					WORTH.includes(model.text('interposition', 'interest', row))))),
			model.documentsOf('process', process).filter(document =>
				['interpositions', 'duplicates'].includes(document.kind)).map(document =>
				section(document.title, player.play(document))),
		],
	};
}
