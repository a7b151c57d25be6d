#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""perfetto_of.py TRACE EVENTS: whether a trace for Perfetto, as perfetto.py reads it (--json), has each event of JSON lines:
its name, its task's track, when it began and how long it took, its other fields."""
import json
import sys

PLACE = {"schema", "event", "time_ns", "start_ns", "end_ns", "duration_ns", "pid", "tid", "start_time_ns", "comm",
         "thread_comm", "node"}


def flat(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, value


def moment(event):
    took = event.get("duration_ns") or 0
    if event.get("end_ns") is not None:
        return event["time_ns"], event["end_ns"] - event["time_ns"]
    begin = event.get("start_ns")
    return (event["time_ns"] - took if begin is None else begin), took


def expected(line):
    event = json.loads(line)
    begin, took = moment(event)
    task = f"{event['comm']}[{event['pid']}] / {event['thread_comm']}[{event['tid']}] / " if event.get("pid") else ""
    node = f" node {event['node']}" if event.get("node") is not None and not task else ""
    rest = {k: int(v, 16) if str(v).startswith("0x") else v for k, v in flat(event) if k not in PLACE}
    return [f"{task}{event['event']}{node}", begin, took, rest]


def found(item, offset):
    rest = {k: int(v, 16) if str(v).startswith("0x") else v for k, v in item["args"].items()}
    return [item["track"], item["ts"] + offset, item.get("dur", 0), rest]


def order(item):
    return (item[0], item[1], item[2])


def same(ours, theirs):
    """The time of day is set while a recording goes on: the trace has the offset of its first moment."""
    return abs(ours[1] - theirs[1]) < 1000 and ours[0] == theirs[0] and ours[2:] == theirs[2:]


def main(trace, events):
    with open(events, encoding="utf-8") as file:
        ours = sorted((expected(line) for line in file if '"memtrace.end/1"' not in line), key=order)
    with open(trace, encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    clocks = items[0]
    offset = clocks["1"] - clocks["6"]
    theirs = sorted((found(item, offset) for item in items if "args" in item), key=order)
    times = {k for item in ours for k in item[3] if k.endswith("time_ns")}
    for item in ours + theirs:
        for name in times:
            item[3].pop(name, None)
    pairs = [(a, b) for a, b in zip(ours, theirs) if not same(a, b)]
    if pairs or len(ours) != len(theirs) or not ours:
        sys.exit(f"perfetto_of.py: {len(ours)} events, {len(theirs)} in the trace; {pairs[:1]}")
    print(f"{len(ours)} events, {sum(1 for item in theirs if item[2])} of them slices")


main(*sys.argv[1:])
