"""One pass over a call answers every question of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import pytest

from policyroute.call import Call, Facts, Part
from policyroute.conditions import questions as ask
from policyroute.conditions.reader import Attribute, Reader, said_by, turns_of
from policyroute.errors import CallError
from policyroute.reading import Reading
from policyroute.scan import Pattern, ScanFailed, Scanner
from policyroute.scan.detectors import detector_set
from policyroute.scoring import Heuristic, score, task, tokens

NO_FACTS = Facts()
USER = frozenset({"user"})
HEURISTIC = Heuristic()
MARKED = (
    Part("system", "s0", 0),
    Part("user", "u0", 0),
    Part("assistant", "a1", 1),
    Part("tool", "t2", 2),
    Part("user", "u3", 3),
    Part("user", "v3", 3),
)


def reader_of(questions: Sequence[ask.Question], attributes: Sequence[Attribute] = ()) -> Reader:
    """A reader of these questions, with the detectors that they ask for."""
    kinds = [question.kind for question in questions if isinstance(question, ask.Detected)]
    return Reader(questions, attributes, detector_set(kinds), HEURISTIC)


def answers(reader: Reader, reading: Reading) -> list[bool | None]:
    """Each question's answer, in order; None is unknown."""
    assert not reading.truth & reading.unknown, "a question is both true and unknown"
    found: list[bool | None] = []
    for i in range(len(reader.questions)):
        found.append(None if reading.unknown >> i & 1 else bool(reading.truth >> i & 1))
    return found


def ask_all(
    questions: Sequence[ask.Question], call: Call, facts: Facts = NO_FACTS, attributes: Sequence[Attribute] = ()
) -> object:
    """The answers of these questions about a call."""
    reader = reader_of(questions, attributes)
    return answers(reader, reader.read(call, facts))


@pytest.mark.parametrize(
    ("roles", "last", "text"),
    [
        (ask.EVERYBODY, False, "s0\nu0\na1\nt2\nu3\nv3"),
        (ask.EVERYBODY, True, "u3\nv3"),
        (USER, False, "u0\nu3\nv3"),
        (USER, True, "u3\nv3"),
        (frozenset({"system", "tool"}), True, "t2"),
        (frozenset({"assistant"}), True, "a1"),
        (frozenset(), False, ""),
    ],
)
def test_who_said_what(roles: frozenset[str], last: bool, text: str) -> None:
    """The words of some roles, in all turns or in the last one of theirs, in order."""
    assert said_by(MARKED, roles, last) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("last", [True, False])
def test_one_part_is_everything_or_nothing(last: bool) -> None:
    """A call of one part is that part for its role, and nothing for others."""
    assert said_by((Part("user", "x", 5),), USER, last) == "x"
    assert said_by((Part("tool", "x", 5),), USER, last) == ""
    assert said_by((), USER, last) == ""


def test_turns_are_the_users() -> None:
    """Two parts of a turn are one turn, and what others say is none."""
    assert turns_of(Call(MARKED)) == 2
    assert turns_of(Call(MARKED[2:4])) == 0


@pytest.mark.parametrize("turned", [1, -1])
def test_every_scope_reads_its_own_words(turned: int) -> None:
    """One pattern, asked in different scopes of one call, answers for each scope, whichever stands first."""
    for text in ("u0", "a1", "t2", "u3", "s0"):
        pattern = Pattern("keywords", (text,))
        scopes = [
            (ask.EVERYBODY, False),
            (USER, False),
            (USER, True),
            (ask.EVERYBODY, True),
            (frozenset({"assistant", "tool"}), True),
        ][::turned]
        questions = [ask.TextHas(pattern, roles, last) for roles, last in scopes]  # type: ignore[arg-type]
        expected = [text in said_by(MARKED, roles, last) for roles, last in scopes]  # type: ignore[arg-type]
        assert ask_all(questions, Call(MARKED)) == expected


