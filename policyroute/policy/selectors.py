"""`only` and `reach`: which models a selector chooses, as bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policyroute.call import Target
from policyroute.policy.problems import Problems, Word
from policyroute.policy.vocabulary import Vocabulary, among, declared
from policyroute.policy.wording import CAPS, MODELS, Bounds, Excluded

PER_MILLION = 10**9

FIELDS: Mapping[str, Callable[[Target], str | None]] = {
    "tier": lambda t: t.tier,
    "region": lambda t: t.region,
    "hosting": lambda t: t.hosting,
    "provider": lambda t: t.provider,
    "model": lambda t: t.name,
}
FIGURES: Mapping[str, Callable[[Target], float | None]] = {
    "context": lambda t: t.context,
    "price.in": lambda t: t.price_in / PER_MILLION,
    "price.out": lambda t: t.price_out / PER_MILLION,
}


def select(selector: Any, vocabulary: Vocabulary, problems: Problems) -> int:
    """The models that fit: keys AND, lists OR, `not` excludes."""
    everything = vocabulary.everything
    if selector is None or isinstance(selector, Word):
        return everything if selector == "any" else 0
    chosen = everything
    for key, wanted in selector.items():
        if key in FIGURES:
            chosen &= _within(key, wanted, vocabulary, problems)
        elif key == "not":
            chosen &= ~select(wanted, vocabulary, problems)
        elif key in MODELS.known() or _is_label(key, vocabulary, problems):
            chosen &= _values(wanted, key, vocabulary, problems)
    return chosen


def _is_label(key: Word, vocabulary: Vocabulary, problems: Problems) -> bool:
    if key in vocabulary.having or "labels" in vocabulary.unread:
        return True
    problems.retract(key)
    if problems.full:
        return False
    labels = [label for label in vocabulary.having if label not in MODELS.known()]
    return among(key, "key or label", "PR118", {*MODELS.known(), *labels}, problems)


def _within(key: Word, bounds: Bounds | None, vocabulary: Vocabulary, problems: Problems) -> int:
    if bounds is None:
        return 0
    figure = FIGURES[key]
    bounds.check(str(key), problems)

    def fits(target: Target) -> bool:
        value = figure(target)
        if value is None:
            return False
        return (
            (bounds.lt is None or value < bounds.lt)
            and (bounds.lte is None or value <= bounds.lte)
            and (bounds.gt is None or value > bounds.gt)
            and (bounds.gte is None or value >= bounds.gte)
        )

    return vocabulary.where(fits)


def spelled(selector: Any) -> str:
    """A selector in words, as steps show it."""
    if isinstance(selector, Word) or not selector:
        return str(selector or "any")
    parts = []
    for key, wanted in selector.items():
        if key == "not":
            parts.append(f"not ({spelled(wanted)})")
        elif isinstance(wanted, Bounds):
            bounds = (("<", wanted.lt), ("≤", wanted.lte), (">", wanted.gt), ("≥", wanted.gte))
            parts.append(" and ".join(f"{key} {sign} {bound:g}" for sign, bound in bounds if bound is not None))
        elif isinstance(wanted, Excluded):
            parts.append(f"{key} not {' or '.join(wanted.values)}")
        elif wanted is not None:
            parts.append(f"{key} {' or '.join(wanted)}")
    return ", ".join(parts)


def _values(wanted: tuple[Word, ...] | Excluded | None, key: Word, vocabulary: Vocabulary, problems: Problems) -> int:
    having = vocabulary.having.get(key, {})
    bits = 0
    for value in wanted.values if isinstance(wanted, Excluded) else wanted or ():
        if _known(value, str(key), vocabulary, problems):
            bits |= having.get(value, 0)
    return vocabulary.everything & ~bits if isinstance(wanted, Excluded) else bits


def _known(value: Word, key: str, vocabulary: Vocabulary, problems: Problems) -> bool:
    """A value that no model has is a typo until shown otherwise."""
    if key == "tier":
        return declared(value, "tier", vocabulary.tiers, problems)
    if key == "model":
        return declared(value, "model", vocabulary.models, problems)
    if key == "caps":
        return among(value, "capability", "PR104", CAPS, problems)
    have = vocabulary.having.get(key, {})
    if value in have or problems.full or (key if key in FIELDS else "labels") in vocabulary.unread:
        return True
    if key == "provider" or problems.nearest(value, have) or problems.tired:
        return among(value, key, "PR116" if key == "provider" else "PR118", have, problems)
    if not problems.takes("warning"):
        return True
    problems.add(
        "PR119",
        f"no model has {key} `{value}`",
        value,
        severity="warning",
        help=problems.offered(value, sorted(have), "there are"),
    )
    return True


def tier_or_model(word: Word, vocabulary: Vocabulary, problems: Problems) -> int:
    """A tier's models, or one model."""
    if word in vocabulary.tiers:
        return vocabulary.having["tier"].get(word, 0)
    if word in vocabulary.models:
        return vocabulary.models[word]
    if not problems.full and not problems.lost(word, "tiers") and not problems.lost(word, "models"):
        names = [*vocabulary.tiers, *vocabulary.models]
        label = "declared neither under `models` nor under `tiers`"
        problems.add("PR112", f"unknown model or tier `{word}`", word, label=label, help=problems.offered(word, names))
    return 0
