"""`only` and `reach`: which models a selector chooses, as bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policyroute.call import Target
from policyroute.policy.problems import Problems, Word
from policyroute.policy.suggest import closest
from policyroute.policy.vocabulary import Vocabulary, among, declared
from policyroute.policy.wording import CAPS, Bounds, Excluded

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
    everything = (1 << len(vocabulary.targets)) - 1
    if isinstance(selector, Word):
        return everything if selector == "any" else 0
    if not selector:
        return everything
    chosen = everything
    for key, wanted in selector.items():
        if key == "not":
            chosen &= ~select(wanted, vocabulary, problems)
        elif key in FIGURES:
            chosen &= _within(FIGURES[key], wanted, vocabulary)
        elif key == "caps":
            chosen &= _values(
                wanted,
                lambda value: vocabulary.where(lambda t: t.caps is not None and value in t.caps),
                key,
                vocabulary,
                problems,
            )
        else:
            field = FIELDS.get(key) or _label(key, vocabulary, problems)
            if field is not None:
                chosen &= _values(wanted, _having(field, vocabulary), key, vocabulary, problems)
    return chosen & everything


def _having(field: Callable[[Target], str | None], vocabulary: Vocabulary) -> Callable[[str], int]:
    return lambda value: vocabulary.where(lambda t: field(t) == value)


def _label(key: Word, vocabulary: Vocabulary, problems: Problems) -> Callable[[Target], str | None] | None:
    labels = {label for t in vocabulary.targets for label in t.labels}
    if not among(key, "key or label", "PR118", {*FIELDS, *FIGURES, "caps", "not", *labels}, problems):
        return None
    return lambda t: t.labels.get(str(key))


def _within(figure: Callable[[Target], float | None], bounds: Bounds, vocabulary: Vocabulary) -> int:
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


def _values(
    wanted: tuple[Word, ...] | Excluded, having: Callable[[str], int], key: Word, vocabulary: Vocabulary, problems: Problems
) -> int:
    excluded = isinstance(wanted, Excluded)
    bits = 0
    for value in wanted.values if isinstance(wanted, Excluded) else wanted:
        if _known(value, str(key), vocabulary, problems):
            bits |= having(str(value))
    return ((1 << len(vocabulary.targets)) - 1) & ~bits if excluded else bits


def _known(value: Word, key: str, vocabulary: Vocabulary, problems: Problems) -> bool:
    """A value that no model has is a typo until shown otherwise."""
    if key == "tier":
        return declared(value, "tier", vocabulary.tiers, problems)
    if key == "model":
        return declared(value, "model", vocabulary.models, problems)
    if key == "provider":
        return among(value, "provider", "PR116", {t.provider for t in vocabulary.targets}, problems)
    if key == "caps":
        return among(value, "capability", "PR104", CAPS, problems)
    field = FIELDS.get(key)
    have = {str(v) for t in vocabulary.targets if (v := field(t) if field else t.labels.get(key)) is not None}
    if value in have or closest(str(value), list(have)):
        return among(value, key, "PR118", have, problems)
    problems.add(
        "PR119", f"no model has {key} `{value}`", value, severity="warning", help="nothing is left where only this is allowed"
    )
    return True


def tier_or_model(word: Word, vocabulary: Vocabulary, problems: Problems) -> int:
    """A tier's models, or one model."""
    if word in vocabulary.tiers:
        return vocabulary.where(lambda t: t.tier == word)
    if declared(word, "model", vocabulary.models, problems, also=vocabulary.tiers):
        return vocabulary.model_bit(str(word))
    return 0
