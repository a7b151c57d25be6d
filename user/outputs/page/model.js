/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The data of the page, what of them is chosen, and sums over that. */

const model = {
	data: null,
	page: 4096,
	nr: 0,	      /* stretches of time */
	begin: [],    /* of each, in seconds from the start on */
	end: [],
	from: 0,      /* the first one that is chosen */
	to: 0,	      /* behind the last one */
	chosen: null, /* a row of the table; null: all */
	listeners: [],
};

/* What is compressed in the page. */
async function unpack(text) {
	const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));

	return JSON.parse(await new Response(stream).text());
}

function load(data) {
	const ends = data.stretches.end_ns, start = data.stretches.begin_ns;

	model.data = data;
	data.subject = visible(data.subject);
	for (const path of data.paths)
		path.stack = path.stack && path.stack.map(visible);
	if (data.against)
		data.against.subject = visible(data.against.subject);
	for (const area of data.fault_maps.flatMap((map) => map.areas))
		area.name = visible(area.name);
	for (const row of [...data.fault_maps, ...data.processes, ...data.events, ...(data.against ? data.against.processes : [])]) {
		row.comm = visible(row.comm);
		row.cgroup = visible(row.cgroup || null);
	}
	model.page = data.page_size || 4096;
	model.nr = ends.length;
	model.end = ends.map((ns) => (ns - start) / 1e9);
	model.begin = model.end.map((end, i) => i ? model.end[i - 1] : 0);
	model.to = model.nr;
	model.counterOf = new Map(data.counters.map((counter, i) => [counter.path, i]));
	model.sampleOf = new Map(data.samples.map((sample) => [sample.path, sample]));
	model.all = { counts: data.counts };
}

/* Chooses a part of the time, or a row: what shows them is told. */
function choose(from, to) {
	const first = Math.max(0, Math.min(from, model.nr - 1)), end = Math.max(first + 1, Math.min(to, model.nr));

	if (first === model.from && end === model.to)
		return;
	model.from = first;
	model.to = end;
	changed();
}

function chooseRow(row) {
	model.chosen = row;
	changed();
}

function changed() {
	for (const listener of model.listeners)
		listener();
}

function isWhole() {
	return model.from === 0 && model.to === model.nr;
}

function seconds(from = model.from, to = model.to) {
	return model.end[to - 1] - model.begin[from];
}

function momentOf(second) {
	return model.data.stretches.begin_ns + second * 1e9;
}

/* The stretch that has a second in it. */
function stretchAt(second) {
	let at = 0;

	while (at + 1 < model.nr && model.end[at] <= second)
		at++;
	return at;
}

/* Of counts, which are stretch, key and value one behind the other: the sums of the chosen time by key. */
function sums(counts, size, from = model.from, to = model.to) {
	const result = new Float64Array(size);

	for (let i = 0; i < counts.length; i += 3)
		if (counts[i] >= from && counts[i] < to)
			result[counts[i + 1]] += counts[i + 2];
	return result;
}

/* A counter over all stretches, of who is chosen; null: it was not counted. */
function overTime(path) {
	const key = model.counterOf.get(path), counts = (model.chosen || model.all).counts;
	const result = new Array(model.nr).fill(0);

	if (key === undefined)
		return null;
	for (let i = 0; i < counts.length; i += 3)
		if (counts[i + 1] === key)
			result[counts[i]] += counts[i + 2];
	return result;
}

/* The same for each second. */
function rate(values) {
	return values && values.map((value, i) =>
		value === null ? null : value / Math.max(model.end[i] - model.begin[i], 1e-9));
}

function sample(path, least) {
	const found = model.sampleOf.get(path);

	return found ? (least && found.least) || found.values : null;
}

function growth(path) {
	const values = sample(path);

	if (!values)
		return null;
	return values.slice(model.from, model.to).reduce((sum, value) => sum + (value || 0), 0);
}

/* What a column of the table shows of sums. */
function measured(column, of, time) {
	let sum = 0;

	for (const key of column.counters)
		sum += of[key];
	if (column.unit === "pages")
		sum *= model.page;
	return column.measure === "per_second" ? sum / time : column.measure === "share" ? sum / 1e9 / time : sum;
}

function measuredText(column, value) {
	if (column.measure === "share")
		return show("share", value);
	return show(column.unit === "pages" ? "bytes" : column.unit, value) +
		(column.measure === "per_second" && column.unit === "pages" ? "/s" : "");
}

function nameOf(row) {
	if (row.name !== undefined)
		return row.name;
	if (row.pid === null)
		return several(row.processes, "other process", "other processes") + " of " +
			(row.cgroup === null ? "other cgroups" : row.cgroup);
	return row.comm + "[" + row.pid + "]";
}

/* What was not traced is not to be taken for that it did not happen. */
function isTraced(name) {
	return (model.data.probes || []).some((probe) => probe.name === name && probe.attached);
}

function eventsOfTime() {
	const from = momentOf(model.begin[model.from]), to = momentOf(model.end[model.to - 1]);

	return model.data.events.filter((event) =>
		isWhole() || (event.end_ns >= from && event.time_ns <= to));
}
