/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Numbers and times as people read them, and elements of the page.  Names from the recording become text, never markup. */

function el(name, attributes, ...children) {
	const node = document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {}))
		if (value !== null && value !== undefined && value !== false)
			node.setAttribute(key, value === true ? "" : value);
	node.append(...children.filter((child) => child !== null));
	return node;
}

function svg(name, attributes, text) {
	const node = document.createElementNS("http://www.w3.org/2000/svg", name);

	for (const [key, value] of Object.entries(attributes || {}))
		node.setAttribute(key, value);
	if (text !== undefined)
		node.textContent = text;
	return node;
}

function byId(id) {
	return document.getElementById(id);
}

/* Three digits of it, with a unit's prefix. */
function scaled(value, base, units) {
	let i = 0;

	while (Math.abs(value) >= base && i + 1 < units.length) {
		value /= base;
		i++;
	}
	return trimmed(value) + units[i];
}

function trimmed(value) {
	const size = Math.abs(value);

	if (!size || (Number.isInteger(value) && size < 1000))
		return String(value);
	return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const shown = {
	count: (value) => scaled(value, 1000, ["", "k", "M", "G", "T", "P"]),
	bytes: (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
	pages: (value) => shown.bytes(value * model.page),
	ns: (value) => {
		if (value >= 60e9)
			return Math.floor(value / 60e9) + "m" + Math.round(value % 60e9 / 1e9) + "s";
		return value ? scaled(value, 1000, ["ns", "us", "ms", "s"]) : "0s";
	},
	share: (value) => trimmed(100 * value) + "%",
	tasks: (value) => trimmed(value),
};

/* Of a unit as the data name it; null is what is not known. */
function show(unit, value) {
	if (value === null || value === undefined)
		return "-";
	return (shown[unit] || shown.count)(value);
}

function several(number, one, many) {
	return number.toLocaleString("en") + " " + (number === 1 ? one : many);
}

/* What of a name cannot be seen, or would turn what stands beside it around, as a number. */
function visible(text) {
	return text === null ? null : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
		"\\u{" + c.codePointAt(0).toString(16) + "}");
}

/* A moment, in ns since 1970, as the time of day where the page is read. */
function clock(ns, digits) {
	const date = new Date(ns / 1e6), two = (n) => String(n).padStart(2, "0");
	const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");

	return digits ? time + "." + String(date.getMilliseconds()).padStart(3, "0").slice(0, digits) : time;
}

function day(ns) {
	const date = new Date(ns / 1e6), two = (n) => String(n).padStart(2, "0");

	return date.getFullYear() + "-" + two(date.getMonth() + 1) + "-" + two(date.getDate());
}
