"""What all commands share: amounts, annotations, the form that is asked for."""

from __future__ import annotations

import pytest

from policyroute.cli.render import asked_output, counted, github_error, usd


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "$0"),
        (0.0, "$0"),
        (2, "$2.00"),
        (1234.5, "$1,234.50"),
        (1.001, "$1.01"),
        (0.03277, "$0.032770"),
        (0.0012294, "$0.001230"),
        (0.000001, "$0.000001"),
        (0.0000000004, "$0.000000001"),
        (0.000000123, "$0.000000123"),
    ],
)
def test_an_amount_is_never_said_smaller_than_it_is(amount: float, said: str) -> None:
    """What a call costs at most is rounded up, and an amount is nothing only where it is nothing."""
    assert usd(amount) == said


@pytest.mark.parametrize(
    ("args", "form"),
    [
        ([], "text"),
        (["check"], "text"),
        (["check", "-o", "json"], "json"),
        (["check", "--output", "json", "x"], "json"),
        (["check", "--output=sarif"], "sarif"),
        (["-o", "json", "-o", "text"], "text"),
        (["explain", "-o"], ""),
        (["fmt", "--", "-o", "json"], "text"),
    ],
)
def test_the_form_is_found_in_any_command_line(args: list[str], form: str) -> None:
    """The form that errors are said in is known before the command line is understood."""
    assert asked_output(args) == form


def test_an_annotation_is_one_line() -> None:
    """Line ends, per cent signs, and in properties colons and commas, are escaped."""
    assert github_error("a,b:c", 3, "100%", "one\r\ntwo: 5%") == "::error file=a%2Cb%3Ac,line=3,title=100%25::one%0D%0Atwo: 5%25"


def test_counting() -> None:
    """One rule, two rules, no rules."""
    assert [counted(n, "rule") for n in (0, 1, 2)] == ["0 rules", "1 rule", "2 rules"]
