#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-json-records.py SCHEMA <RECORDS: is each line a record of the schema?

Knows the keywords of JSON Schema that the schema uses, and refuses others."""

import json
import re
import sys

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "oneOf", "type",
         "required", "properties", "additionalProperties", "const", "enum",
         "minimum", "pattern"}
TYPES = {"object": dict, "string": str, "boolean": bool, "integer": int}


def check_keywords(schema):
    unknown = set(schema) - KNOWN
    if unknown:
        sys.exit("the schema uses %s, which this checker does not know" % unknown)
    for part in list(schema.get("properties", {}).values()) + schema.get("oneOf", []):
        check_keywords(part)
    for part in schema.get("$defs", {}).values():
        check_keywords(part)


def faults(value, schema, root, place):
    """What is wrong with VALUE, as sentences."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from faults(value, root["$defs"][name], root, place)
    if "oneOf" in schema:
        found = [list(faults(value, s, root, place)) for s in schema["oneOf"]]
        fits = found.count([])
        if fits != 1:
            # The one with the fewest faults is the one that was meant.
            yield "%s fits %d of the kinds: %s" % (place, fits, min(found, key=len))
        return
    if "const" in schema and (value != schema["const"]
                              or type(value) is not type(schema["const"])):
        yield "%s is not %r" % (place, schema["const"])
    if "enum" in schema and value not in schema["enum"]:
        yield "%s: %r is none of %s" % (place, value, schema["enum"])
    if "type" in schema:
        wanted = TYPES[schema["type"]]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            yield "%s: %r is no %s" % (place, value, schema["type"])
            return
    if "minimum" in schema and value < schema["minimum"]:
        yield "%s: %r is too small" % (place, value)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield "%s: %r does not match" % (place, value)
    yield from object_faults(value, schema, root, place)


def object_faults(value, schema, root, place):
    properties = schema.get("properties", {})
    for key in schema.get("required", []):
        if key not in value:
            yield "%s has no %s" % (place, key)
    for key, part in properties.items():
        if key in value:
            yield from faults(value[key], part, root, "%s.%s" % (place, key))
    if schema.get("additionalProperties") is False:
        for key in set(value) - set(properties):
            yield "%s has %s, which the schema does not know" % (place, key)


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key is there twice: %s" % keys)
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    check_keywords(schema)
    lines = sys.stdin.buffer.read().decode("utf-8", "strict").split("\n")
    if lines.pop() != "":
        sys.exit("the last line has no end")
    bad = 0
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line, object_pairs_hook=unique)
        except ValueError as error:
            sys.exit("line %d is no JSON: %s\n%s" % (number, error, line))
        for fault in faults(record, schema, schema, "line %d" % number):
            print("%s\n  %s" % (fault, line))
            bad += 1
    sys.exit(1 if bad or not lines else 0)


main()
