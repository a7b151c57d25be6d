/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The charts over time, which part of it is chosen, and the lines of what happened. */

const CAUSES = ["direct", "memcg", "high", "compact", "swapin", "refault", "other"];
const RECLAIMS = ["direct", "memcg", "softlimit", "node"];
const MAX_LINES = 500;
const timeline = { charts: [], dragged: null, width: 0 };

function scaledBy(values, factor) {
	return values && values.map((value) => value === null ? null : value * factor);
}

function seriesOf(list) {
	return list.filter((one) => one.values).map((one, i) => ({ colour: i, ...one }));
}

function timeOf(paths) {
	return paths.map((path) => ({ name: path.split(".")[1], values: scaledBy(rate(overTime(path)), 1e-9) }));
}

function memoryChart() {
	const zones = (name) => scaledBy(sample("zones." + name + "_pages"), model.page);

	return { id: "memory", title: "Free memory", unit: "bytes", least: true, series: seriesOf([
		{ name: "free", values: sample("memory.free_bytes", true) },
		{ name: "available", values: sample("memory.available_bytes", true) },
		{ name: "high watermark", values: zones("high"), dashed: true, least: false },
		{ name: "low", values: zones("low"), dashed: true, least: false },
		{ name: "min", values: zones("min"), dashed: true, least: false },
	]) };
}

function pressureChart() {
	const share = (who) => scaledBy(rate(sample("pressure.memory." + who + ".total_ns")), 1e-9);

	return { id: "psi", title: "Tasks that wait for memory (PSI)", unit: "share", series: seriesOf([
		{ name: "some", values: share("some"), colour: 1 },
		{ name: "full", values: share("full"), colour: 5 },
	]) };
}

function stallChart() {
	const stalls = timeOf(CAUSES.map((cause) => "stall." + cause + ".ns")).filter((one) => one.values);
	const series = stalls.length ? stalls : timeOf(RECLAIMS.map((kind) => "reclaim." + kind + ".ns"));

	return { id: "stalls", title: stalls.length ? "Tasks in stalls, by cause" : "Tasks in reclaim", unit: "tasks",
		stack: true, own: true, series: seriesOf(series).filter((one) => one.values.some((value) => value)) };
}

function faultChart() {
	return { id: "faults", title: "Page faults a second", unit: "count", own: true, stack: true, series: seriesOf([
		{ name: "minor", values: rate(overTime("fault.minor")) },
		{ name: "major", values: rate(overTime("fault.major")), colour: 5 },
	]) };
}

function allocChart() {
	const bytes = (values) => scaledBy(rate(values), model.page);

	return { id: "alloc", title: "Memory moved a second", unit: "bytes", own: true, series: seriesOf([
		{ name: "allocated", values: bytes(overTime("alloc.pages")), colour: 2 },
		{ name: "reclaimed by tasks", values: bytes(addedUp(RECLAIMS.map((kind) => overTime("reclaim." + kind + ".reclaimed_pages")))), colour: 1 },
		{ name: "swapped in", values: model.chosen ? null : bytes(sample("vm.pswpin_pages")), colour: 3 },
		{ name: "swapped out", values: model.chosen ? null : bytes(sample("vm.pswpout_pages")), colour: 4 },
	]).filter((one) => one.values.some((value) => value)) };
}

function addedUp(lists) {
	const known = lists.filter((list) => list);

	return known.length ? known[0].map((_, i) => known.reduce((sum, list) => sum + list[i], 0)) : null;
}

/* A value of the machine that the reader chose. */
function sampleChart(path) {
	const found = model.sampleOf.get(path);

	if (!found)
		return { id: "more", title: "", unit: "count", series: [] };
	const pages = found.unit === "pages", grows = found.kind === "counter";
	const values = scaledBy(grows ? rate(found.values) : found.values,
		pages ? model.page : found.unit === "ten-thousandths" ? 1e-4 : 1);

	return { id: "more", title: path + (grows ? " a second" : ""), series: [{ name: found.help, values, colour: 6 }],
		unit: pages ? "bytes" : found.unit === "ten-thousandths" ? "share" : found.unit };
}