@pytest.mark.parametrize(("text", "times"), [("amber", 1), ("amber amber", 2), ("amber, AMBER and ａｍｂｅｒ", 3)])
def test_counts(text: str, times: int) -> None:
    """`min_count` is reached by as many matches, and not by fewer."""
    questions = [ask.TextHas(Pattern("keywords", ("amber",)), min_count=count) for count in (1, 2, 3, 4)]
    assert ask_all(questions, Call.from_text(text)) == [count <= times for count in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SSN 536-22-8145", True),
        ("SSN 536\u201122\u20118145", True),
        ("SSN ５３６-２２-８１４５", True),
        ("SSN 536\u00a022\u00a08145", True),
        ("ünïcode, and no number", False),
    ],
)
def test_detectors_read_the_digits_dashes_and_spaces_of_any_script(text: str, found: bool) -> None:
    """What `policyroute.detect` finds, a rule finds; a pattern of the policy's own still sees the text as it is."""
    own = ask.TextHas(Pattern("regex", ("536-22-8145",)))
    assert ask_all([ask.Detected("us-ssn"), own], Call.from_text(text)) == [found, "536-22-8145" in text]


FOUND = {
    "email": "mail jane@example.com",
    "iban": "pay DE89 3704 0044 0532 0130 00",
    "us-ssn": "SSN 536-22-8145",
    "credit-card": "card 4539 1488 0343 6467",
    "ip-address": "host 192.0.2.17",
    "secret": "AWS_ACCESS_KEY_ID=AKIAQ3EGRZ5KXW7MPLTN",
}


@pytest.fixture(scope="module")
def finding() -> Reader:
    """A reader of several detectors, between patterns of the policy's own."""
    own = [ask.TextHas(Pattern("keywords", (word,))) for word in ("jane", "card")]
    return reader_of([own[0], *(ask.Detected(kind) for kind in FOUND), own[1]])


@pytest.mark.parametrize("kind", FOUND)
def test_each_detector_answers_for_itself(finding: Reader, kind: str) -> None:
    """Of several detectors and patterns that share a scan, only those fire that are meant."""
    text = FOUND[kind]
    expected = ["jane" in text, *(other == kind for other in FOUND), "card" in text]
    assert answers(finding, finding.read(Call.from_text(text), NO_FACTS)) == expected
    everything = finding.read(Call(tuple(Part("user", one) for one in FOUND.values())), NO_FACTS)
    assert answers(finding, everything) == [True] * (len(FOUND) + 2)


def test_a_detector_reads_all_parts_at_once() -> None:
    """Whoever says it, and in which turn."""
    parts = (Part("system", "be kind"), Part("user", "hi"), Part("tool", "mail jane@example.com", 1), Part("user", "thanks", 2))
    assert ask_all([ask.Detected("email"), ask.Detected("iban")], Call(parts)) == [True, False]


PLAN = Attribute("plan", "auth.subscription")
CLASS = Attribute("class", "header.X-Data_Class", claimed=True, values=frozenset({"open", "closed"}))
TEAM = Attribute("team", "body.metadata.Team", claimed=True)


@pytest.mark.parametrize(
    ("attribute", "attributes", "claims", "value"),
    [
        (PLAN, {"plan": "pro"}, {}, "pro"),
        (PLAN, {"subscription": "pro"}, {}, "pro"),
        (PLAN, {"plan": "pro", "subscription": "free"}, {}, "pro"),
        (PLAN, {"auth.subscription": "pro"}, {}, None),
        (PLAN, {}, {"auth.subscription": "pro", "header.plan": "pro", "plan": "pro", "subscription": "pro"}, None),
        (CLASS, {}, {"header.x-data-class": "open"}, "open"),
        (CLASS, {"class": "closed"}, {"header.x-data-class": "open"}, "closed"),
        (CLASS, {"header.x-data-class": "open"}, {}, None),
        (TEAM, {}, {"body.metadata.Team": "red"}, "red"),
        (TEAM, {}, {"body.metadata.team": "red"}, None),
        (PLAN._replace(default="free"), {}, {}, "free"),
        (PLAN._replace(default="free"), {"plan": "pro"}, {}, "pro"),
    ],
)
def test_where_an_attribute_comes_from(
    attribute: Attribute, attributes: Mapping[str, str], claims: Mapping[str, str], value: str | None
) -> None:
    """What the app vouches for goes by the attribute's name or its key; a claim only by its source, and never for the app's."""
    name = attribute.name
    questions = [ask.AttributeKnown(name), ask.AttributeMissing(name), ask.AttributeIs(name, value or "none")]
    questions.append(ask.AttributeMatches(name, Pattern("regex", (f"^{value or '.'}$",))))  # type: ignore[arg-type]
    known = value is not None
    assert ask_all(questions, Call(attributes=attributes, claims=claims), attributes=[attribute]) == [
        known,
        not known,
        known,
        known,
    ]


