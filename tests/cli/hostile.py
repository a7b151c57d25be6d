#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""hostile.py NAME OUT: a small recording that asks for much time or memory, made of the head of a golden one.

hostile.py --run MAX_MEBIBYTES COMMAND...: runs it; fails if its resident memory was ever above that."""
import json
import os
import resource
import struct
import subprocess
import sys
import zlib

HEAD = struct.Struct("<IBBHIIIIQ")
GOLDEN = os.path.join(os.path.dirname(__file__), "..", "golden", "stacks.rec")
KIND_HEAD, KIND_DATA, KIND_END = 1, 2, 3
ITEM_WHO, ITEM_CGROUP, ITEM_STACK, ITEM_MAPS, ITEM_SYMBOL, FIRST_LAYOUT = 0, 1, 2, 3, 4, 8


def block(kind, raw, records=0):
    head = HEAD.pack(0x4B42544D, kind, 0, 0, len(raw), len(raw), records, 0, 0)
    check = zlib.crc32(head) & 0xFFFF
    head = HEAD.pack(0x4B42544D, kind, 0, check, len(raw), len(raw), records, 0, 0)
    crc = zlib.crc32(raw, zlib.crc32(head))
    return HEAD.pack(0x4B42544D, kind, 0, check, len(raw), len(raw), records, crc, 0) + raw


def num(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return num((n << 1) ^ (n >> 63))


def text(b):
    return num(len(b)) + b


def golden_head():
    data = open(GOLDEN, "rb").read()
    fields = HEAD.unpack_from(data, 16)
    raw = data[16 + HEAD.size : 16 + HEAD.size + fields[5]]
    if fields[2] == 1:
        raw = subprocess.run(["zstd", "-dcq"], input=raw, capture_output=True, check=True).stdout
    return data[:16], raw


FILE_HEAD, JSON = golden_head()
RECORDS = json.loads(JSON)["records"]
FAULT = [r["name"] for r in RECORDS].index("fault")
FIELDS = [f[0] for f in RECORDS[FAULT]["fields"]]


def recording(*raws):
    return FILE_HEAD + block(KIND_HEAD, JSON) + b"".join(block(KIND_DATA, r, 1) for r in raws) + block(KIND_END, b"{}")


def who():
    return bytes([ITEM_WHO]) + num(7) + num(5) + num(5) + num(1) + num(1) + num(0) + num(0) + text(b"x") + text(b"x")


def fault(field, stack):
    mask = bytearray((len(FIELDS) + 7) // 8)
    at = FIELDS.index(field)
    mask[at // 8] |= 1 << at % 8
    return bytes([FIRST_LAYOUT + FAULT]) + num(0) + num(1) + zigzag(1) + bytes(mask) + zigzag(stack)


def json_objects():
    """A head of millions of empty objects, each of which takes a hundred bytes in memory."""
    raw = JSON[:-1] + b',"x":[' + b"{}," * ((15 << 20) // 3) + b"{}]}"
    return FILE_HEAD + block(KIND_HEAD, raw) + block(KIND_END, b"{}")


def json_end():
    raw = b'{"x":[' + b"{}," * ((15 << 20) // 3) + b"{}]}"
    return FILE_HEAD + block(KIND_HEAD, JSON) + block(KIND_END, raw)


def symbols_between():
    """The kernel's functions one by one, and after each few a call chain that looks for one."""
    raw = bytearray(who())
    for i in range(200000):
        raw += bytes([ITEM_SYMBOL]) + num(0xFFFFFFFF80000000 + i * 64) + num(32) + text(b"f%d" % i) + text(b"")
        if i % 5 == 0:
            raw += bytes([ITEM_STACK]) + num(i) + num(2) + zigzag(-0x80000000) + zigzag(i * 64 + 4)
            raw += fault("kernel_stack", i)
    return recording(bytes(raw))


def made():
    """500 MB of functions that processes claim to have made at run time."""
    raws = []
    for part in range(40):
        raw = bytearray(who())
        for i in range(14000):
            module = b"%d %d" % (i % 7, part) if i % 3 else b"no process"
            raw += bytes([ITEM_SYMBOL]) + num(part << 32 | i) + num(1) + text(b"n" * 1000) + text(module)
        raws.append(bytes(raw))
    return recording(*raws)


def cgroups():
    """Names of cgroups that nothing refers to, for ever."""
    raws = []
    for b in range(6):
        raws.append(b"".join(bytes([ITEM_CGROUP]) + num(i) + text(b"/" * 4096) for i in range(b * 4000 + 1, b * 4000 + 4001)))
    return recording(*raws)


def tasks():
    """1.1 million tasks that live at once, each with a count."""
    task = [r["name"] for r in RECORDS].index("task")
    fields = [f[0] for f in RECORDS[task]["fields"]]
    mask = bytearray((len(fields) + 7) // 8)
    for at in (fields.index("life"), fields.index("fault.minor")):
        mask[at // 8] |= 1 << at % 8
    who_begins, who_goes_on = bytes([ITEM_WHO]) + num(0), num(1000) + num(5) + num(0) + num(0) + text(b"x") + text(b"x")
    begins, goes_on, ends = bytes([FIRST_LAYOUT + task]) + num(0), zigzag(0) + bytes(mask), num(1)
    raws = []
    for b in range(22):
        raw = bytearray()
        for i in range(b * 50000 + 1, (b + 1) * 50000 + 1):
            raw += who_begins + num(i) + num(i) + who_goes_on
            raw += begins + num(i - b * 50000) + goes_on + num(i) + ends
        raws.append(bytes(raw))
    return recording(*raws)


def empty_chains():
    return recording(*(b"".join(bytes([ITEM_STACK]) + num(i) + num(0) for i in range(b * 500000, (b + 1) * 500000)) for b in range(3)))


def files(*paths):
    raw = who() + bytes([ITEM_MAPS]) + num(5) + num(1) + num(len(paths))
    for path in paths:
        raw += num(0x10000) + num(0x1000) + num(0) + num(1) + num(0) + text(b"\x01" * 20) + text(path.encode())
    for i in range(len(paths)):
        raw += bytes([ITEM_STACK]) + num(i + 1) + num(1) + zigzag(0x10010 + i * 0x11000) + fault("user_stack", i + 1)
    return recording(raw)


def run(limit, command):
    status = subprocess.run(command).returncode
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if peak > limit:
        sys.exit(f"{peak} MiB of memory; expected {limit} at most")
    sys.exit(status)


if sys.argv[1] == "--run":
    run(int(sys.argv[2]), sys.argv[3:])
name, out, *paths = sys.argv[1:]
made = files(*paths) if name == "files" else globals()[name]()
open(out, "wb").write(made)
