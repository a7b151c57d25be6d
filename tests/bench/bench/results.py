# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""From turns to figures: what the file of results holds."""

from statistics import median

from . import statistics
from .watchers import NOTHING

DISTURBED = 1.1  # wall time of a block without a watcher, to its CPU time


def _middle(values):
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _pairs(turns, key):
    return [turn.pairs[key] for turn in turns if turn.pairs.get(key)]


def row(watcher, workload, part, turns, floor_turns):
    """A watcher on a part of a workload; None without a pair."""
    key = (workload.name, part.name)
    pairs = _pairs(turns, key)
    if not pairs:
        return None
    ratios = statistics.ratios(pairs)
    wall = statistics.ratios([turn.wall_pairs[key] for turn in turns])
    result = {
        "watcher": watcher.name,
        "workload": workload.name,
        "part": part.name,
        "unit": part.unit,
        "pairs": sum(map(len, pairs)),
        "turns": len(pairs),
        "ns_without": median(without for without, _ in statistics.flat(pairs)),
        "ns_with": median(with_it for _, with_it in statistics.flat(pairs)),
        "ratio": median(statistics.flat(ratios)),
        "ratio_interval": statistics.interval(ratios),
        "wall_ratio": median(statistics.flat(wall)),
        "floor": watcher.floor,
        "above_floor_points": None,
        "above_floor_interval": None,
        "raw_pairs": [[[round(ns, 1) for ns in pair] for pair in turn] for turn in pairs],
    }
    floor_pairs = _pairs(floor_turns, key)
    if floor_pairs:
        points, bounds = statistics.difference(ratios, statistics.ratios(floor_pairs))
        result["above_floor_points"] = 100 * points
        result["above_floor_interval"] = [100 * bound for bound in bounds]
    return result


def rows(session, watchers, workloads):
    by_watcher = {watcher.name: [turn for turn in session.turns if turn.watcher == watcher.name] for watcher in watchers}
    result = [
        row(watcher, workload, part, by_watcher[watcher.name], by_watcher.get(watcher.floor, []))
        for workload in workloads
        for part in workload.parts
        for watcher in watchers
    ]
    return [one for one in result if one]


def _seen(turns):
    """Of the turns after which the watcher was asked: events that it has, that it says it lost, that the kernel
    counted."""
    asked = [turn for turn in turns if turn.seen]
    if not asked:
        return {"events": None, "lost": None, "kernel": None}
    lost = [turn.seen.lost for turn in asked if turn.seen.lost is not None]
    return {
        "events": sum(turn.seen.events for turn in asked),
        "lost": sum(lost) if lost else None,
        "kernel": sum(turn.kernel_events for turn in asked),
    }


def _stored(turns):
    """What a recording takes, an event."""
    stored = [turn for turn in turns if turn.seen and turn.seen.stored]
    if not stored:
        return None
    events = sum(turn.seen.stored for turn in stored)
    return {
        "events": events,
        "bytes_per_event": sum(turn.seen.stored_bytes for turn in stored) / events,
        "cpu_ns_per_event": sum(turn.cpu_ns for turn in stored) / events,
    }


def watcher_facts(watcher, session, bpf_times):
    turns = [turn for turn in session.turns if turn.watcher == watcher.name]
    bpf, floor = bpf_times.get(watcher.name), bpf_times.get(watcher.floor)
    above = None
    if bpf and not watcher.is_floor and (floor or watcher.floor == NOTHING):
        above = bpf["ns_per_fault"] - (floor["ns_per_fault"] if floor else 0)
    return {
        "name": watcher.name,
        "what": watcher.what,
        "command": list(watcher.argv),
        "why_not_available": session.missing.get(watcher.name),
        "turns": len(turns),
        "failed_turns": session.failed_turns.get(watcher.name, []),
        "attach_ms": _middle([turn.attach_s * 1000 for turn in turns]),
        "cpu_percent": _middle([turn.cpu_ns / turn.window_s / 1e7 for turn in turns]),
        "rss_kib": _middle([turn.rss_kib for turn in turns]),
        "peak_kib": _middle([turn.peak_kib for turn in turns]),
        "seen": _seen(turns),
        "stored": _stored(turns),
        "bpf": bpf,
        "bpf_ns_above_empty": above,
    }


def workload_facts(workload, session):
    key = (workload.name, workload.parts[0].name)
    wall, cpu = [], []
    for turn in session.turns:
        if key in turn.pairs:
            wall += [without for without, _ in turn.wall_pairs[key]]
            cpu += [without for without, _ in turn.pairs[key]]
    disturbed = sum(w > DISTURBED * c for w, c in zip(wall, cpu))
    return {
        "name": workload.name,
        "what": workload.what,
        "why_not_available": session.missing.get(workload.name),
        "ns_without": _middle(cpu),
        "blocks_disturbed_percent": 100 * disturbed / len(cpu) if cpu else None,
    }
