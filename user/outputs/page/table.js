/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The table of processes, names or cgroups: of the chosen time, sorted, filtered; a row can be chosen. */

const MAX_ROWS = 300;
const table = { sort: null, falling: true, rows: [] };

/* Processes added up by a key. */
function grouped(key) {
	const groups = new Map();

	for (const row of model.data.processes) {
		const name = row[key] === null ? OTHERS : row[key], group = groups.get(name);

		if (group) {
			group.processes += row.processes;
			group.parts.push(row);
		} else {
			groups.set(name, { name, [key]: row[key], pid: null, processes: row.processes, parts: [row] });
		}
	}
	for (const group of groups.values())
		group.counts = group.parts.length === 1 ? group.parts[0].counts : [].concat(...group.parts.map((row) => row.counts));
	return [...groups.values()];
}

/* Names are not known of rows of several. */
function rowsBy(key) {
	return key === "process" ? model.data.processes : grouped(key);
}

function columnsNow() {
	const names = byId("group").value === "process" ? [
		{ title: "PID", text: (row) => row.pid === null ? "" : String(row.pid), value: (row) => row.pid },
		{ title: "COMM", left: true, text: (row) => row.pid === null ? nameOf(row) : row.comm, value: (row) => row.comm },
		{ title: "CGROUP", left: true, text: (row) => row.cgroup === null ? "-" : row.cgroup, value: (row) => row.cgroup },
	] : [
		{ title: byId("group").value.toUpperCase(), left: true, text: (row) => row.name, value: (row) => row.name },
		{ title: "PROCS", text: (row) => show("count", row.processes), value: (row) => row.processes },
	];

	return [...names, ...model.data.columns.map((column) => ({
		title: column.title, measure: column,
		value: (row) => row.shown.get(column),
		text: (row) => measuredText(column, row.shown.get(column)),
	}))];
}

function measureRows() {
	const time = seconds(), size = model.data.counters.length;

	for (const row of table.rows) {
		const of = sums(row.counts, size);

		row.any = of.some((value) => value);
		row.shown = new Map(model.data.columns.map((column) => [column, measured(column, of, time)]));
	}
}

/* Who waits comes first if anybody waits for long, else who does most. */
function defaultSort() {
	const stall = model.data.columns.find((column) => column.stall);

	if (stall && table.rows.some((row) => row.shown.get(stall) > 0.01))
		return stall.title;
	return model.data.columns.length ? model.data.columns[0].title : "COMM";
}

function compareRows(a, b, column) {
	const x = column.value(a), y = column.value(b);

	if (x === y)
		return 0;
	if (x === null || x === undefined)
		return 1;
	if (y === null || y === undefined)
		return -1;
	return (x < y ? -1 : 1) * (table.falling ? -1 : 1);
}

function matches(row, words) {
	const text = [row.pid, row.comm, row.cgroup, row.name].filter((part) => part !== null && part !== undefined)
		.join(" ").toLowerCase();

	return words.every((word) => text.includes(word));
}

function headOf(column, sort) {
	const button = el("button", { type: "button" }, column.title);

	button.addEventListener("click", () => {
		table.falling = table.sort === column.title || sort === column.title ? !table.falling : Boolean(column.measure);
		table.sort = column.title;
		drawTable();
		byId("tasks").querySelectorAll("th button").forEach((other) => {
			if (other.textContent === column.title)
				other.focus();
		});
	});
	return el("th", { scope: "col", class: column.left ? "left" : null,
		"aria-sort": sort === column.title ? (table.falling ? "descending" : "ascending") : null }, button);
}

function toggleRow(row) {
	chooseRow(model.chosen === row ? null : row);
}

function bodyRow(row, columns) {
	const node = el("tr", { tabindex: 0, "aria-selected": model.chosen === row ? "true" : "false",
		class: row.pid === null && row.name === undefined ? "folded" : null },
	...columns.map((column) => {
		const text = column.text(row);

		return el("td", { class: column.left ? "left" : null, title: column.left ? text : null }, text);
	}));

	node.addEventListener("click", () => toggleRow(row));
	node.addEventListener("keydown", (event) => {
		if (event.key === "Enter" || event.key === " ") {
			event.preventDefault();
			toggleRow(row);
		}
		if (event.key === "ArrowDown" && node.nextSibling)
			node.nextSibling.focus();
		if (event.key === "ArrowUp" && node.previousSibling)
			node.previousSibling.focus();
	});
	return node;
}

function noteOf(rows) {
	const notes = [], folded = model.data.processes.filter((row) => row.pid === null)
		.reduce((sum, row) => sum + row.processes, 0);

	if (rows.length > MAX_ROWS)
		notes.push(several(rows.length - MAX_ROWS, "more row", "more rows") + " below these.");
	if (folded)
		notes.push(several(folded, "process that did little is", "processes that did little are") + " added up by cgroup.");
	return notes.join(" ");
}

function drawTable() {
	const columns = columnsNow(), words = byId("filter").value.toLowerCase().split(/\s+/).filter((word) => word);

	measureRows();
	const sort = table.sort && columns.some((column) => column.title === table.sort) ? table.sort : defaultSort();
	const by = columns.find((column) => column.title === sort) || columns[0];
	const rows = table.rows.filter((row) => row.any && matches(row, words)).sort((a, b) => compareRows(a, b, by));

	byId("tasks").tHead.replaceChildren(el("tr", {}, ...columns.map((column) => headOf(column, sort))));
	byId("tasks").tBodies[0].replaceChildren(...rows.slice(0, MAX_ROWS).map((row) => bodyRow(row, columns)));
	byId("tasks-note").textContent = rows.length ? noteOf(rows) : "Nobody counted anything.";
	byId("selected").textContent = model.chosen ? "chosen: " + nameOf(model.chosen) : "";
	byId("unselect").hidden = !model.chosen;
}

function startTable() {
	table.rows = rowsBy("process");
	byId("group").addEventListener("change", (event) => {
		table.rows = rowsBy(event.target.value);
		table.sort = null;
		table.falling = true;
		chooseRow(null);
	});
	byId("filter").addEventListener("input", drawTable);
	byId("unselect").addEventListener("click", () => chooseRow(null));
	model.listeners.push(drawTable);
	drawTable();
}
