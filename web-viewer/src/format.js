// format.js - numbers and times as people read them, as the command line writes them.

/** @param {number} value 1234 -> "1,234" */
export function formatNumber(value) {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function formatCount(count, one, many = `${one}s`) {
	return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** @param {number} us microseconds */
export function formatTime(us) {
	const ms = us / 1000;
	if (ms < 10)
		return `${ms.toFixed(2)} ms`;
	if (ms < 1000)
		return `${ms.toFixed(1)} ms`;
	if (ms < 100000)
		return `${(ms / 1000).toFixed(2)} s`;
	return `${(ms / 1000).toFixed(0)} s`;
}

/** @param {number} bytes */
export function formatSize(bytes) {
	const units = ['KiB', 'MiB', 'GiB', 'TiB'];
	if (bytes < 1024)
		return formatCount(bytes, 'byte');
	let unit = 0;
	let size = bytes / 1024;
	for (; size >= 1024 && unit + 1 < units.length; unit++)
		size /= 1024;
	return `${size.toFixed(1)} ${units[unit]}`;
}

/** @param {number} part @param {number} whole */
export function formatShare(part, whole) {
	if (whole <= 0)
		return '';
	const percent = 100 * part / whole;
	return percent > 0 && percent < 1 ? '< 1 %' : `${Math.round(percent)} %`;
}

/**
 * The middle left out, so that the end, which tells more, is there.
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
	if (text.length <= most)
		return text;
	const head = Math.floor((most - 1) / 3);
	return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

/** @param {string} path */
export function baseName(path) {
	return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * A value as a name that may be cut where there is no room, and the namespace, which tells two objects of
 * one name apart and stays.
 * @param {string} text
 */
export function valueParts(text) {
	const [, name, space] = /^(.*?)( \(namespace -?\d+\))?$/s.exec(text) ?? ['', text];
	return space ? [name, space.trim()] : [name];
}
