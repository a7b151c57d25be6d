#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Reads a recording of memtrace as docs/recording.md describes it, and shares no code with memtrace.

dump.py FILE            what is in it, as one JSON object
dump.py --records FILE  each record as a line of JSON
dump.py --made FILE     functions that processes made at run time: process, start, address, name
"""

import json
import struct
import subprocess
import sys
import zlib

FILE_HEAD = struct.Struct("<8sHHI")
BLOCK_HEAD = struct.Struct("<IBBHIIIIQ")
HEAD, DATA, END = 1, 2, 3
WHO, CGROUP, STACK, MAPS, SYMBOL, FIRST_RECORD = 0, 1, 2, 3, 4, 8
MAX_BLOCK = 16 << 20


class CutOff(Exception):
    pass


class Damaged(Exception):
    pass


def unpacked(codec, payload, raw_size):
    if codec == 1:
        payload = subprocess.run(["zstd", "-dcq"], input=payload, capture_output=True, check=True).stdout
    elif codec != 0:
        raise Damaged("unknown codec")
    if len(payload) != raw_size:
        raise Damaged("wrong size")
    return payload


def blocks(data):
    """(kind, payload, head) of each whole block behind the file's head."""
    at = FILE_HEAD.size
    while True:
        if len(data) - at < BLOCK_HEAD.size:
            raise CutOff
        magic, kind, codec, check, raw_size, size, nr, crc, end_ns = BLOCK_HEAD.unpack_from(data, at)
        head = BLOCK_HEAD.pack(magic, kind, codec, 0, raw_size, size, nr, 0, end_ns)
        if magic != 0x4B42544D or zlib.crc32(head) & 0xFFFF != check or max(size, raw_size) > MAX_BLOCK:
            raise Damaged("no block at %d" % at)
        at += BLOCK_HEAD.size
        if len(data) - at < size:
            raise CutOff
        payload = data[at:at + size]
        head = BLOCK_HEAD.pack(magic, kind, codec, check, raw_size, size, nr, 0, end_ns)
        if zlib.crc32(payload, zlib.crc32(head)) != crc:
            raise Damaged("checksum")
        at += size
        yield kind, unpacked(codec, payload, raw_size), nr
        if kind == END:
            return


def text(value):
    """A text of the head: "text", or bytes that are no UTF-8 as the characters of those numbers."""
    return value["text"] if "text" in value else value["latin1"].encode("latin-1").decode(errors="replace")


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


