"""Files that are made to cost much, or to do harm: what they are called, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

HEAD = "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: a, version: 1}\n"
MODELS = "models:\n  m: {provider: p, tier: t, price: {in: 1, out: 1}}\ntiers: [t]\n"
LADDER = "pipeline:\n  complexity: {ladder: [{id: z, when: {}, prefer: [t]}]}\n"
RULES = "tags: {pii: {}}\npipeline:\n  sensitivity:\n"
WHOLE = HEAD + MODELS + LADDER


def many(line: str, count: int) -> str:
    """A line so often, with its number in it."""
    return "".join(line.replace("#", str(i)) + "\n" for i in range(count))


# Small files whose meaning would be huge.
BOMBS: Mapping[str, str | bytes] = {
    "aliases": "a: &a [x,x,x,x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghijklmnopqrs")),
    "merges": "a: &a {x: 1}\n" + many("k#: &k#\n  <<: [*a, *a, *a, *a]", 2000),
    "deep lists": "a: " + "[" * 100_000 + "]" * 100_000,
    "deep mappings": "a: " + "{a: " * 100_000 + "1" + "}" * 100_000,
    "deep items": "- " * 100_000 + "a",
    "deep blocks": "".join(" " * i + "a:\n" for i in range(1200)),
    "objects": "!!python/object/apply:os.system ['touch /tmp/never']\n",
    "more objects": WHOLE + "baseline: !!python/object/new:subprocess.Popen {args: ls}\n",
    "huge numbers": WHOLE + f"cache: {{ttl: {'9' * 5000}d}}\n",
    "more huge numbers": WHOLE.replace("version: 1", "version: " + "9" * 5000),
    "no number": WHOLE.replace("in: 1", "in: .nan"),
    "negative": WHOLE.replace("in: 1", "in: -1"),
    "direction": WHOLE.replace("id: z", "id: z\u202ey\u2066"),
    "look-alikes": WHOLE.replace("tiers", "tіers"),
    "twice": WHOLE + "kind: Policy\n",
    "twice by escape": WHOLE + '"k\\x69nd": Policy\n',
    "documents": WHOLE + "---\n" + WHOLE,
    "a long word": WHOLE + "baseline: " + "x" * 900_000,
    "a long key": WHOLE + "k" * 900 + ": 1\n",
    "zeros": b"\0" * 1_000_000,
    "no text": bytes(range(256)) * 4000,
    "a quote": "'" * 1_000_000,
    "colons": ":" * 1_000_000,
    "tabs": "\t" * 1_000_000,
    "comments": "#\n" * 500_000,
    "invisible": "\u202e" * 300_000,
    "too large": "a" * (1 << 21),
    "a big regex": HEAD + MODELS + RULES + many("  - {id: r#, add: [pii], when: {prompt: {regex: '(a{1000}){#1000}'}}}", 100),
    "a circle of tags": WHOLE + "tags:\n" + "".join(f"  t{i}: {{implies: [t{(i + 1) % 1990}]}}\n" for i in range(1990)),
    "many includes": WHOLE + "include: [" + ", ".join(f"f{i}.yaml" for i in range(20_000)) + "]\n",
}  # fmt: skip

LADDER_LAST = "  complexity: {ladder: [{id: z, when: {}, prefer: [t]}]}\n"
MANY_MODELS = "tiers: [t]\nmodels:\n" + many("  m#: {provider: p#, region: r#, tier: t, price: {in: 1, out: 1}}", 1990)
LABELLED = "  m#: {provider: p, tier: t, price: {in: 1, out: 1}, labels: {" + ", ".join(f"l#_{i}: x" for i in range(1900)) + "}}"

# Files as large as they may be or larger, wrong throughout.
LARGE: Mapping[str, str] = {
    "the same key": many("a: 1", 100_000),
    "unknown keys": WHOLE + many("k#: 1", 70_000),
    "unknown keys of models": HEAD
    + LADDER
    + "tiers: [t]\nmodels:\n"
    + many("  m#: {provder: p#, tier: t, prise: {in: 1, out: 1}}", 1900),
    "unknown tags": HEAD + MODELS + RULES + many("  - {id: r#, when: {stream: true}, add: [q#]}", 12_000),
    "the same id": HEAD + MODELS + RULES + many("  - {id: r, when: {stream: true}, add: [pii]}", 12_000),
    "broken regexes": HEAD + MODELS + RULES + many("  - {id: r#, when: {prompt: {regex: '(a#'}}, add: [pii]}", 10_000),
    "many models": HEAD
    + LADDER
    + "tiers: [t]\nmodels:\n"
    + many("  m#: {provider: p#, tier: t, price: {in: 1, out: 1}}", 16_000),
    "many tags": WHOLE + "tags:\n" + many("  t#: {}", 80_000),
    "many dashes": "-\n" * 500_000,
    "many empty lists": "- [" + "[]," * 340_000 + "]\n",
    "comments that differ": "##\n" * 340_000,
    "as many unknown tags as are read": HEAD
    + MODELS
    + RULES
    + many("  - {id: r#, when: {stream: true, words: {gt: 5}, tokens: {gt: #}, turns: {lt: 4}}, add: [q#]}", 4500),
    "as many broken regexes as are read": HEAD
    + MODELS
    + RULES
    + many("  - {id: r#, when: {prompt: {regex: '(a#'}}, add: [pii]}", 5000),
    "unknown conditions": HEAD
    + MODELS
    + RULES
    + many("  - {id: r#, when: {a#: [x], b#: [x], c#: [x], d#: [x]}, add: [pii]}", 4500),
    "unknown keys of conditions": HEAD + MODELS + RULES + many("  - {id: r#, when: {any: [{q#: [x]}]}, add: [pii]}", 5000),
    "unknown capabilities": WHOLE.replace("price:", "caps: [" + ", ".join(f"tools{i}" for i in range(80_000)) + "], price:"),
    "unknown regions": HEAD
    + MANY_MODELS
    + "pipeline:\n  routes:\n"
    + many("  - {id: r#, when: {stream: true}, only: {region: [zz#, yy#, xx#]}}", 4000)
    + LADDER_LAST,
    "unknown timezones": HEAD
    + MODELS
    + "pipeline:\n  budgets:\n"
    + many("  - {id: b#, per: [], window: day, timezone: Europe/Berln#, limit: {usd: 1}, steps: [{at: 100%, deny: x}]}", 4900),
    "unknown labels": HEAD
    + "tiers: [t]\nmodels:\n"
    + many(LABELLED, 10)
    + "pipeline:\n  routes:\n"
    + many("  - {id: r#, when: {stream: true}, only: {zz#: x}}", 4000)
    + LADDER_LAST,
    "names that are much alike": HEAD
    + MODELS
    + "tags:\n"
    + many("  " + "ab" * 30 + "#: {}", 1900)
    + "pipeline:\n  sensitivity:\n"
    + many("  - {id: r#, when: {stream: true}, add: [" + "ba" * 30 + "#]}", 4500)
    + LADDER_LAST,
    "names like refused ones": HEAD
    + MODELS
    + "tags:\n"
    + many("  qwp\u00e9#: {}", 97)
    + "  tagxx\u00e9: {}\npipeline:\n  sensitivity:\n"
    + many("  - {id: r#, when: {stream: true}, add: [" + ", ".join(["tagxxy", "tagxxz"] * 5) + "]}", 4500)
    + LADDER_LAST,
    "merges in rules": HEAD
    + MODELS
    + RULES
    + many("  - {id: r#, <<: {}, add: [pii]}", 95)
    + many("  - {id: r#, when: {a: [b]}}", 4800),
    "wrong invariants": WHOLE + "invariants:\n" + many("  - {id: i#, never: {rech#: any, riich#: x, raech#: x}}", 5000),
    "many keywords": HEAD
    + MODELS
    + RULES
    + "  - {id: r, when: {prompt: {keywords: ["
    + ", ".join(f"o{i}" for i in range(95_000))
    + "]}}, add: [zz]}\n",
}