function chartsNow() {
	return [memoryChart(), pressureChart(), stallChart(), faultChart(), allocChart(),
		sampleChart(byId("more-samples").value)].filter((chart) => chart.series.length);
}

function isKill(event) {
	return event.kind === "kill" || event.kind === "memcg_kill";
}

/* A row each: kills, sessions of kswapd, what took long of the rest. */
function drawMarks(root, width) {
	const rows = [["kills", isKill, "kbad"], ["kswapd", (event) => event.kind === "kswapd", "k2"],
		["stalls", (event) => !isKill(event) && event.kind !== "kswapd" && event.seen && event.pid !== null, "k1"]];
	const height = 16 * rows.length + 4;

	root.setAttribute("viewBox", "0 0 " + width + " " + height);
	root.setAttribute("height", height);
	root.replaceChildren();
	rows.forEach(([name, belongs, colour], i) => {
		const y = 16 * i + 10;

		root.append(svg("text", { class: "label", x: PAD.left - 5, y: y + 4, "text-anchor": "end" }, name));
		root.append(svg("path", { class: "axis", d: "M" + PAD.left + " " + y + "H" + (width - PAD.right) }));
		for (const event of model.data.events.filter(belongs))
			root.append(drawMark(event, y, width, colour));
	});
}

function drawMark(event, y, width, colour) {
	const x = xOf(secondOf(event.time_ns), width), end = xOf(secondOf(event.end_ns), width);
	const mark = isKill(event) ?
		svg("path", { class: "kill", d: "M" + x + " " + (y + 5) + "l-6 -10h12z" }) :
		svg("path", { class: "tick " + colour, d: "M" + x.toFixed(1) + " " + y + "H" + Math.max(x + 1.5, end).toFixed(1),
			"stroke-width": 6 });

	mark.append(svg("title", {}, event.text.trim()));
	return mark;
}

function secondOf(ns) {
	return Math.max(0, Math.min(model.end[model.nr - 1], (ns - model.data.stretches.begin_ns) / 1e9));
}

function build(chart, width) {
	chart.height = 96;
	chart.svg = svg("svg", { role: "img", "aria-label": chart.title + " over time" });
	chart.names = el("div", { class: "names" });
	drawNames(chart, null);
	drawChart(chart, width);
	drawBrush(chart, width);
	watchPointer(chart);
	return el("div", { class: "chart", id: "chart-" + chart.id }, chart.names, chart.svg);
}

function marksChart(width) {
	const chart = { id: "marks", title: "Events", series: [], svg: svg("svg", { role: "img", "aria-label": "Events over time" }),
		names: el("div", { class: "names" }), height: 52 };

	drawMarks(chart.svg, width);
	drawBrush(chart, width);
	watchPointer(chart);
	return { chart, node: el("div", { class: "chart", id: "chart-marks" }, chart.svg) };
}

function drawTimeline() {
	const width = Math.max(300, byId("charts").clientWidth), marks = marksChart(width);
	const charts = chartsNow();

	timeline.width = width;
	byId("charts").replaceChildren(...charts.map((chart) => build(chart, width)), marks.node);
	timeline.charts = [...charts, marks.chart];
	drawRange();
}

/* Who was chosen counts in some charts; the time only moves the brush. */
function updateTimeline() {
	if (timeline.row !== model.chosen) {
		timeline.row = model.chosen;
		drawTimeline();
		return;
	}
	for (const chart of timeline.charts) {
		drawBrush(chart, timeline.width);
		drawNames(chart, null);
	}
	drawRange();
}

function drawRange() {
	const from = model.begin[model.from], to = model.end[model.to - 1];

	byId("range").textContent = (isWhole() ? "whole run, " : clock(momentOf(from), 1) + " to " + clock(momentOf(to), 1) + ", ") +
		show("ns", seconds() * 1e9);
	for (const [id, value] of [["from", model.from], ["to", model.to - 1]]) {
		byId(id).max = model.nr - 1;
		byId(id).value = value;
		byId(id).setAttribute("aria-valuetext", clock(momentOf(id === "from" ? from : to), 1));
	}
	byId("whole").disabled = isWhole();
}