class Block:
    """The records of one block: (name, time, cpu, fields)."""

    def __init__(self, layouts, raw, cgroups):
        self.layouts, self.raw, self.cgroups, self.at = layouts, raw, cgroups, 0
        self.time = self.cpu = self.who = 0
        self.whos, self.last = [None], {}
        self.stacks, self.mappings, self.symbols = {}, {}, []

    def number(self):
        value = shift = 0
        while True:
            byte = self.raw[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def bytes(self):
        size = self.number()
        self.at += size
        return self.raw[self.at - size:self.at]

    def named(self):
        keys = ("ref", "pid", "tid", "start_ns", "cgroup", "uid", "flags")
        who = {key: self.number() for key in keys}
        who["comm"], who["thread_comm"] = (self.bytes().decode(errors="replace") for _ in range(2))
        return who

    def stack(self):
        number, address, addresses = self.number(), 0, []
        for _ in range(self.number()):
            address = (address + unzigzag(self.number())) % 2**64
            addresses.append(address)
        self.stacks[number] = addresses

    def maps(self):
        pid, start_ns, end, rows = self.number(), self.number(), 0, []
        for _ in range(self.number()):
            start = end + self.number()
            end = start + self.number()
            file_offset, elf, vaddr = self.number(), self.number(), self.number()
            build_id, path = self.bytes().hex(), self.bytes().decode(errors="replace")
            rows.append({"start": start, "end": end, "file_offset": file_offset, "elf": bool(elf), "vaddr": vaddr,
                         "build_id": build_id, "path": path})
        self.mappings[pid, start_ns] = rows

    def symbol(self):
        start, size = self.number(), self.number()
        name, module = (self.bytes().decode(errors="replace") for _ in range(2))
        self.symbols.append((start, start + size, name, module))

    def field(self, code, last):
        value = self.number()
        if code in ("int", "kernel_stack", "user_stack"):
            return unzigzag(value)
        if code == "count":
            return (last + value) % 2**64
        if code == "address":
            return (last + unzigzag(value)) % 2**64
        if code == "time":
            return (self.time + unzigzag(value)) % 2**64
        return value  # uint, who, ref, cgroup

    def record(self, item):
        number = (item & 0x3F) - FIRST_RECORD
        layout = self.layouts[number]
        if not item & 0x40:
            self.cpu = self.number()
        if not item & 0x80:
            self.who = self.number()
        self.time = (self.time + unzigzag(self.number())) % 2**64
        fields = layout["fields"]
        last = self.last.setdefault((self.who, number), [0] * len(fields))
        mask = self.raw[self.at:self.at + (len(fields) + 7) // 8]
        self.at += len(mask)
        first = next((i for i, (_, code) in enumerate(fields) if code in ("who", "ref")), None)
        for i, (_, code) in enumerate(fields):
            if i != first and mask[i // 8] >> i % 8 & 1:
                last[i] = self.field(code, last[i])
        values = list(last)
        if first is not None:
            values[first] = self.who
        named = {name: self.whos[value] if code in ("who", "ref") else value
                 for (name, code), value in zip(fields, values)}
        return layout["name"], self.time, self.cpu, named

    def records(self):
        while self.at < len(self.raw):
            item = self.raw[self.at]
            self.at += 1
            kind = item & 0x3F
            if kind == WHO:
                self.whos.append(self.named())
            elif kind == CGROUP:
                number = self.number()
                self.cgroups[number] = self.bytes().decode(errors="replace")
            elif kind == STACK:
                self.stack()
            elif kind == MAPS:
                self.maps()
            elif kind == SYMBOL:
                self.symbol()
            else:
                yield self.record(item)


class Recording:
    def __init__(self, data):
        magic, major, self.minor, _ = FILE_HEAD.unpack_from(data)
        if magic != b"memtrace" or major != 1:
            raise Damaged("no recording, or one of another version")
        self.blocks = blocks(data)
        kind, raw, _ = next(self.blocks)
        if kind != HEAD:
            raise Damaged("no head")
        self.head, self.end, self.cgroups, self.state = json.loads(raw), None, {}, "reading"
        self.made = set()

    def records(self):
        try:
            for kind, raw, nr in self.blocks:
                if kind == END:
                    self.end = json.loads(raw)
                elif kind == DATA:
                    got = 0
                    block = Block(self.head["records"], raw, self.cgroups)
                    for record in block.records():
                        got += 1
                        yield record
                    self.made |= {(*map(int, module.split(" ")), start, name)
                                  for start, _, name, module in block.symbols if start < 1 << 63}
                    if got != nr:
                        raise Damaged("%d records in a block of %d" % (got, nr))
            self.state = "complete"
        except CutOff:
            self.state = "cut off"
        except Damaged:
            self.state = "damaged"


def faults_by_task(tasks):
    """What the run's tasks counted: the last absolute counts of each life less those of its base."""
    sums = {}
    for life, (base, last) in tasks.items():
        for name in last:
            sums[name] = sums.get(name, 0) + last[name] - base.get(name, 0)
    return sums


def title_of(fields):
    """The text that the numbers title.0, title.1, ... are, as its bytes' characters."""
    parts = [fields["title.%d" % part] for part in range(16)]
    return b"".join(part.to_bytes(8, "little") for part in parts).split(b"\0")[0].decode("latin-1")


def is_counts(layout):
    """Of values that were read, rather than of events: moments, samples, titles, tasks, counters by a key."""
    read = ("task", "moment", "sample", "cgroup_sample", "title")
    return layout["name"] in read or "since_ns" in (name for name, _ in layout["fields"])


def summary(recording):
    counts, tasks, moments = {}, {}, []
    for name, time, _, fields in recording.records():
        counts[name] = counts.get(name, 0) + 1
        if name == "moment":
            moments.append(fields)
        elif name == "task":
            values = {key: value for key, value in fields.items() if "." in key}
            old_base, old = tasks.get(fields["life"], ({}, {}))
            base = values if fields["flags"] & 2 else old_base
            tasks[fields["life"]] = base, {key: max(value, old.get(key, 0)) for key, value in values.items()}
    head = recording.head
    machine_base = next((m for m in moments if m["flags"] & 2), {})
    return {
        "state": recording.state,
        "subject": text(head["run"]["subject"]),
        "host": text(head["host"]["name"]),
        "start_ns": head["run"]["start_ns"] + (moments[-1]["wall_offset_ns"] if moments else 0),
        "duration_ns": moments[-1]["now_ns"] - head["run"]["start_ns"] if moments else 0,
        "events": {layout["name"]: counts.get(layout["name"], 0) for layout in head["records"]
                   if not is_counts(layout)},
        "lost": {key: moments[-1]["lost." + key] - machine_base.get("lost." + key, 0) if moments else 0
                 for key in ("rare", "hot", "tasks")},
        "counts": faults_by_task(tasks),
        "command": (recording.end or {}).get("command"),
        "cgroups": sorted(set(recording.cgroups.values())),
    }


def main():
    arguments = sys.argv[1:]
    each = arguments[0] in ("--records", "--made")
    with open(arguments[-1], "rb") as file:
        recording = Recording(file.read())
    if not each:
        print(json.dumps(summary(recording), indent=1))
        return
    if arguments[0] == "--made":
        for _ in recording.records():
            pass
        for made in sorted(recording.made):
            print(*made)
        return
    for name, time, cpu, fields in recording.records():
        if name == "title":
            fields["title"] = title_of(fields)
        print(json.dumps({"record": name, "time_ns": time, "cpu": cpu, **fields}))


main()
