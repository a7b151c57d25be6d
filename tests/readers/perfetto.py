#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""perfetto.py [--json] [FILE]: what a trace for Perfetto says: its tracks, and slices, instants and values in their order.
Knows the format by the field numbers that Perfetto publishes (protos/perfetto/trace), and nothing of the program that
wrote it.  Exits 1 where the format's own rules are broken: slices that do not nest, events on tracks that no packet
described."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import BOOL, DOUBLE, INT, TEXT, UINT, Malformed, message, one  # noqa: E402

CLOCK = {1: ("clock_id", UINT), 2: ("timestamp", UINT)}
ANNOTATION = {2: ("bool", BOOL), 3: ("uint", UINT), 4: ("int", INT), 5: ("double", DOUBLE), 6: ("string", TEXT),
              7: ("pointer", UINT), 10: ("name", TEXT)}
EVENT = {4: ("annotations", ANNOTATION), 9: ("type", UINT), 11: ("track_uuid", UINT), 22: ("categories", TEXT),
         23: ("name", TEXT), 30: ("counter_value", INT), 44: ("double_counter_value", DOUBLE)}
PROCESS = {1: ("pid", INT), 6: ("process_name", TEXT), 7: ("start_timestamp_ns", INT)}
THREAD = {1: ("pid", INT), 2: ("tid", INT), 5: ("thread_name", TEXT)}
COUNTER = {3: ("unit", UINT)}
TRACK = {1: ("uuid", UINT), 2: ("name", TEXT), 3: ("process", PROCESS), 4: ("thread", THREAD), 5: ("parent_uuid", UINT),
         8: ("counter", COUNTER)}
PACKET = {6: ("clock_snapshot", {1: ("clocks", CLOCK)}), 8: ("timestamp", UINT), 10: ("sequence", UINT),
          11: ("event", EVENT), 13: ("flags", UINT), 60: ("track", TRACK)}
TRACE = {1: ("packet", PACKET)}
BEGIN, END, INSTANT, VALUE = 1, 2, 3, 4
UNITS = {0: "", 2: "count", 3: "bytes"}
VALUES = ("bool", "uint", "int", "double", "string", "pointer")


def path_of(tracks, uuid):
    """Names of a track and those above it."""
    if not uuid:
        return "all"
    track = tracks[uuid]
    parent = one(track["parent_uuid"])
    above = path_of(tracks, parent) + " / " if parent else ""
    for process in track["process"]:
        return f"{above}{one(process['process_name'], '')}[{one(process['pid'])}]"
    for thread in track["thread"]:
        return f"{above}{one(thread['thread_name'], '')}[{one(thread['tid'])}]"
    unit = "".join(f" ({UNITS[one(counter['unit'])]})" for counter in track["counter"])
    return above + one(track["name"], "") + unit


def arguments(event):
    found = {}
    for annotation in event["annotations"]:
        (value,) = [value for kind in VALUES for value in annotation[kind]]
        found[one(annotation["name"])] = value
    return found


class Trace:
    def __init__(self, data):
        self.tracks, self.items, self.clocks = {}, [], {}
        packets = message(data, TRACE)["packet"]
        if packets and one(packets[0]["flags"]) != 1:
            raise Malformed("the first packet does not begin a sequence")
        marks = []
        for packet in packets:
            if one(packet["sequence"]) != 1:
                raise Malformed("a packet of another sequence")
            for snapshot in packet["clock_snapshot"]:
                self.clocks = {one(c["clock_id"]): one(c["timestamp"]) for c in snapshot["clocks"]}
            for track in packet["track"]:
                if one(track["uuid"]) in self.tracks:
                    raise Malformed("a track is described twice")
                self.tracks[one(track["uuid"])] = track
            for event in packet["event"]:
                if one(event["track_uuid"]) not in self.tracks | {0: None}:
                    raise Malformed("an event on a track that is not known")
                marks.append((one(packet["timestamp"]), event))
        self._replay(sorted(marks, key=lambda mark: mark[0]))

    def _replay(self, marks):
        """As a viewer does: by time; an end belongs to the last begin on its track."""
        open_slices = {}
        for time, event in marks:
            kind, uuid = one(event["type"]), one(event["track_uuid"])
            track = path_of(self.tracks, uuid)
            item = {"track": track, "ts": time}
            is_counter = bool(uuid and self.tracks[uuid]["counter"])
            if is_counter != (kind == VALUE):
                raise Malformed(f"an event of type {kind} on {track}")
            if kind == END:
                if not open_slices.get(uuid):
                    raise Malformed(f"an end without a begin on {track}")
                item = open_slices[uuid].pop()
                item["dur"] = time - item["ts"]
                continue
            if kind == VALUE:
                item["value"] = one(event["double_counter_value"])
            else:
                item |= {"name": one(event["name"]), "args": arguments(event)}
            if kind == BEGIN:
                open_slices.setdefault(uuid, []).append(item)
            self.items.append(item)
        if any(open_slices.values()):
            raise Malformed("slices that do not end")


def main(args):
    as_json = args[:1] == ["--json"]
    names = args[1:] if as_json else args
    with open(names[0], "rb") if names else sys.stdin.buffer as file:
        data = file.read()
    try:
        trace = Trace(data)
    except (Malformed, KeyError, ValueError) as error:
        sys.exit(f"perfetto.py: {error!r}")
    if as_json:
        print(json.dumps(trace.clocks))
        for item in trace.items:
            print(json.dumps(item))
        return
    print("clocks:", " ".join(f"{number}={time}" for number, time in sorted(trace.clocks.items())))
    for uuid in trace.tracks:
        print("track:", path_of(trace.tracks, uuid))
    for item in trace.items:
        what = f"= {item['value']:.15g}" if "value" in item else item["name"]
        print(item["ts"], f"+{item['dur']}" if "dur" in item else "", item["track"], what)
        for name, value in item.get("args", {}).items():
            print("   ", name, value)


main(sys.argv[1:])
