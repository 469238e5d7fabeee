"""The questions: one frozen value for each thing that can be asked of a call.

Two questions are equal only if they are of one kind. A question's
fields are what the policy says, and `why` is how a step words it. Nothing here ever holds text of a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from policyroute.call import Api, Feature, Role
from policyroute.scan import Pattern

Comparison = Literal["lt", "lte", "gt", "gte"]
Size = Literal["tokens", "words", "turns", "max_output"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")
EVERYBODY = frozenset(ROLES)
SIGNS = {"lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def compare(value: float, how: Comparison, bound: float) -> bool:
    """One comparison, spelled as policies spell it."""
    if how == "lt":
        return value < bound
    if how == "lte":
        return value <= bound
    return value > bound if how == "gt" else value >= bound


@dataclass(frozen=True, slots=True)
class TextHas:
    """A pattern occurs in what these roles say, at least that often."""

    pattern: Pattern
    roles: frozenset[Role] = EVERYBODY
    last: bool = False
    min_count: int = 1

    def why(self) -> str:
        kind, sources = self.pattern.kind, self.pattern.sources
        where = "" if self.roles == EVERYBODY else f" in {'/'.join(r for r in ROLES if r in self.roles)} text"
        often = "" if self.min_count == 1 else f" at least {self.min_count} times"
        return f"prompt matches {kind} `{' | '.join(sources)}`{where}{' of the last turn' if self.last else ''}{often}"


@dataclass(frozen=True, slots=True)
class Detected:
    """A detector found, and validated, one of its kind."""

    kind: str

    def why(self) -> str:
        return f"detector `{self.kind}` found something"


@dataclass(frozen=True, slots=True)
class Unscanned:
    """Some part of the call could not be read."""

    def why(self) -> str:
        return "a part of the call could not be read"


@dataclass(frozen=True, slots=True)
class TaskIs:
    """The task classifier's label."""

    label: str

    def why(self) -> str:
        return f"task is `{self.label}`"


@dataclass(frozen=True, slots=True)
class ScoreIs:
    """The complexity score against a bound."""

    how: Comparison
    bound: float

    def why(self) -> str:
        return f"score {SIGNS[self.how]} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class SizeIs:
    """A size of the call against a bound."""

    size: Size
    how: Comparison
    bound: float

    def why(self) -> str:
        return f"{self.size} {SIGNS[self.how]} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Has:
    """The call carries tools, images, audio, files, or asks for a JSON schema."""

    feature: Feature

    def why(self) -> str:
        return f"the call has {self.feature}"


@dataclass(frozen=True, slots=True)
class Streams:
    """The caller asked for a stream."""

    def why(self) -> str:
        return "the call asks for a stream"


@dataclass(frozen=True, slots=True)
class ApiIs:
    """The wire format of the call."""

    api: Api

    def why(self) -> str:
        return f"api is `{self.api}`"


@dataclass(frozen=True, slots=True)
class RequestedIs:
    """A glob on the model name the client sent."""

    glob: str

    def why(self) -> str:
        return f"the client asked for `{self.glob}`"


@dataclass(frozen=True, slots=True)
class During:
    """The clock handed in is between two times of day (minutes), on these days; over midnight where `until` is earlier."""

    since: int
    until: int
    days: frozenset[int]
    zone: tzinfo
    spelled: str

    def why(self) -> str:
        return f"it is {self.spelled}"

    def covers(self, now: float) -> bool:
        """Whether this moment is inside; a window over midnight belongs to the day it began on."""
        moment = datetime.fromtimestamp(now, self.zone)
        minute, day = moment.hour * 60 + moment.minute, moment.weekday()
        if self.since < self.until:
            return self.since <= minute < self.until and day in self.days
        if minute >= self.since:
            return day in self.days
        return minute < self.until and (day - 1) % 7 in self.days


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """A declared attribute of the caller has this value."""

    name: str
    value: str

    def why(self) -> str:
        return f"{self.name} is `{self.value}`"


@dataclass(frozen=True, slots=True)
class AttributeKnown:
    """A declared attribute of the caller has any value."""

    name: str

    def why(self) -> str:
        return f"{self.name} is given"


@dataclass(frozen=True, slots=True)
class AttributeMissing:
    """A declared attribute of the caller is absent."""

    name: str

    def why(self) -> str:
        return f"{self.name} is missing"


@dataclass(frozen=True, slots=True)
class AttributeMatches:
    """A declared attribute of the caller matches a pattern, anywhere in it."""

    name: str
    pattern: Pattern

    def why(self) -> str:
        return f"{self.name} matches `{self.pattern.sources[0]}`"


@dataclass(frozen=True, slots=True)
class TagIs:
    """A tag that stage 1 gave the call."""

    tag: str

    def why(self) -> str:
        return f"tagged `{self.tag}`"


AttributeQuestion = AttributeIs | AttributeKnown | AttributeMissing | AttributeMatches
Question = (
    TextHas
    | Detected
    | Unscanned
    | TaskIs
    | ScoreIs
    | SizeIs
    | Has
    | Streams
    | ApiIs
    | RequestedIs
    | During
    | AttributeQuestion
    | TagIs
)