@pytest.mark.parametrize(
    ("attribute", "given", "complaint"),
    [
        (PLAN._replace(required=True), {}, "attribute `plan` is required (from auth.subscription)"),
        (
            CLASS,
            {"class": "marzipan"},
            "attribute `class` has a value outside its vocabulary: one of `closed`, `open` is expected",
        ),
        (CLASS, {"class": ""}, "attribute `class` has a value outside its vocabulary: one of `closed`, `open` is expected"),
    ],
)
def test_what_the_caller_has_to_mend_is_refused(attribute: Attribute, given: Mapping[str, str], complaint: str) -> None:
    """A required attribute that is missing and a value outside its list are 400, and the message repeats nothing of the call."""
    with pytest.raises(CallError) as refused:
        reader_of([], [attribute]).read(Call(attributes=given), NO_FACTS)
    assert (str(refused.value), refused.value.status, refused.value.code) == (complaint, 400, "invalid_request")


ATTRIBUTE_QUESTIONS: list[ask.Question] = [
    ask.AttributeIs("plan", "pro"),
    ask.AttributeKnown("plan"),
    ask.AttributeMissing("plan"),
    ask.AttributeMatches("plan", Pattern("regex", ("p",))),
]


@pytest.mark.parametrize("given", [{}, {"plan": "pro"}, {"plan": "outside"}])
def test_an_attribute_that_failed_is_unknown_in_every_way(given: Mapping[str, str]) -> None:
    """Neither given nor missing, refused for nothing, and its values are remembered as possible."""
    plan = PLAN._replace(required=True, values=frozenset({"free", "pro"}))
    reader = reader_of([*ATTRIBUTE_QUESTIONS, ask.AttributeKnown("other")], [plan, Attribute("other", "auth.other")])
    reading = reader.read(Call(attributes=given | {"other": "x"}), Facts(failed=frozenset({"attribute:plan"})))
    assert answers(reader, reading) == [None, None, None, None, True]
    assert reading.attributes == {"other": "x"} and reading.lost == {"plan": {"free", "pro"}}


def test_a_detector_that_failed_is_unknown_whatever_was_seen() -> None:
    """Only that one: others and the policy's own patterns stay what they are."""
    questions = [ask.Detected("email"), ask.Detected("iban"), ask.TextHas(Pattern("keywords", ("jane",)))]
    failed = Facts(failed=frozenset({"detect:email", "detect:phone", "budget:email", "email"}))
    assert ask_all(questions, Call.from_text("jane@example.com"), failed) == [None, False, True]
    assert ask_all(questions, Call.from_text("jane"), failed) == [None, False, True]


class Broken(Scanner):
    """An engine that fails inside on every text."""

    def __init__(self) -> None:
        super().__init__((), (), "re2")

    def scan(self, text: str) -> int:
        raise ScanFailed("out of memory")


class Deaf(Heuristic):
    """A scorer whose engine fails inside on every text."""

    def find(self, said: str) -> int:
        raise ScanFailed("out of memory")


class Speechless(Heuristic):
    """A scorer whose engine fails inside on every text."""

    def find(self, said: str) -> int:
        raise ScanFailed("out of memory")


def test_an_engine_that_fails_makes_everything_of_the_text_unknown() -> None:
    """Patterns, detectors, task and score are unknown; what is not of the text is known as before."""
    questions = [
        ask.TextHas(Pattern("keywords", ("jane",))),
        ask.Detected("email"),
        ask.TaskIs("code"),
        ask.ScoreIs("lt", 0.9),
        ask.SizeIs("tokens", "gt", 0),
        ask.Streams(),
    ]
    reader = Reader(questions, (), detector_set(("email",)), Deaf())
    reader.scanner = Broken()
    reader.heuristic = Speechless()
    reading = reader.read(Call.from_text("jane"), NO_FACTS)
    assert answers(reader, reading) == [None, None, None, None, True, False]
    assert reading.task is None and reading.score is None
    told = reader.read(Call.from_text("jane"), Facts(task="code", score=0.5))
    assert answers(reader, told) == [None, None, True, True, True, False]


def test_an_engine_that_fails_on_an_attribute_makes_its_pattern_unknown() -> None:
    """The value is known, and whether the pattern is in it is not."""
    reader = reader_of(ATTRIBUTE_QUESTIONS, [PLAN])
    (asked,) = reader._asked
    reader._asked = (asked._replace(matched=((Broken(), asked.matched[0][1]),)),)
    assert answers(reader, reader.read(Call(attributes={"plan": "pro"}), NO_FACTS)) == [True, True, False, None]


