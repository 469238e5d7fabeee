"""Sets of detectors: what is asked, what is answered, and what a finding shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scan.detectors import KINDS, Finding, OwnDetector, detect, detector_set
from policyroute.scan.detectors.detector import Page, words
from policyroute.scan.pattern import Pattern
from policyroute.scan.scanner import build

FAMILIES = ("email", "phone", "credit-card", "iban", "us-ssn", "ip-address", "crypto", "birth-date", "national-id", "secret")
MANY = "Mail ann@example.org or call +1 415 555 0199; card 4111 1111 1111 1111, SSN 536-22-8145, host 10.2.3.44."


def kinds(text: str) -> list[str]:
    return [finding.kind for finding in detect(text)]


def present(asked: tuple[str, ...], text: str, own: tuple[OwnDetector, ...] = ()) -> list[str]:
    made = detector_set(asked, own)
    bits = made.present(build(made.patterns, engine="re2").scan(text), text)
    return [kind for index, kind in enumerate(made.kinds) if bits >> index & 1]


def test_every_family_and_its_members_are_legal_names() -> None:
    """KINDS holds every family, every member with its family's name before the dot, and nothing twice."""
    assert set(FAMILIES) <= set(KINDS)
    assert {kind.partition(".")[0] for kind in KINDS} == set(FAMILIES)
    assert len(KINDS) == len(set(KINDS))


@pytest.mark.parametrize("kind", KINDS)
def test_every_legal_name_makes_a_set(kind: str) -> None:
    """A set can be built for each name, has patterns for the shared scan, and they can be scanned for."""
    made = detector_set([kind])
    assert made.kinds == (kind,)
    assert build(made.patterns, engine="re2").scan("") == 0


def test_the_manual_names_every_kind() -> None:
    """Each family, country and family of secrets stands in docs/detectors.md."""
    manual = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text(encoding="utf-8")
    named = {word for code in re.findall(r"`([^`]+)`", manual) for word in code.split()}
    assert {kind.partition(".")[2] or kind for kind in KINDS} <= named


def test_an_unknown_kind_is_the_callers_mistake() -> None:
    """A name that is not in KINDS raises KeyError."""
    with pytest.raises(KeyError):
        detector_set(["e-mail"])


def test_findings_come_in_order_with_code_points() -> None:
    """`detect` answers every kind by place, and the offsets cut the value out of the text, whatever stands before it."""
    text = "Grüße 👋 " + MANY
    found = detect(text)
    assert [(f.kind, text[f.start : f.end]) for f in found] == [
        ("email", "ann@example.org"),
        ("phone", "+1 415 555 0199"),
        ("credit-card", "4111 1111 1111 1111"),
        ("us-ssn", "536-22-8145"),
        ("ip-address", "10.2.3.44"),
    ]


def test_a_family_covers_its_members() -> None:
    """`national-id` and `national-id.pl` both answer for the same number; another country does not."""
    text = "PESEL 44051401359"
    assert present(("national-id", "national-id.pl", "national-id.it", "secret"), text) == ["national-id", "national-id.pl"]


def test_the_united_kingdom_has_two_names() -> None:
    """The country code of the standard and the one people write mean the same."""
    assert present(("national-id.gb", "national-id.uk"), "NINO AB123456C") == ["national-id.gb", "national-id.uk"]


def test_present_says_the_same_as_find() -> None:
    """A kind is present where, and only where, something of it is found."""
    made = detector_set(FAMILIES)
    found = {finding.kind.partition(".")[0] for finding in made.find(MANY)}
    assert present(FAMILIES, MANY) == [kind for kind in FAMILIES if kind in found]


def test_only_what_has_a_candidate_is_run() -> None:
    """Without bits nothing is present, whatever the text holds: the shared scan has the first word."""
    made = detector_set(["email", "credit-card"])
    assert made.present(0, MANY) == 0
    assert made.present(1, MANY) == 1


def test_a_candidate_is_not_yet_a_finding() -> None:
    """A number with the shape of a card and a wrong check digit sets a bit of the scan and none of the answer."""
    made = detector_set(["credit-card"])
    text = "card 4111 1111 1111 1112"
    bits = build(made.patterns, engine="re2").scan(text)
    assert bits
    assert made.present(bits, text) == 0


def test_the_valid_value_counts_that_hides_behind_others() -> None:
    """However many candidates fail before it, the one that is valid is found: nothing is cut off."""
    text = "4111 1111 1111 1112, " * 5000 + "4111 1111 1111 1111"
    assert present(("credit-card",), text) == ["credit-card"]


def test_nothing_of_the_value_is_shown() -> None:
    """No mask and no repr of a page holds a letter or a figure of a value."""
    secret = "Zq7" + "Xw9Lm2Kp4"
    for finding in detect(f"{MANY} password = '{secret}'"):
        assert not any(char.isalnum() for char in finding.mask), finding.kind
    assert secret not in repr(Page(secret)) + repr(detector_set(["secret"]))


