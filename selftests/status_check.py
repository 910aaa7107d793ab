#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Reads what `lsm-guard status` prints and prints the value of a Python expression over it:
#
#   lsm-guard status --output json | status_check.py json EXPRESSION
#       all: a list with the object of each guard; g: the first one
#   lsm-guard status --output prometheus | status_check.py prometheus EXPRESSION
#       m: {metric: {labels: value}}, labels a frozenset of (name, value); of(METRIC, LABEL=...)
#       is the sum of the samples with these labels
#
# What node_exporter's textfile collector would refuse ends it with a message: a metric that is
# described twice or whose samples stand apart, the same labels twice, a wrong escape, a byte
# that is no UTF-8.
import json
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def fail(number, line, why):
    sys.exit(f"line {number}: {why}: {line}")


def labels_of(text, number, line):
    """The labels up to the closing brace, and what stands behind it."""
    labels = {}
    while not text.startswith("}"):
        name = NAME.match(text)
        if not name or text[name.end():name.end() + 2] != '="':
            fail(number, line, "no label")
        at, value = name.end() + 2, ""
        while text[at:at + 1] != '"':
            if at >= len(text):
                fail(number, line, "a label without an end")
            if text[at] == "\\":
                at += 1
                if text[at] not in '\\"n':
                    fail(number, line, "no escape")
                value += "\n" if text[at] == "n" else text[at]
            else:
                value += text[at]
            at += 1
        if name[0] in labels:
            fail(number, line, "a label twice")
        labels[name[0]] = value
        text = text[at + 1:]
        if text.startswith(","):
            text = text[1:]
        elif not text.startswith("}"):
            fail(number, line, "no comma")
    return frozenset(labels.items()), text[1:]


def prometheus(text):
    metrics, said, here = {}, set(), None
    if not text.endswith("\n"):
        sys.exit("no newline at the end")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if line.startswith("# "):
            _, kind, name, more = line.split(" ", 3)
            if kind not in ("HELP", "TYPE") or (kind, name) in said:
                fail(number, line, "described twice, or not at all")
            if kind == "TYPE" and (more not in ("gauge", "counter") or name in metrics):
                fail(number, line, "no type, or too late")
            said.add((kind, name))
            continue
        name = NAME.match(line)
        if not name:
            fail(number, line, "no sample")
        name = name[0]
        if ("HELP", name) not in said or ("TYPE", name) not in said:
            fail(number, line, "not described")
        if name != here and name in metrics:
            fail(number, line, "apart from its metric")
        here, rest, labels = name, line[len(name):], frozenset()
        if rest.startswith("{"):
            labels, rest = labels_of(rest[1:], number, line)
        if not re.fullmatch(r" -?[0-9]+", rest):
            fail(number, line, "no number")
        if labels in metrics.setdefault(name, {}):
            fail(number, line, "the same labels twice")
        metrics[name][labels] = int(rest)
    return metrics


text = sys.stdin.buffer.read().decode()  # strict
if sys.argv[1] == "json":
    objects = [json.loads(line) for line in text.splitlines()]
    names = {"all": objects, "g": objects[0] if objects else None}
else:
    m = prometheus(text)

    def of(metric, **labels):
        return sum(value for have, value in m["lsm_guard_" + metric].items()
                   if set(labels.items()) <= have)

    names = {"m": m, "of": of}
print(eval(sys.argv[2], names))
