# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The results as text."""

from .watchers import NOTHING

MIB = 1 << 20


def table(head, lines, text_columns=(0,)):
    """Columns as wide as their widest; numbers are on the right."""
    everything = [head, *lines]
    widths = [max(len(line[column]) for line in everything) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column in text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in everything
    ]


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def bounds(pair, digits):
    return "-" if pair is None else f"{pair[0]:,.{digits}f} to {pair[1]:,.{digits}f}"


def machine(facts, results):
    load = " ".join(f"{value:.2f}" for value in facts["load_at_start"])
    versions = ", ".join(f"{name}: {version or 'not installed'}" for name, version in facts["versions"].items())
    return [
        f"{facts['cpu']}, {facts['cpus']} CPUs, {facts['memory_bytes'] / MIB / 1024:.1f} GiB"
        + (", a virtual machine" if facts["hypervisor"] else ""),
        f"kernel {facts['kernel']} {facts['architecture']}, BPF JIT {facts['bpf_jit']},"
        f" governor {facts['governor'] or 'unknown'}",
        f"load at start {load}; {results['rounds']} rounds of {results['rounds_asked']}, {results['seconds']:.0f} s"
        + ("; time was up: few pairs" if results["rounds"] < results["rounds_asked"] else "")
        + ("; quick: few pairs, wide intervals" if results["quick"] else ""),
        versions,
    ]


def costs(results, workload, part):
    """A table of all watchers on a part of a workload."""
    rows = [row for row in results["rows"] if (row["workload"], row["part"]) == (workload, part)]
    if not rows:
        return []
    what = next(facts["what"] for facts in results["workloads"] if facts["name"] == workload)
    lines = [
        [
            row["watcher"],
            number(row["ns_with"]),
            number(row["ratio"], 3),
            bounds(row["ratio_interval"], 3),
            number(row["above_floor_points"], 1),
            bounds(row["above_floor_interval"], 1),
            number(row["wall_ratio"], 2),
            number(row["pairs"]),
        ]
        for row in rows
    ]
    head = ["WATCHER", f"NS/{rows[0]['unit'].upper()}", "RATIO", "95 %", "ABOVE FLOOR", "95 %", "WALL", "PAIRS"]
    title = f"{workload}: {what}; {part}, {number(rows[0]['ns_without'])} ns of CPU time without a watcher"
    return [title, *table(head, lines)]


def difference_to_kernel(seen):
    if seen["events"] is None:
        return "-"
    missing = seen["kernel"] - seen["events"]
    return "all" if not missing else f"{-missing:+,} of {seen['kernel']:,}"


def watchers(results):
    lines, absent, failed = [], [], []
    for watcher in results["watchers"]:
        if not watcher["turns"]:
            absent.append(f"  {watcher['name']}: not available: {watcher['why_not_available'] or 'no turn'}")
            continue
        failed += [f"  {watcher['name']}: a turn failed: {why}" for why in watcher["failed_turns"]]
        bpf = watcher["bpf"] or {}
        lines.append(
            [
                watcher["name"],
                number(watcher["attach_ms"]),
                number(watcher["cpu_percent"], 1),
                number(watcher["rss_kib"] / 1024, 1),
                number(watcher["peak_kib"] / 1024, 1),
                difference_to_kernel(watcher["seen"]),
                number(watcher["seen"]["lost"]),
                number(bpf.get("ns_per_fault"), 1),
                number(watcher["bpf_ns_above_empty"], 1),
            ]
        )
    head = ["WATCHER", "ATTACH ms", "CPU %", "RSS MiB", "PEAK MiB", "SEEN", "ITS LOST", "BPF ns/FAULT", "ABOVE EMPTY"]
    return ["the watchers themselves", *table(head, lines), *absent, *failed]


def by_themselves(results):
    """What is not measured in turns."""
    lines = []
    for watcher in results["watchers"]:
        if watcher["stored"]:
            stored = watcher["stored"]
            lines.append(
                f"  {watcher['name']}: {stored['events']:,} events, {stored['bytes_per_event']:.2f} bytes and"
                f" {stored['cpu_ns_per_event']:.0f} ns of its CPU time each"
            )
    if results["instructions"]:
        lines.append(
            f"  replay of a recording: {results['instructions']['per_event']:,.0f} instructions an event (valgrind,"
            f" {results['instructions']['events']:,} events)"
        )
    if results["idle"]:
        idle = results["idle"]
        lines.append(
            f"  memtrace stat -i 1, nothing else of the bench running: {idle['own_percent']:.3f} % of a CPU, its BPF"
            f" programs {idle['bpf_percent']:.3f} %; the machine was {idle['machine_busy_percent']:.0f} % busy, load"
            f" {idle['load'][0]:.2f}"
        )
    lines += [f"  {what}: not available: {why}" for what, why in results["missing"].items()]
    return ["by themselves", *lines]


def bar_line(bar):
    limit = f"at most {number(bar['limit'], bar['digits'])} {bar['unit']}".rstrip()
    if bar["met"] is None:
        return [bar["what"], "-", "-", limit, f"not measured: {bar['why']}"]
    off = bar["value"] - bar["limit"]
    verdict = "met" if bar["met"] else f"missed by {number(off, bar['digits'])}"
    return [bar["what"], number(bar["value"], bar["digits"]), bounds(bar["interval"], bar["digits"]), limit, verdict]


def bars(results):
    lines = [bar_line(bar) for bar in results["bars"]]
    return ["bars", *table(["WHAT", "MEASURED", "95 %", "BAR", ""], lines, (0, 3, 4))]


def trust(results):
    """How far all this can be believed."""
    errors = [
        f"  nothing to none, {row['workload']} {row['part']}: {row['ratio']:.3f} ({bounds(row['ratio_interval'], 3)})"
        for row in results["rows"]
        if row["watcher"] == NOTHING
    ]
    shares = ", ".join(
        f"{workload['name']} {workload['blocks_disturbed_percent']:.0f} %"
        for workload in results["workloads"]
        if workload["blocks_disturbed_percent"] is not None
    )
    return [
        "the method's own error: the same pairs without a watcher",
        *errors,
        f"  blocks without a watcher whose wall time was more than a tenth above their CPU time: {shares}",
    ]


def text(results):
    parts = list(dict.fromkeys((row["workload"], row["part"]) for row in results["rows"]))
    sections = [
        machine(results["machine"], results),
        *(costs(results, *part) for part in parts),
        watchers(results),
        by_themselves(results),
        bars(results),
        trust(results),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"
