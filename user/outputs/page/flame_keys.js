/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The way through a flame graph: by a pointer, or by keys from frame to frame, of which one can be reached by Tab. */

function entryOf(target) {
	const group = target.closest ? target.closest(".frame") : null;

	return group && flame.nodes.get(group);
}

function focusFrame(entry) {
	for (const group of byId("flame").querySelectorAll("[tabindex='0']"))
		group.setAttribute("tabindex", -1);
	entry.group.setAttribute("tabindex", 0);
	entry.group.focus();
}

/* After the frames were drawn anew: the one that had the focus has it, or the nearest one above it that is drawn. */
function keepFocus(list, hadFocus) {
	const entries = new Map(list.map((entry) => [entry.node, entry]));
	let node = flame.focused;

	while (node && !entries.has(node))
		node = node.up;
	const entry = entries.get(node) || list[0];

	entry.group.setAttribute("tabindex", 0);
	if (hadFocus)
		entry.group.focus();
}

/* The next frame of the same row, in a direction. */
function beside(entry, step) {
	const row = [...flame.nodes.values()].filter((one) => one.node.depth === entry.node.depth);

	return row[row.indexOf(entry) + step];
}

function widest(entries) {
	return entries.reduce((best, one) => !best || one.w > best.w ? one : best, null);
}

function frameFor(key, entry) {
	const up = byId("flame-form").value === "flame";

	switch (key) {
	case "ArrowLeft":
		return beside(entry, -1);
	case "ArrowRight":
		return beside(entry, 1);
	case "ArrowUp":
		return up ? widest(entry.below) : entry.above;
	case "ArrowDown":
		return up ? entry.above : widest(entry.below);
	case "Home":
		return flame.nodes.values().next().value;
	default:
		return undefined;
	}
}

function onFrameKey(event) {
	const entry = entryOf(event.target);

	if (!entry)
		return;
	if (event.key === "Enter" || event.key === " ") {
		event.preventDefault();
		zoom(entry.node);
		return;
	}
	if (event.key === "Escape" && flame.zoomed) {
		event.stopPropagation(); /* the chosen time stays */
		zoom(flame.root);
		return;
	}
	const next = frameFor(event.key, entry);

	if (next === undefined)
		return;
	event.preventDefault();
	if (next)
		focusFrame(next);
}

function watchFrames() {
	const root = byId("flame"), at = byId("flame-at");
	const say = (event) => {
		const entry = entryOf(event.target);

		at.textContent = entry ? frameText(entry.node) : "";
		return entry;
	};

	root.addEventListener("click", (event) => {
		const entry = entryOf(event.target);

		if (!entry)
			return;
		flame.focused = entry.node;
		zoom(entry.node);
	});
	root.addEventListener("keydown", onFrameKey);
	root.addEventListener("pointerover", say);
	root.addEventListener("focusin", (event) => {
		const entry = say(event);

		if (entry)
			flame.focused = entry.node;
	});
}
