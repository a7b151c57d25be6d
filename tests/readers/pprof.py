#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""pprof.py [--folded TYPE] [FILE]: what a profile for pprof says, as text, or each path with its value of a type.  Knows
the format by the field numbers that pprof publishes (proto/profile.proto), and nothing of the program that wrote it.
Exits 1 where the format's own rules are broken."""
import gzip
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import BOOL, INT, PACKED, TEXT, UINT, Malformed, last, message, one  # noqa: E402

VALUE_TYPE = {1: ("type", INT), 2: ("unit", INT)}
LABEL = {1: ("key", INT), 2: ("str", INT), 3: ("num", INT), 4: ("num_unit", INT)}
SAMPLE = {1: ("location_id", PACKED), 2: ("value", PACKED), 3: ("label", LABEL)}
MAPPING = {1: ("id", UINT), 2: ("memory_start", UINT), 3: ("memory_limit", UINT), 4: ("file_offset", UINT),
           5: ("filename", INT), 6: ("build_id", INT), 7: ("has_functions", BOOL), 8: ("has_filenames", BOOL),
           9: ("has_line_numbers", BOOL), 10: ("has_inline_frames", BOOL)}
LINE = {1: ("function_id", UINT), 2: ("line", INT), 3: ("column", INT)}
LOCATION = {1: ("id", UINT), 2: ("mapping_id", UINT), 3: ("address", UINT), 4: ("line", LINE), 5: ("is_folded", BOOL)}
FUNCTION = {1: ("id", UINT), 2: ("name", INT), 3: ("system_name", INT), 4: ("filename", INT), 5: ("start_line", INT)}
PROFILE = {1: ("sample_type", VALUE_TYPE), 2: ("sample", SAMPLE), 3: ("mapping", MAPPING), 4: ("location", LOCATION),
           5: ("function", FUNCTION), 6: ("string_table", TEXT), 7: ("drop_frames", INT), 8: ("keep_frames", INT),
           9: ("time_nanos", INT), 10: ("duration_nanos", INT), 11: ("period_type", VALUE_TYPE), 12: ("period", INT),
           13: ("comment", PACKED), 14: ("default_sample_type", INT), 15: ("doc_url", INT)}


def by_id(what, items):
    found = {one(item["id"]): item for item in items}
    if 0 in found or len(found) != len(items):
        raise Malformed(f"numbers of {what} are not their own")
    return found


class Profile:
    def __init__(self, data):
        self.raw = message(data, PROFILE)
        self.strings = self.raw["string_table"]
        if not self.strings or self.strings[0]:
            raise Malformed("the first string is not empty")
        self.mappings = by_id("mappings", self.raw["mapping"])
        self.functions = by_id("functions", self.raw["function"])
        self.locations = by_id("locations", self.raw["location"])
        self.types = [(self.text(one(t["type"])), self.text(one(t["unit"]))) for t in self.raw["sample_type"]]
        if len(set(self.types)) != len(self.types) or not self.types:
            raise Malformed("types are not all different")

    def text(self, number):
        if not 0 <= number < len(self.strings):
            raise Malformed(f"there is no string {number}")
        return self.strings[number]

    def frames(self, location_id):
        """The functions at a place, the outer one first."""
        location = self.locations[location_id]
        mapping = self.text(one(self.mappings[one(location["mapping_id"])]["filename"]))
        names = [self.text(one(self.functions[one(line["function_id"])]["name"])) for line in location["line"]]
        return [f"{name} {mapping}" for name in reversed(names)]

    def samples(self):
        for sample in self.raw["sample"]:
            if len(sample["value"]) != len(self.types):
                raise Malformed("a sample has not one value a type")
            path = [frame for at in reversed(sample["location_id"]) for frame in self.frames(at)]
            labels = [f"{self.text(one(x['key']))}={self.text(one(x['str']))}" for x in sample["label"]]
            yield path, sample["value"], labels


def show(profile):
    raw = profile.raw
    default = profile.text(last(raw["default_sample_type"]))
    print("types:", " ".join(f"{name}/{unit}{'*' if name == default else ''}" for name, unit in profile.types))
    print("time_nanos:", last(raw["time_nanos"]), "duration_nanos:", last(raw["duration_nanos"]))
    print("left out:", profile.text(last(raw["drop_frames"])))
    for comment in raw["comment"]:
        print("comment:", profile.text(comment))
    for number, mapping in profile.mappings.items():
        print("mapping:", profile.text(one(mapping["filename"])), "named" if one(mapping["has_functions"]) else "")
    for path, values, labels in profile.samples():
        print(*values, "; ".join(labels))
        for frame in path:
            print("   ", frame)


def main(args):
    kind = args[1] if args[:1] == ["--folded"] else None
    names = args[2:] if kind else args
    with open(names[0], "rb") if names else sys.stdin.buffer as file:
        data = gzip.decompress(file.read())
    try:
        profile = Profile(data)
        if kind:
            at = [name for name, _ in profile.types].index(kind)
            for path, values, _ in profile.samples():
                print(";".join(f.removesuffix(" [program]").replace(" [kernel]", "_[k]") for f in path), values[at])
        else:
            show(profile)
    except (Malformed, KeyError, ValueError) as error:
        sys.exit(f"pprof.py: {error!r}")


main(sys.argv[1:])
