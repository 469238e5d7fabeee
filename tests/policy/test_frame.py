"""How a problem looks as text: one shape, carets under the place, and nothing that could harm a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.errors import Problem
from policyroute.policy.frame import INVISIBLE, WIDTH, frame, shown, summary

UNKNOWN_TAG = Problem(
    "PR111",
    "error",
    "unknown tag `ppi`",
    "policies/support.yaml",
    41,
    13,
    16,
    "$",
    "not declared under `tags`",
    "did you mean `pii`?",
)


def at(line: str, marked: str) -> tuple[str, str]:
    """The source line and the line of carets of a problem with `marked`."""
    start = line.index(marked)
    problem = UNKNOWN_TAG._replace(line=1, column=start + 1, end_column=start + 1 + len(marked), label="")
    shown_line, carets = frame(problem, [line]).split("\n")[2:4]
    return shown_line.removeprefix("1 | "), carets.removeprefix("  | ")


def columns(text: str) -> int:
    """How many columns a terminal needs."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char) in ("Mn", "Me") for char in text)


def test_shape() -> None:
    """A diagnostic has the shape that the contract shows."""
    assert frame(UNKNOWN_TAG, [""] * 40 + ["      add: [ppi]"]) == (
        "error[PR111]: unknown tag `ppi`\n"
        "  --> policies/support.yaml:41:13\n"
        "41 |       add: [ppi]\n"
        "   |             ^^^ not declared under `tags`\n"
        "   = help: did you mean `pii`?"
    )


def test_gutter_follows_the_line_number() -> None:
    """The gutter is as wide as the number of the line."""
    lines = ["x: 1"] * 12345
    for number, gutter in ((7, " "), (12345, "     ")):
        framed = frame(UNKNOWN_TAG._replace(line=number, column=1, end_column=2, severity="warning", label=""), lines).split("\n")
        assert framed == [
            "warning[PR111]: unknown tag `ppi`",
            f"{gutter}--> policies/support.yaml:{number}:1",
            f"{number} | x: 1",
            f"{gutter} | ^",
            f"{gutter} = help: did you mean `pii`?",
        ]


def test_without_lines() -> None:
    """Without the file at hand, or with a line that it has not, what is known is still said."""
    expected = (
        "error[PR111]: unknown tag `ppi`\n  --> policies/support.yaml:41:13\n"
        "   = note: not declared under `tags`\n   = help: did you mean `pii`?"
    )
    assert frame(UNKNOWN_TAG, None) == expected
    assert frame(UNKNOWN_TAG, ["x: 1"]) == expected
    assert frame(UNKNOWN_TAG._replace(label="", help=""), None) == expected[: expected.index("\n   =")]


def test_help_of_several_lines() -> None:
    """Help of several lines is indented alike."""
    assert frame(UNKNOWN_TAG._replace(label="", help="one\ntwo"), None).endswith("   = help: one\n           two")


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("a: [ppi]", "ppi"),
        ("\ta:\t[ppi]", "ppi"),
        ("日本: [ppi]", "ppi"),
        ("a: 日本語", "本"),
        ("👍🏽 e\u0301 ppi x", "ppi"),
        ("ﾊﾟ ＡＢ ppi", "ppi"),
        ("a: x\u202ey ppi", "ppi"),
        ("❤\ufe0f: ppi", "ppi"),
    ],
)
def test_carets_stand_below_the_place(line: str, marked: str) -> None:
    """Tabs, wide and combining characters, and escaped ones keep the carets under what they mark."""
    text, carets = at(line, marked)
    assert columns(text[: text.index(marked)]) == len(carets) - len(carets.lstrip())
    assert carets.count("^") == columns(marked)


def test_nothing_harms_a_terminal() -> None:
    """Control and direction characters are spelled out, wherever they come from."""
    evil = "\x1b[2J\u202e\x07\u200b\ud800\r\n\x9b"
    problem = Problem("PR1", "error", evil, evil, 1, 1, 2, "$", evil, evil)
    for text in (frame(problem, [evil]), frame(problem, None), summary([problem]), shown(evil)):
        assert not INVISIBLE.search(text)
        assert "\r" not in text
        assert "\ud800" not in text
    assert shown("\x1b[2J\u202e") == "<U+001B>[2J<U+202E>"


@settings(max_examples=80)
@given(st.text("ab \t日é\u0301\u200b", max_size=400), st.integers(1, 420), st.integers(0, 420))
def test_law(line: str, column: int, length: int) -> None:
    """However long the line and wherever the place: the line fits, and the carets are below it."""
    problem = UNKNOWN_TAG._replace(line=1, column=column, end_column=column + length, label="")
    text, carets = frame(problem, [line]).split("\n")[2:4]
    assert columns(text.removeprefix("1 | ")) <= WIDTH
    assert "^" in carets
    # One column more where the place is the end of the line.
    assert len(carets.removeprefix("  | ")) <= WIDTH + 1


@pytest.mark.parametrize("before", [0, 30, 100, 500, 100_000])
@pytest.mark.parametrize("after", [0, 30, 500, 100_000])
def test_long_lines_are_cut_around_the_place(before: int, after: int) -> None:
    """A long line is cut, with an ellipsis on the side that was cut, and as much of it is shown as fits."""
    text, carets = at("x" * before + "ppi" + "y" * after, "ppi")
    assert text[carets.index("^") : carets.rindex("^") + 1] == "ppi"
    assert len(text) == min(before + 3 + after, WIDTH) or len(text) >= WIDTH - 1
    assert min(before, after) < 50 or min(text.count("x"), text.count("y")) > 50
    assert text.startswith("…") == (text.count("x") < before)
    assert text.endswith("…") == (text.count("y") < after)


def test_what_takes_no_room_is_cut_too() -> None:
    """A line of thousands of combining marks is cut as well."""
    text, _ = at("\u0301" * 5000 + "ppi" + "\u0301" * 5000, "ppi")
    assert (text[0], text[-1]) == ("…", "…")


def test_colour() -> None:
    """Colour adds escapes and nothing else."""
    lines = [""] * 40 + ["      add: [ppi]"]
    coloured = frame(UNKNOWN_TAG, lines, colour=True)
    assert coloured.startswith("\x1b[1;31merror[PR111]\x1b[0m")
    for code in ("1;31", "1", "34", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == frame(UNKNOWN_TAG, lines)


@pytest.mark.parametrize(
    ("severities", "files", "said"),
    [
        ("", "", "no problems"),
        ("e", "a", "1 error in a.yaml"),
        ("eew", "aaa", "2 errors, 1 warning in a.yaml"),
        ("wwi", "aba", "2 warnings, 1 note in 2 files"),
        ("ii", "bb", "2 notes in b.yaml"),
    ],
)
def test_summary(severities: str, files: str, said: str) -> None:
    """The last line counts what there is, and says where."""
    names = {"e": "error", "w": "warning", "i": "info"}
    found = [UNKNOWN_TAG._replace(severity=names[s], file=f"{f}.yaml") for s, f in zip(severities, files, strict=True)]
    assert summary(found) == said
