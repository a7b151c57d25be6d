/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Faults of one process by address and time: areas one below the other, without what lies between them, each in rows of
 * addresses; a cell is a row in a stretch of time, the darker the more faults.
 */

const AREA_HEAD = 15, AREA_ROW = 9;
const where = { map: null, rows: [], height: 0 };

function mapOfRow(row) {
	return row && row.name === undefined && row.pid !== null ?
		model.data.fault_maps.find((map) => map.pid === row.pid && map.start_time_ns === row.start_time_ns) : undefined;
}

function shortName(name) {
	return name === null ? "not known" : name.startsWith("/") ? name.slice(name.lastIndexOf("/") + 1) : name;
}

function areaText(area) {
	const faults = several(area.faults, "fault", "faults");

	if (area.start === null)
		return "further areas, " + faults;
	return (area.name === null ? "" : shortName(area.name) + " ") + area.start + ", " +
		show("bytes", Number(BigInt(area.end) - BigInt(area.start))) + ", " + faults;
}

/* Where each row is, from above. */
function layWhere(map) {
	let y = 0;

	where.rows = [];
	for (const area of map.areas) {
		y += AREA_HEAD;
		for (let i = 0; i < area.rows; i++) {
			where.rows[area.row + i] = { area, i, y };
			y += AREA_ROW;
		}
		y += 3;
	}
	where.height = y + PAD.bottom;
}

/* The addresses of a row; null: of several areas. */
function addressesOf({ area, i }) {
	if (area.start === null)
		return null;
	const start = BigInt(area.start), size = BigInt(area.end) - start, rows = BigInt(area.rows);

	return "0x" + (start + size * BigInt(i) / rows).toString(16) + " to 0x" + (start + size * BigInt(i + 1) / rows).toString(16);
}

function whereNote(map) {
	let faults = 0;

	for (let i = 0; i < map.cells.length; i += 3)
		if (map.cells[i] >= model.from && map.cells[i] < model.to)
			faults += map.cells[i + 2];
	const left = model.data.fault_maps_left_out, named = map.areas.some((area) => area.name !== null);

	return several(faults, "fault", "faults") + " of " + map.comm + "[" + map.pid + "]. A cell is a stretch of time and a row of addresses (" +
		show("bytes", map.block_bytes) + " at least), the stronger the more faults. Addresses without faults between areas are left out. " +
		(named ? "" : "Names of mappings are not in the recording. ") +
		(left ? several(left, "fault", "faults") + " of other processes are in no map." : "");
}

function drawWhere() {
	const root = byId("where"), width = timeline.width;
	const map = mapOfRow(model.chosen) || model.data.fault_maps[Number(byId("where-of").value)];
	let most = 1;

	where.map = map;
	byId("where-of").value = model.data.fault_maps.indexOf(map);
	layWhere(map);
	root.setAttribute("viewBox", "0 0 " + width + " " + where.height);
	root.setAttribute("height", where.height);
	root.replaceChildren();
	for (let i = 2; i < map.cells.length; i += 3)
		most = Math.max(most, map.cells[i]);
	for (const area of map.areas) {
		const { y } = where.rows[area.row];

		root.append(svg("text", { class: "label", x: 2, y: y - 4 }, areaText(area).slice(0, Math.floor((width - 4) / 5.8))));
		root.append(svg("rect", { class: "area-ground", x: PAD.left, y, width: plotWidth(width), height: area.rows * AREA_ROW }));
	}
	for (const second of ticksOf(width))
		root.append(svg("text", { class: "label", x: xOf(second, width), y: where.height - 3,
			"text-anchor": second ? "middle" : "start" }, show("ns", second * 1e9)));
	for (let i = 0; i < map.cells.length; i += 3) {
		const [at, row, count] = map.cells.slice(i, i + 3), x = xOf(model.begin[at], width);

		root.append(svg("rect", { class: "cell", x: x.toFixed(1), y: where.rows[row].y, height: AREA_ROW,
			width: Math.max(1, xOf(model.end[at], width) - x).toFixed(1),
			"fill-opacity": (0.2 + 0.8 * Math.log(count + 1) / Math.log(most + 1)).toFixed(2) }));
	}
	drawBrush({ svg: root, height: where.height }, width);
	byId("where-note").textContent = whereNote(map);
}

/* What is under the pointer. */
function whereAt(event) {
	const box = byId("where").getBoundingClientRect(), y = (event.clientY - box.top) / box.height * where.height;
	const number = where.rows.findIndex((one) => y >= one.y && y < one.y + AREA_ROW), map = where.map;

	if (number < 0)
		return "";
	const at = stretchAt(pointerSecond({ svg: byId("where") }, event)), row = where.rows[number];
	let count = 0;

	for (let i = 0; i < map.cells.length; i += 3)
		if (map.cells[i] === at && map.cells[i + 1] === number)
			count = map.cells[i + 2];
	return several(count, "fault", "faults") + " at " + clock(momentOf(model.begin[at]), 1) + ", " +
		(addressesOf(row) || "in further areas") + (row.area.name === null ? "" : ", " + row.area.name);
}

function startWhere() {
	const maps = model.data.fault_maps, list = byId("where-of");

	byId("where-section").hidden = !maps.length;
	if (!maps.length)
		return;
	maps.forEach((map, i) => list.append(el("option", { value: i },
		map.comm + "[" + map.pid + "]: " + several(map.faults, "fault", "faults"))));
	list.addEventListener("change", () => {
		const map = maps[Number(list.value)];

		if (mapOfRow(model.chosen) && mapOfRow(model.chosen) !== map)
			chooseRow(null);
		else
			drawWhere();
	});
	byId("where").addEventListener("pointermove", (event) => {
		byId("where-at").textContent = whereAt(event);
	});
	watchPointer({ svg: byId("where"), names: el("div"), series: [], title: "" });
	model.listeners.push(drawWhere);
	drawWhere();
}
