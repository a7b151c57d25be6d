#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""schema.py SCHEMAS DIR: every line of JSON below DIR that names a schema is what that schema wants.

Of a long file the first and the last lines are looked at.  Prints what is wrong, or how many lines were right.
"""
import json
import pathlib
import sys

import jsonschema

MOST = 60


def validator(where, name):
    schema = json.loads((where / (name + ".json")).read_text())
    resolver = jsonschema.RefResolver(where.as_uri() + "/", schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def some_lines(path):
    lines = list(enumerate(path.read_text().splitlines(), 1))
    return lines if len(lines) <= 2 * MOST else lines[:MOST] + lines[-MOST:]


def main():
    where, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    validators, right, wrong = {}, 0, []
    for path in sorted(root.rglob("*.json")):
        for number, line in some_lines(path):
            value = json.loads(line)
            name = value["schema"].split(".")[1].split("/")[0]
            if name not in validators:
                validators[name] = validator(where, name)
            errors = list(validators[name].iter_errors(value))
            right += not errors
            wrong += ["%s:%d: /%s: %s" % (path.relative_to(root), number, "/".join(map(str, e.absolute_path)),
                                          e.message[:200]) for e in errors]
    print("\n".join(wrong[:20]) if wrong else right)
    return bool(wrong) or not right


sys.exit(main())
