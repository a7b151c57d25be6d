/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What names and cgroups did in the other recording and do in the chosen time of this one: for each second of both. */

const against = { columns: [] };
const OTHERS = "(others)";

/* Sums of the other recording, by a key. */
function sumsBefore(key) {
	const groups = new Map();

	for (const row of model.data.against.processes) {
		const name = row[key] === null ? OTHERS : row[key];
		const of = groups.get(name) || new Float64Array(model.data.counters.length);

		for (let i = 0; i < row.sums.length; i += 2)
			of[row.sums[i]] += row.sums[i + 1];
		groups.set(name, of);
	}
	return groups;
}

function sumsNow(key) {
	return new Map(grouped(key).map((row) => [row.name, sums(row.counts, model.data.counters.length)]));
}

/* A column of each second; what is counted once is spread over the time. */
function eachSecond(column, of, time) {
	const value = of ? measured(column, of, time) : 0;

	return column.measure === "sum" ? value / time : value;
}

function eachSecondText(column, value) {
	return value === null ? "-" : measuredText(column, value) + (column.measure === "sum" ? "/s" : "");
}

/* Of a name that a recording has not by itself, while others are added up there, nothing is known. */
function valueOf(groups, name, column, time) {
	return groups.has(name) || !groups.has(OTHERS) ? eachSecond(column, groups.get(name), time) : null;
}

function differences(key, column) {
	const before = sumsBefore(key), now = sumsNow(key), time = model.data.against.duration_ns / 1e9 || 1;
	const size = (row) => row.difference === null ? -1 : Math.abs(row.difference);

	return [...new Set([...before.keys(), ...now.keys()])].map((name) => {
		const row = { name, before: valueOf(before, name, column, time), now: valueOf(now, name, column, seconds()) };
		const difference = row.before === null || row.now === null ? null : row.now - row.before;

		/* less than rounding makes */
		return { ...row, difference: Math.abs(difference) < 1e-6 * row.now ? 0 : difference };
	}).filter((row) => row.before || row.now).sort((a, b) => size(b) - size(a));
}

function signed(text, value) {
	return (value > 0 ? "+" : value < 0 ? "\u2212" : "") + text;
}

function differenceText(column, value) {
	return value === null ? "-" : signed(eachSecondText(column, Math.abs(value)), value);
}

function changeWord(row) {
	if (row.difference === null)
		return "-";
	if (!row.before || !row.now)
		return row.before ? "gone" : "new";
	return signed(show("share", Math.abs(row.difference / row.before)), row.difference);
}

function drawAgainst() {
	const column = against.columns[Number(byId("against-of").value)], key = byId("against-by").value;
	const rows = differences(key, column), titles = [key.toUpperCase(), "BEFORE", "NOW", "DIFFERENCE", "CHANGE"];

	byId("against").tHead.replaceChildren(el("tr", {}, ...titles.map((title, i) =>
		el("th", { scope: "col", class: i ? null : "left" }, title))));
	byId("against").tBodies[0].replaceChildren(...rows.slice(0, MAX_ROWS).map((row) => el("tr", {},
		el("td", { class: "left", title: row.name }, row.name),
		el("td", {}, eachSecondText(column, row.before)), el("td", {}, eachSecondText(column, row.now)),
		el("td", { class: row.difference > 0 ? "more" : row.difference < 0 ? "less" : null }, differenceText(column, row.difference)),
		el("td", {}, changeWord(row)))));
	const unknown = rows.some((row) => row.difference === null);

	byId("against-note").textContent = (rows.length ? "" : "Nobody counted any of it. ") +
		(rows.length > MAX_ROWS ? several(rows.length - MAX_ROWS, "smaller difference is", "smaller differences are") + " not shown. " : "") +
		(unknown ? "What one of the two has among " + OTHERS + " alone is not known there: -. " : "") +
		"All are numbers of one second: of the chosen time here, of the whole other recording.";
}

/* Who does most more, or less, than before. */
function againstFinding() {
	const column = against.columns.find((one) => one.title === "ALLOC/s") || against.columns[0];
	const [row] = column ? differences("comm", column) : [];

	return row && row.difference ? "Compared with " + model.data.against.subject + ": most changed " + row.name + ", " + column.title + " " +
		differenceText(column, row.difference) + " (now " + eachSecondText(column, row.now) + ")." : null;
}

function startAgainst() {
	const other = model.data.against, list = byId("against-of");

	if (!other)
		return;
	const known = new Set(other.counters), parts = [other.subject, day(other.start_ns) + " " + clock(other.start_ns, 0),
		show("ns", other.duration_ns)];

	against.columns = model.data.columns.filter((column) => column.counters.length && column.counters.every((key) => known.has(key)));
	byId("against-section").hidden = false;
	byId("against-about").textContent = (other.host === null ? parts : [...parts, other.host]).join(" \u00b7 ");
	if (!against.columns.length) {
		byId("against-note").textContent = "The two have no counter in common.";
		return;
	}
	against.columns.forEach((column, i) => list.append(el("option", { value: i }, column.title)));
	for (const id of ["against-of", "against-by"])
		byId(id).addEventListener("change", drawAgainst);
	model.listeners.push(drawAgainst);
	drawAgainst();
}
