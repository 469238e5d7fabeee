"""What a policy declares, and the check that everything it mentions is declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from policyroute.call import Target
from policyroute.policy.document import Attribute
from policyroute.policy.problems import Problems, Word, shown

UNKNOWN = {
    "tag": ("PR111", "tags"),
    "model": ("PR112", "models"),
    "tier": ("PR113", "tiers"),
    "attribute": ("PR114", "attributes"),
    "detector": ("PR117", "detectors"),
}


class Vocabulary(NamedTuple):
    """Every name of a policy, by kind; names of models and tags with their bits.

    `having` says for each field of models, and for each label, which of them have which value, as bits. `unread` are the
    fields of which some model's could not be read. `plugins` are the detectors that are none here.
    """

    targets: tuple[Target, ...]
    tiers: tuple[str, ...]
    models: Mapping[str, int]
    tags: Mapping[str, int]
    attributes: Mapping[Word, Attribute]
    detectors: Collection[str]
    having: Mapping[str, Mapping[str, int]]
    unread: frozenset[str]
    plugins: frozenset[str]

    @property
    def everything(self) -> int:
        """All targets, as bits."""
        return (1 << len(self.targets)) - 1

    def model_bit(self, name: str) -> int:
        """A model as a bit."""
        return self.models[name]

    def model_index(self, name: str) -> int:
        """A model's place among the targets."""
        return self.models[name].bit_length() - 1

    def where(self, wanted: Callable[[Target], bool]) -> int:
        """The targets that fit, as bits."""
        return sum(1 << i for i, target in enumerate(self.targets) if wanted(target))

    def tag_bits(self, names: Iterable[str]) -> int:
        """Some tags as bits; unknown names are left out, since they were reported where they stand."""
        bits = 0
        for name in names:
            bits |= self.tags.get(name, 0)
        return bits


def declared(word: Word, kind: str, among: Collection[str], problems: Problems, *, also: Collection[str] = ()) -> bool:
    """Whether a name is declared; says so with a suggestion where it is not."""
    if word in among or word in also:
        return True
    code, section = UNKNOWN[kind]
    if not problems.full and not problems.lost(word, section):
        problems.add(
            code,
            f"unknown {kind} `{shown(word, 120)}`",
            word,
            label=f"not declared under `{section}`",
            help=problems.offered(word, among, also=also),
        )
    return False


def among(word: Word, what: str, code: str, known: Collection[str], problems: Problems) -> bool:
    """Whether a value is one of those that can be meant."""
    if word in known:
        return True
    if not problems.full:
        message = f"unknown {what} `{shown(word, 120)}`"
        problems.add(code, message, word, label=f"no such {what}", help=problems.offered(word, sorted(known), "known"))
    return False


@cache
def _timezones() -> tuple[str, ...]:
    """All that there are; to list them, many files are looked at."""
    return tuple(sorted(available_timezones()))


def zone(word: Word | None, problems: Problems) -> tzinfo:
    """A timezone by its IANA name; UTC where none is given or it is unknown."""
    if word is not None and not problems.full:
        try:
            return ZoneInfo(str(word))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            help = problems.offered(word, _timezones(), "known")
            problems.add("PR120", f"unknown timezone `{shown(word)}`", word, help=help)
    return ZoneInfo("UTC")
