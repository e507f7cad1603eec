// dom.js - making elements.  Text becomes text nodes, never markup; nothing here parses HTML.

/** @typedef {Node | string | number | null | undefined | false | any[]} Child */
/** @typedef {{[name: string]: any}} Props */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {Element} element
 * @param {Props | null} props "class", "on..." listeners, other attributes; null and false: none
 * @param {Child[]} children
 */
function fill(element, props, children) {
	for (const name in props ?? {}) {
		const value = props?.[name];
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value);
		else
			element.setAttribute(name, value === true ? '' : String(value));
	}
	for (const child of children)
		if (Array.isArray(child))
			fill(element, null, child);
		else if (child !== null && child !== undefined && child !== false)
			element.append(typeof child === 'number' ? String(child) : child);
	return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = null, ...children) {
	const element = document.createElement(tag);
	fill(element, props, children);
	return element;
}

/**
 * @param {string} tag
 * @param {Props | null} [props]
 * @param {Child[]} children
 * @returns {SVGElement}
 */
export function svg(tag, props = null, ...children) {
	const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
	fill(element, props, children);
	return element;
}

/**
 * Replace all that is in `element`.
 * @param {Element} element
 * @param {Child[]} children
 */
export function replace(element, ...children) {
	element.replaceChildren();
	fill(element, null, children);
}

/**
 * A heading with what stands behind it.
 * @param {string} title
 * @param {Child[]} children
 */
export function section(title, ...children) {
	return h('section', { class: 'panel' }, h('h2', null, title), ...children);
}

/**
 * @param {string} href
 * @param {Child[]} children
 */
export function link(href, ...children) {
	return h('a', { href }, ...children);
}