function pointerSecond(chart, event) {
	const box = chart.svg.getBoundingClientRect();

	return secondAt((event.clientX - box.left) / box.width * timeline.width, timeline.width);
}

function drawCursor(at) {
	for (const chart of timeline.charts) {
		chart.svg.querySelectorAll(".cursor").forEach((node) => node.remove());
		drawNames(chart, at);
		if (at === null)
			continue;
		const x = xOf((model.begin[at] + model.end[at]) / 2, timeline.width);

		chart.svg.append(svg("path", { class: "cursor", d: "M" + x + " 0V" + chart.height }));
	}
}

/* A press and a move choose a range; a press alone on a chosen one chooses the whole run again. */
function watchPointer(chart) {
	chart.svg.addEventListener("pointerdown", (event) => {
		timeline.dragged = { at: stretchAt(pointerSecond(chart, event)), x: event.clientX, moved: false };
		chart.svg.setPointerCapture(event.pointerId);
	});
	chart.svg.addEventListener("pointermove", (event) => {
		const at = stretchAt(pointerSecond(chart, event)), dragged = timeline.dragged;

		drawCursor(at);
		if (!dragged || (!dragged.moved && Math.abs(event.clientX - dragged.x) < 4))
			return;
		dragged.moved = true;
		choose(Math.min(at, dragged.at), Math.max(at, dragged.at) + 1);
	});
	chart.svg.addEventListener("pointerup", () => {
		if (timeline.dragged && !timeline.dragged.moved)
			choose(0, model.nr);
		timeline.dragged = null;
	});
	chart.svg.addEventListener("pointercancel", () => {
		timeline.dragged = null;
	});
	chart.svg.addEventListener("pointerleave", () => drawCursor(null));
}

function lineOf(event) {
	const button = el("button", { type: "button", title: "choose this time", class: isKill(event) ? "is-kill" : null },
		clock(event.time_ns, 3) + " " + event.text);

	button.addEventListener("click", () =>
		choose(stretchAt(secondOf(event.time_ns)), stretchAt(secondOf(event.end_ns)) + 1));
	return el("li", {}, button);
}

function drawEvents() {
	const word = byId("events-filter").value.toLowerCase(), data = model.data;
	const name = model.chosen && model.chosen.name === undefined ? model.chosen.pid : null;
	const events = eventsOfTime().filter((event) => event.text.toLowerCase().includes(word) &&
		(name === null || event.pid === name));
	const notes = [];

	byId("events").replaceChildren(...events.slice(0, MAX_LINES).map(lineOf));
	const lacks = ["reclaim", "kswapd", "stall", "oom"].filter((probe) => !isTraced(probe));

	if (!events.length)
		notes.push("No line.");
	if (lacks.length)
		notes.push("Not traced: " + lacks.join(", ") + ".");
	if (events.length > MAX_LINES)
		notes.push(several(events.length - MAX_LINES, "more line", "more lines") + ": choose a shorter time.");
	if (data.events_left_out)
		notes.push(several(data.events_left_out, "shorter event is", "shorter events are") + " not in this page.");
	byId("events-note").textContent = notes.join(" ");
}

function startTimeline() {
	const more = byId("more-samples");

	for (const one of model.data.samples)
		more.append(el("option", { value: one.path, title: one.help }, one.path));
	more.addEventListener("change", drawTimeline);
	byId("from").addEventListener("input", (event) => choose(Number(event.target.value), Math.max(model.to, Number(event.target.value) + 1)));
	byId("to").addEventListener("input", (event) => choose(Math.min(model.from, Number(event.target.value)), Number(event.target.value) + 1));
	byId("whole").addEventListener("click", () => choose(0, model.nr));
	byId("events-filter").addEventListener("input", drawEvents);
	document.addEventListener("keydown", (event) => {
		if (event.key === "Escape" && event.target.tagName !== "INPUT")
			choose(0, model.nr);
	});
	new ResizeObserver(() => {
		if (Math.max(300, byId("charts").clientWidth) !== timeline.width)
			drawTimeline();
	}).observe(byId("charts"));
	model.listeners.push(updateTimeline, drawEvents);
	drawTimeline();
	drawEvents();
}
