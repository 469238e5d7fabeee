"""What a policy declares, and the check that everything it mentions is declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policyroute.call import Target
from policyroute.policy.document import Attribute
from policyroute.policy.problems import Problems, Word
from policyroute.policy.suggest import closest

UNKNOWN = {
    "tag": ("PR111", "tags"),
    "model": ("PR112", "models"),
    "tier": ("PR113", "tiers"),
    "attribute": ("PR114", "attributes"),
    "detector": ("PR117", "detectors"),
}


class Vocabulary(NamedTuple):
    """Every name of a policy, by kind."""

    targets: tuple[Target, ...]
    tiers: tuple[str, ...]
    tags: tuple[str, ...]
    attributes: Mapping[Word, Attribute]
    detectors: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the targets."""
        return tuple(t.name for t in self.targets)

    def model_bit(self, name: str) -> int:
        """A model as a bit."""
        return 1 << self.models.index(name)

    def where(self, wanted: Callable[[Target], bool]) -> int:
        """The targets that fit, as bits."""
        return sum(1 << i for i, target in enumerate(self.targets) if wanted(target))

    def tag_bits(self, names: Iterable[str]) -> int:
        """Some tags as bits; unknown names are left out, since they were reported where they stand."""
        known = {name: 1 << i for i, name in enumerate(self.tags)}
        bits = 0
        for name in names:
            bits |= known.get(name, 0)
        return bits


def declared(word: Word, kind: str, among: Collection[str], problems: Problems, *, also: Sequence[str] = ()) -> bool:
    """Whether a name is declared; says so with a suggestion where it is not."""
    if word in among or word in also:
        return True
    code, section = UNKNOWN[kind]
    names = [*among, *also]
    near = closest(str(word), names)
    known = "declared: " + (", ".join(f"`{n}`" for n in names) or "none")
    problems.add(
        code,
        f"unknown {kind} `{word}`",
        word,
        label=f"not declared under `{section}`",
        help=f"did you mean `{near}`?" if near else known,
    )
    return False


def among(word: Word, what: str, code: str, known: Collection[str], problems: Problems) -> bool:
    """Whether a value is one of those that can be meant."""
    if word in known:
        return True
    near = closest(str(word), list(known))
    listed = "known: " + (", ".join(f"`{k}`" for k in sorted(known)) or "none")
    problems.add(
        code, f"unknown {what} `{word}`", word, label=f"no such {what}", help=f"did you mean `{near}`?" if near else listed
    )
    return False


def zone(word: Word | None, problems: Problems) -> tzinfo:
    """A timezone by its IANA name; UTC where none is given or it is unknown."""
    if word is not None:
        try:
            return ZoneInfo(str(word))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problems.add("PR120", f"unknown timezone `{word}`", word, help="use an IANA name such as Europe/Berlin")
    return ZoneInfo("UTC")
