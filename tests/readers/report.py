#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""report.py PAGE: the data of a page of memtrace report, as JSON.
report.py --sums JSON STAT: whether the counts of that JSON, added up, are the totals of stat --json, and those of its
rows of processes the sums of the rows there; how many counters that were, of which so many were above 0.
report.py --faults JSON FAULTS: whether each row of addresses in it has as many faults as are in that range; FAULTS: a
line of pid and address for each.
"""
import base64
import gzip
import json
import re
import sys


def data_of(path):
    with open(path, encoding="ascii") as file:
        page = file.read()
    found = re.findall(r'<script type="application/octet-stream" id="data">\s*([A-Za-z0-9+/=]*)\s*</script>', page)
    assert len(found) == 1, len(found)
    return gzip.decompress(base64.b64decode(found[0], validate=True)).decode("ascii")


def add(sums, paths, counts):
    for i in range(0, len(counts), 3):
        sums[paths[counts[i + 1]]] += counts[i + 2]


def at(row, path):
    for key in path.split("."):
        row = row[key]
    return row


def compare(data, stat):
    paths = [counter["path"] for counter in data["counters"]]
    total, rows = dict.fromkeys(paths, 0), dict.fromkeys(paths, 0)
    add(total, paths, data["counts"])
    for row in data["processes"]:
        add(rows, paths, row["counts"])
    for path in paths:
        for what, ours, theirs in (("total", total[path], at(stat["total"], path)),
                                   ("rows", rows[path], sum(at(row, path) for row in stat["processes"]))):
            if ours != theirs:
                sys.exit(f"{path}: {what}: {ours} here, {theirs} in stat")
    print(len(paths), sum(1 for value in total.values() if value))


def check_rows(data, faults):
    for process in data["fault_maps"]:
        rows, found = {}, {}
        for i in range(0, len(process["cells"]), 3):
            rows[process["cells"][i + 1]] = rows.get(process["cells"][i + 1], 0) + process["cells"][i + 2]
        for pid, address in faults:
            if pid == process["pid"]:
                row = row_of(process, int(address, 16))
                found[row] = found.get(row, 0) + 1
        if rows != found:
            sys.exit(f"{process['pid']}: rows {rows}, by addresses {found}")


def row_of(process, address):
    """By whole blocks."""
    block = process["block_bytes"]
    for area in process["areas"]:
        if area["start"] is None:
            return area["row"]
        start, end = int(area["start"], 16), int(area["end"], 16)
        if start <= address < end:
            return area["row"] + (address // block - start // block) * area["rows"] // ((end - start) // block)
    return None


def read(path):
    with open(path, encoding="ascii") as file:
        return json.load(file)


def main():
    if sys.argv[1] == "--sums":
        compare(read(sys.argv[2]), read(sys.argv[3]))
    elif sys.argv[1] == "--faults":
        with open(sys.argv[3], encoding="ascii") as file:
            check_rows(read(sys.argv[2]), [json.loads(line) for line in file])
    else:
        sys.stdout.write(data_of(sys.argv[1]))


main()
