// route.js - the address bar: "#bindings?q=malloc&sort=-count", "#object/12?process=3".

/** @typedef {{name: string, id: string, params: {[name: string]: string}}} Route */

/** @param {string} text */
function decode(text) {
	try {
		return decodeURIComponent(text.replace(/\+/g, ' '));
	} catch {
		return text; // a stray %: what was typed
	}
}

/** @param {string} text */
function encode(text) {
	return encodeURIComponent(text).replace(/%20/g, '+').replace(/%2F/g, '/')
		.replace(/%3A/g, ':').replace(/%2C/g, ',');
}

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parseRoute(hash) {
	const text = hash.replace(/^#/, '');
	const question = text.indexOf('?');
	const path = question < 0 ? text : text.slice(0, question);
	const slash = path.indexOf('/');
	/** @type {{[name: string]: string}} */
	const params = Object.create(null);
	if (question >= 0)
		for (const pair of text.slice(question + 1).split('&')) {
			const equals = pair.indexOf('=');
			const name = decode(equals < 0 ? pair : pair.slice(0, equals));
			if (name)
				params[name] = equals < 0 ? '' : decode(pair.slice(equals + 1));
		}
	return {
		name: decode(slash < 0 ? path : path.slice(0, slash)) || 'overview',
		id: slash < 0 ? '' : decode(path.slice(slash + 1)),
		params,
	};
}

/**
 * @param {string} name
 * @param {string | number} [id]
 * @param {{[name: string]: string | number | undefined}} [params] empty ones are left out
 */
export function formatRoute(name, id = '', params = {}) {
	const pairs = [];
	for (const key of Object.keys(params).sort())
		if (params[key] !== undefined && params[key] !== '')
			pairs.push(`${encode(key)}=${encode(String(params[key]))}`);
	return `#${encode(name)}${id === '' ? '' : `/${encode(String(id))}`}` +
		(pairs.length ? `?${pairs.join('&')}` : '');
}

/**
 * Several values in one parameter, each of which may have any character in it.
 * @param {string} text
 */
export function splitList(text) {
	const list = [];
	let value = '';
	for (let i = 0; i < text.length; i++) {
		if (text[i] === '\\' && i + 1 < text.length) {
			value += text[++i];
		} else if (text[i] === ',') {
			list.push(value);
			value = '';
		} else {
			value += text[i];
		}
	}
	if (text)
		list.push(value);
	return list;
}

/** @param {Iterable<string>} values */
export function joinList(values) {
	return [...values].map(value => value.replace(/[\\,]/g, '\\$&')).join(',');
}
