#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""csv_of.py PATH CSV JSON: whether each row of a table, as Python's csv module reads it, says what the objects at PATH of
JSON lines say.  A name of the first line is a path in the object, or one of the report, with its unit behind it or not."""
import csv
import json
import sys

UNITS = ("_ns", "_bytes", "_pages")


def look(tree, path):
    """(found, value): dots are between levels."""
    for level in path.split("."):
        if not isinstance(tree, dict) or level not in tree:
            return False, None
        tree = tree[level]
    return True, tree


def expected(row, report, name):
    names = [name] + [name.removesuffix(unit) for unit in UNITS if name.endswith(unit)]
    for tree in (row, report):
        for path in names:
            found, value = look(tree, path)
            if found:
                return value
    sys.exit(f"csv_of.py: JSON has no '{name}'")


def same(text, value):
    if value is None or isinstance(value, (dict, list)):
        return text == ""
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, (int, float)):
        return abs(float(text) - value) <= 1e-9 * abs(value)
    return text == value or "\\" in text  # escaped: test_csv.c has what becomes of which


def main(path, table, lines):
    with open(table, encoding="utf-8", newline="") as file:
        names, *rows = list(csv.reader(file, strict=True))
    with open(lines, encoding="utf-8") as file:
        reports = [json.loads(line) for line in file]
    objects = [(row, report) for report in reports for row in (look(report, path)[1] if path != "." else [report])]
    if not rows or len(rows) != len(objects):
        sys.exit(f"csv_of.py: {len(rows)} rows, {len(objects)} objects")
    for fields, (row, report) in zip(rows, objects):
        if len(fields) != len(names):
            sys.exit(f"csv_of.py: {len(fields)} fields, {len(names)} names")
        for name, text in zip(names, fields):
            if not same(text, expected(row, report, name)):
                sys.exit(f"csv_of.py: {name} is '{text}', JSON has {expected(row, report, name)}")
    print(f"{len(rows)} rows of {len(names)}")


main(*sys.argv[1:])