def test_overlapping_findings_of_one_family_are_one() -> None:
    """A key that its prefix and its place both give away is reported once, under the name that says more."""
    token = "gh" + "p_" + "x8Kq2mVt7Lp4Zr9Wc3Yb6Nd1Hf5Js0Ga2Qe4"
    found = detect(f"api_key = {token}")
    assert [finding.kind for finding in found] == ["secret.github"]


@pytest.mark.parametrize(
    "text",
    [
        "ｃａｒｄ ４１１１ １１１１ １１１１ １１１１",
        "card 4111\u00a01111\u00a01111\u00a01111",
        "card 4111\u20111111\u20111111\u20111111",
        "card ٤١١١ ١١١١ ١١١١ ١١١١",
        "card 𝟜𝟙𝟙𝟙 𝟙𝟙𝟙𝟙 𝟙𝟙𝟙𝟙 𝟙𝟙𝟙𝟙",
    ],
)
def test_other_digits_spaces_and_dashes_are_read(text: str) -> None:
    """Full-width and other scripts' digits, no-break spaces and hyphens are digits, spaces and dashes."""
    assert kinds(text) == ["credit-card"]


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(["4111111111111111 ", "a@b.co ", "+14155550199 ", "10.1.2.3 ", "password=", "\ud800", "中", "-", "1"]),
        max_size=40,
    )
)
def test_findings_never_overlap_within_a_kind(parts: list[str]) -> None:
    """Findings are sorted, inside the text, and those of one kind are apart; lone surrogates do no harm."""
    text = "".join(parts)
    found = detect(text)
    assert found == sorted(found, key=lambda finding: finding.start)
    last: dict[str, int] = {}
    for finding in found:
        assert last.get(finding.kind, 0) <= finding.start < finding.end <= len(text)
        last[finding.kind] = finding.end


def test_words_are_whole_unless_they_say_otherwise() -> None:
    """A word is not found inside another; with a star its endings count; pairs stand for one word after the other."""
    said = words("cell", "telefon*", "social security", "电话", exact=("SIN",))

    def near(text: str) -> bool:
        return said.near(Page(text + " 5"), len(text) + 1, len(text) + 2)

    assert [near(text) for text in ("my cell", "CELL:", "telefonu", "social_security", "SIN", "请打电话吧")] == [True] * 6
    assert [near(text) for text in ("excellent", "hotelefon", "social", "sin", "x" * 80)] == [False] * 5


@pytest.mark.parametrize(
    ("own", "hit", "miss"),
    [
        (OwnDetector("mrn", Pattern("regex", (r"mrn[ :#]*\d{6,10}",))), "MRN: 1234567", "mrn 12"),
        (
            OwnDetector("staff", Pattern("regex", (r"\d{8}",)), near=("badge", "Personalnummer")),
            "badge no 12345678",
            "order no 12345678",
        ),
        (OwnDetector("member", Pattern("regex", (r"\d{10}",)), check="luhn"), "7992739871 then 1234567897", "1234567890"),
        (OwnDetector("project", Pattern("keywords", ("Blue Falcon",))), "about BLUE falcon", "bluefalcons"),
        (
            OwnDetector("both", Pattern("regex", (r"[A-Z]{2}\d{2}[A-Z0-9]{12,30}",)), near=("konto",), check="iban"),
            "Konto GB29NWBK60161331926819",
            "Konto GB28NWBK60161331926819",
        ),
    ],
    ids=lambda value: value.id if isinstance(value, OwnDetector) else "",
)
def test_a_policys_own_detector(own: OwnDetector, hit: str, miss: str) -> None:
    """An own detector asks for its pattern, for the words near it, and for its check."""
    assert present(("email",), hit, (own,)) == [own.id]
    assert present(("email",), miss, (own,)) == []


def test_words_of_an_own_detector_must_be_near() -> None:
    """A word further away than sixty characters does not count."""
    own = OwnDetector("staff", Pattern("regex", (r"\d{8}",)), near=("badge",))
    assert present((), "badge" + " " * 30 + "12345678", (own,)) == ["staff"]
    assert present((), "badge" + " " * 90 + "12345678", (own,)) == []


def test_an_own_detector_that_is_asked_too_often_says_yes() -> None:
    """After a thousand matches that fail the check the answer is `there`, for nobody may hide behind a thousand decoys."""
    own = OwnDetector("member", Pattern("regex", (r"\d{10}",)), check="luhn")
    assert present((), "1234567890 " * 999, (own,)) == []
    assert present((), "1234567890 " * 1000, (own,)) == ["member"]


def test_a_finding_is_a_plain_value() -> None:
    """A finding can be compared, unpacked and hashed."""
    assert detect("ann@example.org") == [Finding("email", 0, 15, "***@***", "a host that ends in what can be a top-level domain")]
    assert len({*detect("ann@example.org"), *detect("ann@example.org")}) == 1
