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

# Files as large as they may be, wrong throughout.
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
}
