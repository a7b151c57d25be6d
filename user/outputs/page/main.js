/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The head of the page, and its start. */

function most(rows, value) {
	return rows.reduce((best, row) => value(row) > (best ? value(best) : 0) ? row : best, null);
}

function stallFinding(rows) {
	const causes = CAUSES.map((cause) => ["stall." + cause + ".ns", cause])
		.concat(RECLAIMS.map((kind) => ["reclaim." + kind + ".ns", kind + " reclaim"]))
		.map(([path, name]) => [model.counterOf.get(path), name]).filter(([key]) => key !== undefined);
	const stalls = causes.some(([, name]) => name === "direct") ? causes.slice(0, CAUSES.length) : causes;
	const time = (row) => stalls.reduce((sum, [key]) => sum + row.of[key], 0);
	const row = most(rows, time);

	if (!stalls.length)
		return null;
	if (!row)
		return "Nobody waited for memory.";
	const [key, cause] = stalls.reduce((best, one) => row.of[one[0]] > row.of[best[0]] ? one : best);

	return nameOf(row) + " waited longest for memory: " + show("ns", time(row)) + " of " + show("ns", seconds() * 1e9) +
		", " + show("ns", row.of[key]) + " of it in " + cause + ".";
}

function allocFinding(rows) {
	const pages = model.counterOf.get("alloc.pages"), faults = model.counterOf.get("fault.minor");
	const row = pages === undefined ? null : most(rows, (one) => one.of[pages]);

	if (row)
		return nameOf(row) + " allocated most: " + show("pages", row.of[pages]) +
			(faults === undefined ? "" : ", in " + show("count", row.of[faults]) + " minor faults") + ".";
	const faulting = faults === undefined ? null : most(rows, (one) => one.of[faults]);

	return faulting ? nameOf(faulting) + " faulted most: " + show("count", faulting.of[faults]) + " minor faults." : null;
}

function killFinding() {
	const kills = eventsOfTime().filter(isKill);

	if (!kills.length && !isTraced("oom"))
		return null;
	if (!kills.length)
		return "Nobody was killed for want of memory.";
	return several(kills.length, "OOM kill: ", "OOM kills: ") + kills.slice(0, 3).map((kill) =>
		kill.comm + "[" + kill.pid + "]" + (kill.cgroup === null ? "" : " in " + kill.cgroup)).join(", ") +
		(kills.length > 3 ? " and others." : ".");
}

function pressureFinding() {
	const share = (who) => {
		const ns = growth("pressure.memory." + who + ".total_ns");

		return ns === null ? null : show("share", ns / 1e9 / seconds());
	};

	return share("some") === null ? null : "Some task waited for memory " + share("some") + " of the time (PSI), all tasks at once " + share("full") + ".";
}

function drawFindings() {
	const rows = model.data.processes.map((row) => ({ ...row, of: sums(row.counts, model.data.counters.length) }));

	byId("findings").replaceChildren(...[stallFinding(rows), allocFinding(rows), killFinding(), pressureFinding(),
		againstFinding()]
		.filter((text) => text).map((text) => el("li", {}, text)));
}

function drawHead() {
	const data = model.data, host = data.host;
	const parts = [day(data.start_ns) + " " + clock(data.start_ns, 0), show("ns", data.duration_ns)];
	const lost = Object.entries(data.lost || {}).filter(([, value]) => typeof value === "number" && value);
	const lacks = (data.probes || []).filter((probe) => !probe.attached || probe.partial);

	if (host.name !== null)
		parts.push(host.name, "Linux " + host.kernel, several(host.cpus, "CPU", "CPUs"), show("bytes", host.memory_bytes));
	parts.push("probes " + (data.probes || []).filter((probe) => probe.attached).map((probe) => probe.name).join(" "));
	document.title = data.subject + " - memtrace";
	byId("subject").textContent = data.subject;
	byId("about").textContent = parts.join(" \u00b7 ");
	byId("lost").textContent = (lost.length ? "Lost: " + lost.map(([name, value]) => name + " " + value).join(", ") + ". " : "Nothing was lost. ") +
		lacks.map((probe) => probe.name + (probe.attached ? " in part" : " is missing") + (probe.why ? ": " + probe.why : "") + ".").join(" ");
	byId("lost").classList.toggle("bad", lost.length > 0);
	byId("made").textContent = "Made by memtrace " + data.version + ". Times are those of " +
		(Intl.DateTimeFormat().resolvedOptions().timeZone || "this browser") + ". One stretch of time is about " +
		show("ns", seconds(0, model.nr) / model.nr * 1e9) + ".";
}

async function start() {
	try {
		load(await unpack(byId("data").textContent));
	} catch (error) {
		byId("about").textContent = "The data of this page cannot be read: " + error.message;
		return;
	}
	byId("data").remove();
	byId("main").hidden = false;
	drawHead();
	startTimeline();
	startTable();
	startAgainst();
	drawFindings();
	startSpread();
	startWhere();
	startFlame();
	model.listeners.push(drawFindings);
	performance.mark("ready");
	document.documentElement.dataset.ready = "true";
}

start();
