# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What memtrace is held to: a table.  A bar that is missed is said to be, by how much; it fails nothing, as time
depends on the machine."""

from dataclasses import dataclass

from .watchers import BPFTRACE, RECORD, STAT, STAT_ALLOC, STAT_FAULT, STAT_LIGHT


class Unknown(Exception):
    """It was not measured; the text says why."""


def _watcher(results, name):
    for watcher in results["watchers"]:
        if watcher["name"] == name:
            return watcher
    raise Unknown(f"{name}: not asked for")


def _row(results, name):
    """One thread's faults."""
    for row in results["rows"]:
        if (row["watcher"], row["workload"], row["part"]) == (name, "touch", "fault"):
            return row
    _watcher(results, name)
    raise Unknown(f"{name}: not available")


def _ratio(name):
    return lambda results: (_row(results, name)["ratio"], _row(results, name)["ratio_interval"])


def _above_floor(name):
    def measure(results):
        row = _row(results, name)
        if row["above_floor_points"] is None:
            raise Unknown(f"{row['floor']}: not available")
        return row["above_floor_points"], row["above_floor_interval"]

    return measure


def _share_of_bpftrace(results):
    """Both above the floor, which is the kernel's own cost of a hook."""
    theirs, ours = (_above_floor(name)(results)[0] for name in (BPFTRACE, STAT_FAULT))
    if theirs <= 0:
        raise Unknown("bpftrace cost nothing here")
    return ours / theirs, None


def _recording(figure):
    def measure(results):
        watcher = _watcher(results, RECORD)
        if not watcher["stored"]:
            raise Unknown(f"{RECORD}: not available")
        return watcher["stored"][figure], None

    return measure


def _not_recorded(results):
    seen = _watcher(results, RECORD)["seen"]
    if seen["events"] is None:
        raise Unknown(f"{RECORD}: not available")
    return max(seen["kernel"] - seen["events"], seen["lost"] or 0, 0), None


def _own(name, figure, unit=1):
    def measure(results):
        value = _watcher(results, name)[figure]
        if value is None:
            raise Unknown(f"{name}: not available")
        return value / unit, None

    return measure


def _idle(results):
    if not results["idle"]:
        raise Unknown(results["missing"].get("idle", "not measured"))
    return results["idle"]["own_percent"] + results["idle"]["bpf_percent"], None


@dataclass(frozen=True)
class Bar:
    what: str
    limit: float
    unit: str
    measure: object  # (results) -> its value, and the interval if there is one
    digits: int = 3


BARS = (
    Bar("stat fault --light to none", 1.01, "", _ratio(STAT_LIGHT)),
    Bar("stat fault above its floor", 2, "points", _above_floor(STAT_FAULT), 1),
    Bar("stat fault alloc above its floor", 4, "points", _above_floor(STAT_ALLOC), 1),
    Bar("stat fault to bpftrace, both above the floor", 0.1, "", _share_of_bpftrace),
    Bar("record --every fault to none", 1.15, "", _ratio(RECORD)),
    Bar("record --every fault: faults that it lacks", 0, "events", _not_recorded, 0),
    Bar("record --every fault: CPU time in user space", 80, "ns an event", _recording("cpu_ns_per_event"), 0),
    Bar("record --every fault: on disk", 6, "bytes an event", _recording("bytes_per_event"), 2),
    Bar("stat: attached", 80, "ms", _own(STAT, "attach_ms"), 0),
    Bar("stat: resident at its peak", 30, "MiB", _own(STAT, "peak_kib", 1024), 1),
    Bar("stat -i 1 on the idle machine, with its BPF programs", 0.05, "% of a CPU", _idle),
)


def judged(bar, results):
    verdict = {"what": bar.what, "limit": bar.limit, "unit": bar.unit, "digits": bar.digits}
    try:
        value, interval = bar.measure(results)
    except Unknown as unknown:
        return verdict | {"value": None, "interval": None, "met": None, "why": str(unknown)}
    return verdict | {"value": value, "interval": interval, "met": value <= bar.limit, "why": None}


def judge(results):
    return [judged(bar, results) for bar in BARS]
