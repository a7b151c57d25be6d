# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Reads protobuf's encoding by itself: https://protobuf.dev/programming-guides/encoding.  What it does not expect is an
error, so a reader's table of fields must name all that a file has."""
import struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
# How a field is read: one of these, or a table of fields for a message.
UINT, INT, BOOL, DOUBLE, TEXT, PACKED = "uint", "int", "bool", "double", "text", "packed"
WIRE_TYPES = {UINT: VARINT, INT: VARINT, BOOL: VARINT, DOUBLE: FIXED64}


class Malformed(Exception):
    pass


def _varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("a number does not end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value & (1 << 64) - 1, at
        shift += 7


def fields(data):
    """Each field as (number, wire type, value)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
        elif kind in (FIXED64, FIXED32, BYTES):
            size, at = _varint(data, at) if kind == BYTES else (8 if kind == FIXED64 else 4, at)
            value = data[at : at + size]
            at += size
            if len(value) != size:
                raise Malformed(f"field {number} is cut")
        else:
            raise Malformed(f"field {number} has the wire type {kind}")
        yield number, kind, value


def _signed(value):
    return value - (1 << 64) if value >> 63 else value


def _value(name, how, kind, value):
    expected = BYTES if isinstance(how, dict) else WIRE_TYPES.get(how, BYTES)
    if kind != expected:
        raise Malformed(f"{name} has the wire type {kind}")
    if how == INT:
        return _signed(value)
    if how == BOOL:
        return bool(value)
    if how == DOUBLE:
        return struct.unpack("<d", value)[0]
    if how == TEXT:
        return value.decode("utf-8")
    if how == PACKED:
        numbers, at = [], 0
        while at < len(value):
            number, at = _varint(value, at)
            numbers.append(_signed(number))
        return numbers
    return message(value, how) if isinstance(how, dict) else value


def message(data, table):
    """{name: [values in their order]}; table is {number: (name, how)}."""
    found = {name: [] for name, _ in table.values()}
    for number, kind, value in fields(data):
        if number not in table:
            raise Malformed(f"field {number} is not expected beside {', '.join(found)}")
        name, how = table[number]
        value = _value(name, how, kind, value)
        found[name].extend(value if how == PACKED else [value])
    return found


def one(values, otherwise=0):
    """Of a field that is there once, or not."""
    if len(values) > 1:
        raise Malformed(f"{values} where one value is expected")
    return values[0] if values else otherwise


def last(values, otherwise=0):
    """Of a field of a message that was sent in parts: the last part counts."""
    return values[-1] if values else otherwise