def test_without_a_clock_the_time_is_unknown() -> None:
    """And with one it is known."""
    always = ask.During(0, 1440, frozenset(range(7)), ZoneInfo("UTC"), "any time")
    assert ask_all([always], Call()) == [None]
    assert ask_all([always], Call(), Facts(now=0.0)) == [True]


@pytest.fixture(scope="module")
def scored() -> Reader:
    """A reader that scores, and looks for a word and for addresses."""
    texts = [ask.TextHas(Pattern("keywords", ("marzipan",))), ask.Detected("email")]
    return reader_of([ask.ScoreIs("gte", 0.5), ask.TaskIs("math"), ask.TaskIs("chat"), *texts])


@pytest.mark.parametrize(
    "text", ["Hello!", "Prove that there are infinitely many primes, step by step.", "Translate this to German: good day"]
)
def test_score_and_task_are_those_of_the_last_words_of_the_user(scored: Reader, text: str) -> None:
    """What stands before, and what others say, changes neither; what is handed in replaces both."""
    before = (
        Part("system", "Prove everything rigorously."),
        Part("user", "Write a compiler in Rust."),
        Part("assistant", "Sure.", 1),
    )
    for parts in ((Part("user", text),), (*before, Part("user", text, 2))):
        reading = scored.read(Call(parts), NO_FACTS)
        assert (reading.score, reading.task) == (score(text), task(text))
        assert answers(scored, reading)[:3] == [score(text) >= 0.5, task(text) == "math", task(text) == "chat"]
    told = scored.read(Call.from_text(text), Facts(score=0.5, task="math"))
    assert (told.score, told.task, answers(scored, told)[:3]) == (0.5, "math", [True, True, False])


def test_nobody_is_scored_who_is_not_asked_about() -> None:
    """A policy that asks for neither has neither."""
    reading = reader_of([ask.Streams()]).read(Call.from_text("hello"), Facts(score=0.5, task="math"))
    assert reading.score is None and reading.task is None


def test_sizes() -> None:
    """Tokens and words are everybody's; what is handed in replaces tokens; an answer without a bound is in none."""
    questions = [
        ask.SizeIs("tokens", "gte", 7),
        ask.SizeIs("words", "gte", 6),
        ask.SizeIs("words", "gt", 6),
        ask.SizeIs("turns", "gte", 2),
        ask.SizeIs("max_output", "lt", 10**9),
    ]
    call = Call(MARKED)
    assert ask_all(questions, call, Facts(tokens=7)) == [True, True, False, True, False]
    assert ask_all(questions, call._replace(max_output=5), Facts(tokens=6)) == [False, True, False, True, True]
    reading = reader_of(questions).read(call, NO_FACTS)
    assert reading.tokens == sum(tokens(part.text) for part in MARKED)


def test_the_shape_of_a_call() -> None:
    """Features, wire format, stream and the model that is asked for."""
    questions = [
        ask.Has("tools"),
        ask.Has("images"),
        ask.ApiIs("openai.chat"),
        ask.ApiIs("anthropic.messages"),
        ask.Streams(),
        ask.Unscanned(),
        ask.RequestedIs("gpt-4*"),
        ask.RequestedIs("gpt-[45]o"),
        ask.RequestedIs("*"),
    ]
    plain = Call()
    assert ask_all(questions, plain) == [False, False, True, False, False, False, False, False, False]
    full = Call(
        api="anthropic.messages", stream=True, has=frozenset({"tools", "files"}), unscanned=("image",), requested_model="GPT-4o"
    )
    assert ask_all(questions, full) == [True, False, False, True, True, True, True, True, True]
    assert ask_all(questions, plain._replace(requested_model="my-gpt-4o"))[6:] == [False, False, True]  # type: ignore[index]


def test_a_reading_holds_no_text(scored: Reader) -> None:
    """What was read is bits and figures: the words are gone."""
    reading = scored.read(Call.from_text("marzipan for marzipan@example.com"), NO_FACTS)
    assert answers(scored, reading)[3:] == [True, True]
    kept = [getattr(reading, name) for name in Reading.__slots__]
    assert "marzipan" not in repr(kept) and "marzipan" not in repr(reading)
