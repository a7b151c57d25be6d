/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One chart over time.  All have the same width, so that one choice of time fits all. */

const PAD = { left: 58, right: 8, top: 4, bottom: 16 };

function plotWidth(width) {
	return Math.max(50, width - PAD.left - PAD.right);
}

function xOf(second, width) {
	const all = model.end[model.nr - 1] || 1;

	return PAD.left + second / all * plotWidth(width);
}

function secondAt(x, width) {
	const all = model.end[model.nr - 1] || 1;

	return Math.max(0, Math.min(all, (x - PAD.left) / plotWidth(width) * all));
}

/* A round number that is not below the value. */
function roundUp(value, base) {
	let step = 1;

	if (!(value > 0))
		return 1;
	if (base === 1024)
		while (step * 1024 <= value)
			step *= 1024;
	else
		step = 10 ** Math.floor(Math.log10(value));
	for (const factor of base === 1024 ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 5, 10])
		if (factor * step >= value)
			return factor * step;
	return 10 * step;
}

/* From one to the next are 110 columns or so, and two there are on the narrowest chart. */
function ticksOf(width) {
	const all = model.end[model.nr - 1] || 1, most = Math.max(2.5, plotWidth(width) / 110);
	let step = 10 ** Math.floor(Math.log10(all / most));

	for (const factor of [1, 2, 5, 10, 20])
		if (all / (factor * step) <= most) {
			step *= factor;
			break;
		}
	return Array.from({ length: Math.floor(all / step) + 1 }, (_, i) => i * step);
}

function drawAxes(root, width, height, top, unit) {
	const bottom = height - PAD.bottom;

	for (const share of [0, 0.5, 1]) {
		const y = PAD.top + (bottom - PAD.top) * (1 - share);

		root.append(svg("path", { class: "axis", d: "M" + PAD.left + " " + y + "H" + (width - PAD.right) }));
		if (top !== null)
			root.append(svg("text", { class: "label", x: PAD.left - 5, y: y + 4, "text-anchor": "end" },
				show(unit, top * share)));
	}
	for (const second of ticksOf(width))
		root.append(svg("text", { class: "label", x: xOf(second, width), y: height - 3,
			"text-anchor": second ? "middle" : "start" }, show("ns", second * 1e9)));
}

function yOf(value, top, height) {
	const bottom = height - PAD.bottom;

	return bottom - Math.min(1, value / top) * (bottom - PAD.top);
}

/* A value holds for the whole stretch. */
function curve(values, top, width, height) {
	let path = "", pen = "M";

	values.forEach((value, i) => {
		if (value === null) {
			pen = "M";
			return;
		}
		path += pen + xOf(model.begin[i], width).toFixed(1) + " " + yOf(value, top, height).toFixed(1) +
			"H" + xOf(model.end[i], width).toFixed(1);
		pen = "L";
	});
	return path;
}

/* Between two lists of values. */
function area(low, high, top, width, height) {
	let path = "";

	high.forEach((value, i) => {
		if (value <= low[i])
			return;
		path += "M" + xOf(model.begin[i], width).toFixed(1) + " " + yOf(low[i], top, height).toFixed(1) +
			"V" + yOf(value, top, height).toFixed(1) + "H" + xOf(model.end[i], width).toFixed(1) +
			"V" + yOf(low[i], top, height).toFixed(1) + "Z";
	});
	return path;
}

function stacked(series) {
	const low = new Array(model.nr).fill(0);

	return series.map((one) => {
		const base = low.slice();

		one.values.forEach((value, i) => {
			low[i] += value || 0;
		});
		return { low: base, high: low.slice() };
	});
}

/* What the chart shows of a series: of the chosen time, or where the pointer is. */
function reading(chart, one, at) {
	if (at !== null)
		return show(chart.unit, one.values[at]);
	const part = one.values.slice(model.from, model.to).filter((value) => value !== null);

	if (!part.length)
		return "-";
	return chart.least && one.least !== false ? "least " + show(chart.unit, Math.min(...part)) :
		"most " + show(chart.unit, Math.max(...part));
}

function drawNames(chart, at) {
	chart.names.replaceChildren(el("span", { class: "title" }, chart.title),
		...chart.series.map((one) => el("span", { class: "name k" + one.colour },
			one.name + " ", el("span", {}, reading(chart, one, at)))));
}

function drawChart(chart, width) {
	const root = chart.svg, height = chart.height;
	const stacks = chart.stack ? stacked(chart.series) : null;
	const most = stacks ? Math.max(0, ...stacks[stacks.length - 1].high) :
		Math.max(0, ...chart.series.flatMap((one) => one.values.filter((value) => value !== null)));
	const top = chart.top || roundUp(most, chart.unit === "bytes" ? 1024 : 10);

	root.setAttribute("viewBox", "0 0 " + width + " " + height);
	root.setAttribute("height", height);
	root.replaceChildren();
	drawAxes(root, width, height, top, chart.unit);
	chart.series.forEach((one, i) => {
		const d = stacks ? area(stacks[i].low, stacks[i].high, top, width, height) :
			curve(one.values, top, width, height);

		root.append(svg("path", { class: (stacks ? "area k" : "curve k") + one.colour + (one.dashed ? " dashed" : ""), d }));
	});
}

/* The part of the time that is chosen. */
function drawBrush(chart, width) {
	chart.svg.querySelectorAll(".brush").forEach((node) => node.remove());
	if (isWhole())
		return;
	const x = xOf(model.begin[model.from], width);

	chart.svg.append(svg("rect", { class: "brush", x, y: 0, height: chart.height,
		width: Math.max(1, xOf(model.end[model.to - 1], width) - x) }));
}
