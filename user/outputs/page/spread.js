/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Histograms of the chosen time, and the same over the whole time as a heat map: a column a stretch, a row a bucket. */

const spread = { at: 0 };

function titleOf(hist) {
	return hist.name + (hist.value === null ? "" : ", " + hist.label + " " + hist.value);
}

function bucketName(hist, bucket) {
	return hist.exact ? String(bucket) : (bucket ? show(hist.unit, 2 ** (bucket - 1)) + " to " : "up to ") + show(hist.unit, 2 ** bucket);
}

/* The first and the last bucket that has anything, at any time. */
function bucketsOf(hist) {
	let first = Infinity, last = 0;

	for (let i = 0; i < hist.counts.length; i += 3) {
		first = Math.min(first, hist.counts[i + 1]);
		last = Math.max(last, hist.counts[i + 1]);
	}
	return [first, last];
}

function drawBars(hist) {
	const [first, last] = bucketsOf(hist), of = sums(hist.counts, last + 1);
	const all = of.reduce((sum, value) => sum + value, 0), top = Math.max(...of);
	const rows = [];

	for (let bucket = first; bucket <= last; bucket++) {
		const bar = el("span", { class: "bar-of" });

		bar.style.width = (top ? 100 * of[bucket] / top : 0) + "%";
		rows.push(el("tr", {}, el("th", { scope: "row" }, bucketName(hist, bucket)),
			el("td", {}, of[bucket].toLocaleString("en")),
			el("td", {}, all ? show("share", of[bucket] / all) : "-"), el("td", { class: "wide" }, bar)));
	}
	byId("bars").tBodies[0].replaceChildren(...rows);
	return all;
}

function drawHeat(hist) {
	const root = byId("heat"), width = timeline.width, [first, last] = bucketsOf(hist);
	const row = 12, height = (last - first + 1) * row + PAD.bottom;
	let most = 1;

	for (let i = 2; i < hist.counts.length; i += 3)
		most = Math.max(most, hist.counts[i]);
	root.setAttribute("viewBox", "0 0 " + width + " " + height);
	root.setAttribute("height", height);
	root.replaceChildren();
	for (let bucket = first; bucket <= last; bucket += Math.max(1, Math.ceil((last - first) / 8)))
		root.append(svg("text", { class: "label", x: PAD.left - 5, y: (last - bucket) * row + 10, "text-anchor": "end" },
			hist.exact ? String(bucket) : show(hist.unit, 2 ** bucket)));
	for (const second of ticksOf(width))
		root.append(svg("text", { class: "label", x: xOf(second, width), y: height - 3,
			"text-anchor": second ? "middle" : "start" }, show("ns", second * 1e9)));
	for (let i = 0; i < hist.counts.length; i += 3)
		root.append(cellOf(hist, i, { width, row, last, most }));
	drawBrush({ svg: root, height }, width);
}

/* How many there were, by how dark it is: a single one can be seen. */
function cellOf(hist, i, { width, row, last, most }) {
	const [at, bucket, count] = hist.counts.slice(i, i + 3), x = xOf(model.begin[at], width);
	const cell = svg("rect", { class: "cell", x, y: (last - bucket) * row, height: row - 1,
		width: Math.max(1, xOf(model.end[at], width) - x),
		"fill-opacity": 0.15 + 0.85 * Math.log(count + 1) / Math.log(most + 1) });

	cell.append(svg("title", {}, count.toLocaleString("en") + " of " + bucketName(hist, bucket) + " at " +
		clock(momentOf(model.begin[at]), 1)));
	return cell;
}

function drawSpread() {
	const hist = model.data.histograms[spread.at];
	let sum = 0;

	for (let i = 0; i < hist.sums.length; i += 2)
		if (hist.sums[i] >= model.from && hist.sums[i] < model.to)
			sum += hist.sums[i + 1];
	drawHeat(hist);
	const all = drawBars(hist);

	byId("spread-note").textContent = hist.help + ": " + several(all, "value", "values") + (all && !hist.exact ?
		", " + show(hist.unit, sum) + " in all, " + show(hist.unit, sum / all) + " on average." : ".");
}

function startSpread() {
	const list = byId("hist"), hists = model.data.histograms;

	byId("spread-section").hidden = !hists.length;
	if (!hists.length)
		return;
	hists.forEach((hist, i) => list.append(el("option", { value: i, title: hist.help }, titleOf(hist))));
	list.addEventListener("change", () => {
		spread.at = Number(list.value);
		drawSpread();
	});
	model.listeners.push(drawSpread);
	watchPointer({ svg: byId("heat"), names: el("div"), series: [], title: "" });
	drawSpread();
}
