/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths of the chosen time as a flame graph: from the root down (icicle) or up, or from the last functions on. */

const ROW = 17;
const MAX_FRAMES = 5000;
const WEIGHTS = {
	fault: [[0, "faults", "count"]],
	minor: [[0, "faults", "count"], [2, "time", "ns"], [1, "bytes", "pages"], [3, "first-touched bytes", "pages"]],
	alloc: [[1, "bytes", "pages"], [0, "allocations", "count"], [3, "first-touched bytes", "pages"]],
	stall: [[2, "time", "ns"], [0, "stalls", "count"]],
};
const FOLDED = "(folded)";
const flame = { root: null, zoomed: null, choice: null, choices: [], focused: null, nodes: new Map() };

/* What stands in front of a path's functions. */
function frontOf(path, apart) {
	const name = path.pid === null ? "(several)" : (flame.names.get(path.pid) || path.stack[0]) + "[" + path.pid + "]";

	if (apart === "process")
		return [name];
	if (apart === "thread")
		return [name, path.tid === null ? "(several)" : path.stack[0] + "[" + path.tid + "]"];
	return apart === "program" ? path.stack.slice(0, 1) : [];
}

function callsOf(path, apart, reverse) {
	if (path.stack === null)
		return ["(paths without room)"];
	const calls = [...frontOf(path, apart), ...path.stack.slice(1)];

	return reverse ? calls.reverse() : calls;
}

/* Processes of two recordings are not the same ones. */
function isCompared() {
	return Boolean(model.data.against) && byId("flame-compare").checked &&
		!["process", "thread"].includes(byId("flame-apart").value);
}

function newNode(name, up) {
	return { name, sum: 0, before: 0, children: new Map(), up, depth: up ? up.depth + 1 : 0 };
}

function pathTree() {
	const root = newNode("all", null), [event, weight] = flame.choice, compared = isCompared();
	const apart = byId("flame-apart").value, reverse = byId("flame-form").value === "reverse";

	for (const path of model.data.paths) {
		if (path.event !== event)
			continue;
		const value = sums(path.counts, 4)[weight], before = compared ? path.before[weight] : 0;
		let node = root;

		if (!value && !before)
			continue;
		root.sum += value;
		root.before += before;
		for (const name of callsOf(path, apart, reverse)) {
			if (!node.children.has(name))
				node.children.set(name, newNode(name, node));
			node = node.children.get(name);
			node.sum += value;
			node.before += before;
		}
	}
	return root;
}

/* What makes a frame wide: this recording's, or the other one's. */
function widthOf(node) {
	return isCompared() && byId("flame-width").value === "before" ? node.before : node.sum;
}

/* What is narrower than that is left out, with all that it led to. */
function placedFrom(root, width, narrowest) {
	const list = [], unit = width / (widthOf(root) || 1);
	const place = (node, x, above) => {
		const w = widthOf(node) * unit, entry = { node, x, w, above, below: [] };

		list.push(entry);
		if (above)
			above.below.push(entry);
		for (const child of [...node.children.values()].sort((a, b) => a.name < b.name ? -1 : 1)) {
			if (widthOf(child) * unit >= narrowest)
				place(child, x, entry);
			x += widthOf(child) * unit;
		}
	};

	place(root, 0, null);
	return list;
}

function placed(root, width) {
	let narrowest = 0.5, list = placedFrom(root, width, narrowest);

	while (list.length > MAX_FRAMES) {
		narrowest *= 2;
		list = placedFrom(root, width, narrowest);
	}
	return list;
}

function isFound(node, word) {
	return word !== "" && node.name.toLowerCase().includes(word);
}

/* The share of all that has a function with the word in its path. */
function foundShare(node, word) {
	if (isFound(node, word))
		return widthOf(node);
	return [...node.children.values()].reduce((sum, child) => sum + foundShare(child, word), 0);
}

/* Of both recordings, by what they are compared: each second, or of all that is in each. */
function comparedOf(node) {
	return byId("flame-scale").value === "share" ?
		[node.before / (flame.root.before || 1), node.sum / (flame.root.sum || 1)] :
		[node.before / (model.data.against.duration_ns / 1e9 || 1), node.sum / seconds()];
}

/* From -1, there only before, to 1, there only now. */
function changeOf(node) {
	const [before, now] = comparedOf(node), most = Math.max(before, now);

	return most ? (now - before) / most : 0;
}

function colourOf(node) {
	let hash = 0;

	if (isCompared()) {
		const change = changeOf(node), light = 90 - 32 * Math.abs(change);

		return "hsl(" + (change > 0 ? 8 : 212) + " " + (Math.abs(change) < 0.02 ? 0 : 85) + "% " + light.toFixed(0) + "%)";
	}
	if (node.name === FOLDED)
		return "hsl(0 0% 72%)";
	for (const c of node.name)
		hash = (hash * 31 + c.codePointAt(0)) % 1009;
	return "hsl(" + (18 + hash % 34) + " " + (62 + hash % 20) + "% " + (58 + hash % 14) + "%)";
}

function changeText(node) {
	const unit = byId("flame-scale").value === "share" ? "share" : flame.choice[3];
	const [before, now] = comparedOf(node), behind = unit === "share" ? " of all" : "/s";
	const change = before && now ? ", " + (now > before ? "+" : "") + show("share", now / before - 1) : "";

	return "now " + show(unit, now) + behind + ", before " + show(unit, before) + behind + change;
}

