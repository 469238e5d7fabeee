"""What comes in: a call, and the facts that are handed in beside it. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Role = Literal["system", "user", "assistant", "tool"]
Api = Literal[
    "openai.chat", "openai.responses", "openai.completions", "openai.embeddings", "anthropic.messages", "gemini.generate"
]
Feature = Literal["tools", "images", "audio", "files", "json_schema"]

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_FIGURES: Mapping[str, float] = MappingProxyType({})
NO_NAMES: Mapping[str, frozenset[str]] = MappingProxyType({})
NO_ANSWERS: Mapping[str, bool] = MappingProxyType({})


class Part(NamedTuple):
    """One run of text of a call: who says it, and in which turn (0 is the first)."""

    role: Role
    text: str
    turn: int = 0

    def __repr__(self) -> str:
        """Without the text: a repr ends up in logs."""
        return f"<Part {self.role} of turn {self.turn}, {len(self.text)} characters>"


class Asks(NamedTuple):
    """What the caller asks of the router itself. All of it can narrow or rank, none of it can widen."""

    tags: tuple[str, ...] = ()
    tier: str | None = None
    max_cost_nano: int | None = None
    prefer: Literal["cost", "speed", "quality"] | None = None
    dry_run: bool = False


NO_ASKS = Asks()


class Call(NamedTuple):
    """One call to a model, in the words all wire formats share.

    `attributes` are what the app vouches for, by attribute name or by the key under `auth.`; `claims` are what the
    caller says of himself, by source (`header.x-data-class`, `body.metadata.team`). `unscanned` names the kinds of
    part that could not be read; empty means that every part was.
    """

    parts: tuple[Part, ...] = ()
    api: Api = "openai.chat"
    attributes: Mapping[str, str] = NOTHING
    claims: Mapping[str, str] = NOTHING
    requested_model: str | None = None
    max_output: int | None = None
    answers: int = 1
    stream: bool = False
    has: frozenset[Feature] = frozenset()
    unscanned: tuple[str, ...] = ()
    asks: Asks = NO_ASKS

    def __repr__(self) -> str:
        """Without what is in it: a repr ends up in logs."""
        unread = f", unscanned: {', '.join(self.unscanned)}" if self.unscanned else ""
        return f"<Call {self.api}, {len(self.parts)} part{'' if len(self.parts) == 1 else 's'}{unread}>"

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        system: str | None = None,
        attributes: Mapping[str, str] = NOTHING,
        requested_model: str | None = None,
        max_output: int | None = None,
        has: frozenset[Feature] = frozenset(),
    ) -> Call:
        """A call of one user message, and a system text where there is one."""
        said = (Part("user", text),) if system is None else (Part("system", system), Part("user", text))
        return cls(said, attributes=attributes, requested_model=requested_model, max_output=max_output, has=has)


class Facts(NamedTuple):
    """What the world looked like when the call was decided. Handed in, so that a decision can be replayed.

    `spent` is the used share of each budget's account (1.0 is all of it), `short` names the models that what is left of a
    budget does not cover, `seed` feeds every draw, and `failed` names
    what could not be found out: `budget:<id>` whose store failed, `detect:<kind>`, `attribute:<name>`.
    `canary` and `shadow` settle their draws; None draws from the seed. `last_model` is the one that served this
    conversation before, `conversation` an opaque key of it. `task`, `score` and `tokens` replace what would be worked
    out from the text. `detected` is what plug-ins found, or looked for and did not, by kind; a kind of theirs that is not
    in it is unknown.
    """

    now: float | None = None
    spent: Mapping[str, float] = NO_FIGURES
    down: frozenset[str] = frozenset()
    latency_ms: Mapping[str, float] = NO_FIGURES
    seed: int = 0
    canary: bool | None = None
    shadow: bool | None = None
    failed: frozenset[str] = frozenset()
    conversation: str | None = None
    last_model: str | None = None
    task: str | None = None
    score: float | None = None
    tokens: int | None = None
    detected: Mapping[str, bool] = NO_ANSWERS
    short: Mapping[str, frozenset[str]] = NO_NAMES
    id: str = ""

    def at(self, spent: Mapping[str, float], short: Mapping[str, frozenset[str]]) -> Facts:
        """The same with other balances: quicker than `_replace`, for it is done for every call."""
        return Facts(self[0], spent, *self[2:14], short, self[15])


class Target(NamedTuple):
    """A model of the policy: where a call may go. Prices are nano-dollars per million tokens; None is `not stated`."""

    name: str
    provider: str
    upstream: str
    tier: str
    region: str | None = None
    hosting: str | None = None
    context: int | None = None
    max_output: int | None = None
    caps: frozenset[str] | None = None
    price_in: int = 0
    price_out: int = 0
    price_cached_in: int | None = None
    weight: int = 1
    labels: Mapping[str, str] = NOTHING


ASSUMED_OUTPUT = 4096
MICRO_PER_MILLION = 1_000_000


def output_ceiling(target: Target, asked: int | None) -> int:
    """How many tokens an answer may have at most: what the call says, held to what the model can say."""
    most = target.max_output if target.max_output is not None else ASSUMED_OUTPUT if asked is None else asked
    return most if asked is None else min(asked, most)


def cost_nano(target: Target, input_tokens: int, output_tokens: int) -> int:
    """What that many tokens cost at a target, rounded up to a whole nano-dollar."""
    total = input_tokens * target.price_in + output_tokens * target.price_out
    return -(-total // MICRO_PER_MILLION)


class Usage(NamedTuple):
    """What an answer really used."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    estimated: bool = False