function frameText(node) {
	const text = node.name + ": " + (isCompared() ? changeText(node) :
		show(flame.choice[3], node.sum) + ", " + show("share", node.sum / (flame.root.sum || 1)));

	return text + (node.name === FOLDED ? " (what light paths called)" : "");
}

function frame(entry, y, word) {
	const { node, x, w } = entry, text = frameText(node);
	const group = svg("g", { class: isFound(node, word) ? "frame found" : "frame", role: "treeitem", tabindex: -1,
		"aria-level": node.depth + 1, "aria-label": text });
	const rect = svg("rect", { x: x.toFixed(1), y, width: Math.max(0.5, w - 0.4).toFixed(1), height: ROW - 1 });

	rect.style.fill = isFound(node, word) ? "" : colourOf(node);
	group.append(rect, svg("title", {}, text));
	if (w > 30)
		group.append(svg("text", { x: (x + 3).toFixed(1), y: y + 12 }, node.name.slice(0, Math.floor((w - 4) / 6.6))));
	entry.group = group;
	flame.nodes.set(group, entry);
	return group;
}

function zoom(node) {
	flame.zoomed = node === flame.root ? null : node;
	drawFrames();
}

function flameNote(word) {
	const all = widthOf(flame.root) || 1, zoomed = flame.zoomed, notes = [];

	notes.push(show(flame.choice[3], flame.root.sum) + " in all" +
		(zoomed ? "; shown: " + zoomed.name + ", " + show("share", widthOf(zoomed) / all) : "") +
		(word ? "; with \u201c" + word + "\u201d: " + show("share", foundShare(flame.root, word) / all) : "") + ".");
	if (model.data.against && !byId("flame-compare").disabled && isCompared())
		notes.push((flame.root.before ? "" : "The other recording has none of it. ") + "Red: more than before, blue: less; " +
			(byId("flame-scale").value === "share" ? "as shares of all that each recording has." :
				"each second of the chosen time here, of the whole other recording."));
	else if (model.data.against && byId("flame-compare").checked)
		notes.push("Processes of two recordings are not the same ones: not compared.");
	if (model.data.paths_folded)
		notes.push(several(model.data.paths_folded, "light path is", "light paths are") +
			" cut: what they called is \u201c" + FOLDED + "\u201d.");
	return notes.join(" ");
}

function drawFrames() {
	const root = byId("flame"), width = timeline.width, from = flame.zoomed || flame.root;
	const word = byId("flame-search").value.toLowerCase(), hadFocus = root.contains(document.activeElement);
	const list = placed(from, width);
	const deepest = list.reduce((most, { node }) => Math.max(most, node.depth), 0) - from.depth;
	const height = (deepest + 1) * ROW, up = byId("flame-form").value === "flame";

	root.setAttribute("viewBox", "0 0 " + width + " " + height);
	root.setAttribute("height", height);
	flame.nodes.clear();
	root.replaceChildren(...list.map((one) => {
		const row = one.node.depth - from.depth;

		return frame(one, (up ? deepest - row : row) * ROW, word);
	}));
	keepFocus(list, hadFocus);
	byId("flame-note").textContent = flameNote(word);
	byId("unzoom").hidden = !flame.zoomed;
}

/* The same path in another tree, as far as it is there. */
function sameIn(root, node) {
	const names = [];

	for (; node && node.up; node = node.up)
		names.unshift(node.name);
	return names.reduce((at, name) => at && (at.children.get(name) || null), root);
}

function drawFlame() {
	const { zoomed, focused } = flame;

	byId("flame-compare").disabled = ["process", "thread"].includes(byId("flame-apart").value);
	flame.root = pathTree();
	flame.zoomed = zoomed && sameIn(flame.root, zoomed);
	flame.focused = focused && sameIn(flame.root, focused);
	if (flame.zoomed === flame.root)
		flame.zoomed = null;
	drawFrames();
}

/* Weights that the paths have; which of them the data do not say is not one of 0. */
function flameChoices() {
	const has = new Set();

	for (const path of model.data.paths) {
		for (let i = 1; i < path.counts.length; i += 3)
			has.add(path.event + path.counts[i]);
		(path.before || []).forEach((value, weight) => value && has.add(path.event + weight));
	}
	return Object.entries(WEIGHTS).flatMap(([event, weights]) => weights
		.filter(([weight]) => has.has(event + weight)).map((weight) => [event, ...weight]));
}

function startFlame() {
	const list = byId("flame-of");

	flame.choices = flameChoices();
	byId("flame-section").hidden = !flame.choices.length;
	if (!flame.choices.length)
		return;
	flame.names = new Map(model.data.processes.filter((row) => row.pid !== null).map((row) => [row.pid, row.comm]));
	flame.choices.forEach(([event, , name], i) => list.append(el("option", { value: i }, event + ": " + name)));
	flame.choice = flame.choices[0];
	for (const node of document.querySelectorAll(".comparing"))
		node.hidden = !model.data.against;
	for (const id of ["flame-of", "flame-apart", "flame-form"])
		byId(id).addEventListener("change", () => {
			flame.choice = flame.choices[Number(list.value)];
			flame.zoomed = flame.focused = null;
			drawFlame();
		});
	for (const id of ["flame-compare", "flame-scale", "flame-width"])
		byId(id).addEventListener("change", drawFlame);
	byId("flame-search").addEventListener("input", drawFrames);
	byId("unzoom").addEventListener("click", () => zoom(flame.root));
	watchFrames();
	model.listeners.push(drawFlame);
	drawFlame();
}
