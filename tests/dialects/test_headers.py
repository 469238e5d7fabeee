"""What a caller asks of policyroute, and what he must not ask of anyone behind it."""

from __future__ import annotations

import pytest

from policyroute.call import Asks
from policyroute.dialects.headers import REFUSED_FIELDS, REFUSED_METADATA, REFUSED_PREFIXES, SECRET_HEADERS
from policyroute.errors import CallError
from tests.dialects.planting import APIS, SMALLEST, all_text, merged, read

BODY = SMALLEST["openai.chat"]


def asked(headers=None, **fields):
    """The call of the smallest body with these headers and fields."""
    return read("openai.chat", {**BODY, **fields}, headers=headers)


def twin(**fields):
    """The body field that says the same as the headers."""
    return {"metadata": {"policyroute": fields}}


ASKED = [
    ({}, {}, Asks()),
    ({"x-policyroute-tags": "pii, phi,,pii"}, {}, Asks(tags=("pii", "phi"))),
    ([("X-Policyroute-Tags", "pii"), ("x_policyroute_tags", "phi")], {}, Asks(tags=("pii", "phi"))),
    ({"x-policyroute-tags": "pii"}, twin(tags=["phi"]), Asks(tags=("pii", "phi"))),
    ({}, twin(tags="pii,phi"), Asks(tags=("pii", "phi"))),
    ({}, twin(tags=[]), Asks()),
    ({"X-PolicyRoute-Tier": " premium "}, {}, Asks(tier="premium")),
    ([("x-policyroute-tier", "basic"), ("X_POLICYROUTE_TIER", "basic")], twin(tier="basic"), Asks(tier="basic")),
    ({"x-policyroute-max-cost-usd": "0.05"}, {}, Asks(max_cost_nano=50_000_000)),
    ({"x-policyroute-max-cost-usd": "5e-05"}, {}, Asks(max_cost_nano=50_000)),
    ({"x-policyroute-max-cost-usd": "0.0000000019"}, {}, Asks(max_cost_nano=1)),
    ({"x-policyroute-max-cost-usd": "0.05"}, twin(max_cost_usd=0.01), Asks(max_cost_nano=10_000_000)),
    ({"x-policyroute-max-cost-usd": "0.05"}, {"max_cost": 0.20}, Asks(max_cost_nano=50_000_000)),
    ({}, {"max_cost": 2}, Asks(max_cost_nano=2_000_000_000)),
    ({"x-policyroute-prefer": "Quality"}, {}, Asks(prefer="quality")),
    ({"x-policyroute-prefer": "speed"}, {"prefer_speed": True}, Asks(prefer="speed")),
    ({"x-policyroute-prefer": "cost"}, {"prefer_speed": False}, Asks(prefer="cost")),
    ({"x-policyroute-dry-run": "TRUE"}, {}, Asks(dry_run=True)),
    ({"x-policyroute-dry-run": "0"}, {}, Asks()),
    ({}, twin(dry_run=True), Asks(dry_run=True)),
    ({"x-forwarded-x-policyroute-tier": "premium", "policyroute-tier": "premium"}, {}, Asks()),
]


@pytest.mark.parametrize(("headers", "fields", "asks"), ASKED, ids=range(len(ASKED)))
def test_asks_come_from_headers_and_from_the_body(headers, fields, asks) -> None:
    """Tags add up, the lower cost counts, the rest agrees; and what is taken out of the body is no text of the call."""
    call = asked(headers, **fields)
    assert call.asks == asks
    assert all_text(call) == ""


UNCLEAR = [
    ([("x-policyroute-tier", "basic"), ("X_Policyroute_Tier", "hush")], {}, "x-policyroute-tier: given twice"),
    ({"x-policyroute-tier": "basic"}, twin(tier="hush"), "metadata.policyroute.tier: differs from x-policyroute-tier"),
    ({"x-policyroute-prefer": "cost"}, {"prefer_speed": True}, "prefer_speed: differs from x-policyroute-prefer"),
    (
        {"x-policyroute-profile": "budget"},
        twin(profile="hush"),
        "metadata.policyroute.profile: differs from x-policyroute-profile",
    ),
    ({"x-policyroute-dry-run": "true"}, twin(dry_run=False), "metadata.policyroute.dry_run: differs from x-policyroute-dry-run"),
    ({"x-policyroute-dry-run": "hush"}, {}, "x-policyroute-dry-run: expected true or false"),
    ({"x-policyroute-prefer": "hush"}, {}, "x-policyroute-prefer: expected one of cost, speed, quality"),
    ({"x-policyroute-tier": ""}, {}, "x-policyroute-tier: expected a name"),
    ({"x-policyroute-tags": "a hush"}, {}, "x-policyroute-tags: expected a name"),
    ({"x-policyroute-tags": "h" * 129}, {}, "x-policyroute-tags: expected a name"),
    ({"x-policyroute-max-cost-usd": "-1"}, {}, "x-policyroute-max-cost-usd: expected an amount in dollars"),
    ({"x-policyroute-max-cost-usd": "nan"}, {}, "x-policyroute-max-cost-usd: expected an amount in dollars"),
    ({"x-policyroute-max-cost-usd": "1e999999999"}, {}, "x-policyroute-max-cost-usd: expected an amount in dollars"),
    ({"x-policyroute-max-cost-usd": "1/3"}, {}, "x-policyroute-max-cost-usd: expected an amount in dollars"),
    ({"x-policyroute-max-cost-usd": "٥"}, {}, "x-policyroute-max-cost-usd: expected an amount in dollars"),
    ({}, {"max_cost": True}, "max_cost: expected an amount in dollars"),
    ({}, {"max_cost": [1]}, "max_cost: expected one value"),
    ({}, {"prefer_speed": "hush"}, "prefer_speed: expected true or false"),
    ({}, twin(tags=["pii", 5]), "metadata.policyroute.tags: expected a list of tags"),
    ({}, twin(tags={"hush": 1}), "metadata.policyroute.tags: expected one value"),
    ({}, twin(tier={}), "metadata.policyroute.tier: expected one value"),
    ({}, twin(hush=True), "metadata.policyroute: expected an object of dry_run, max_cost_usd, prefer, profile, tags, tier"),
    ({}, {"metadata": {"policyroute": "hush"}}, "metadata.policyroute: expected an object of "),
    ({}, {"metadata": {"Policyroute": {"tags": []}}}, "metadata.Policyroute: expected the usual spelling"),
    ({}, {"metadata": "hush"}, "metadata: expected an object"),
    ({}, {"metadata": ["hush"]}, "metadata: expected an object"),
]


@pytest.mark.parametrize(("headers", "fields", "complaint"), UNCLEAR, ids=range(len(UNCLEAR)))
def test_an_unclear_ask_is_refused(headers, fields, complaint) -> None:
    """Two answers to one question, or none of the known ones, are the caller's mistake; his words are not repeated."""
    with pytest.raises(CallError) as caught:
        asked(headers, **fields)
    assert str(caught.value).startswith(complaint)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", sorted(REFUSED_FIELDS))
def test_fields_that_redirect_or_weaken_are_refused(api, name) -> None:
    """In every format, in any spelling, whatever their value."""
    camel = "".join(word.title() if i else word for i, word in enumerate(name.split("_")))
    for spelling in (name, name.upper(), name.replace("_", "-"), camel):
        for value in ("hush", None, {}):
            with pytest.raises(CallError, match=f"^{name}: not accepted from a caller$"):
                read(api, {**SMALLEST[api], spelling: value})


@pytest.mark.parametrize("prefix", REFUSED_PREFIXES)
def test_families_of_such_fields_are_refused(prefix) -> None:
    """Known by how they begin; the rest of the name is the caller's and is not repeated."""
    for spelling in (f"{prefix}hush", f"{prefix}hush".upper()):
        with pytest.raises(CallError, match=rf"^{prefix}\*: not accepted from a caller$"):
            asked(**{spelling: 1})


@pytest.mark.parametrize("name", sorted(REFUSED_METADATA))
def test_metadata_switches_nothing_off(name) -> None:
    """Some servers take their switches from the metadata as well."""
    with pytest.raises(CallError, match=rf"^metadata\.{name}: not accepted from a caller$"):
        asked(metadata={name: True})


def test_claims_are_headers_and_metadata() -> None:
    """Under one spelling each; a repeated header has both values, so that none of them can hide the other."""
    headers = [("X-Data_Class", "public"), ("x-data-class", "phi"), ("Accept", "*/*"), ("accept", "*/*")]
    metadata = {"team": "legal", "size": 1.50, "count": 3, "on": True, "off": False, "none": None, "deep": {"a": 1}}
    call = asked(headers, metadata=metadata)
    assert call.claims == {
        "header.x-data-class": "public, phi",
        "header.accept": "*/*",
        "body.metadata.team": "legal",
        "body.metadata.size": "1.5",
        "body.metadata.count": "3",
        "body.metadata.on": "true",
        "body.metadata.off": "false",
    }


@pytest.mark.parametrize(
    ("headers", "fields"), [({"x-policyroute-profile": "budget"}, {}), ({}, twin(profile="budget"))], ids=["header", "body"]
)
def test_a_profile_is_a_claim_from_both_sources(headers, fields) -> None:
    """So that an attribute may be declared from either."""
    claims = asked(headers, **fields).claims
    assert claims["header.x-policyroute-profile"] == claims["body.metadata.policyroute.profile"] == "budget"


def test_secrets_are_no_claims() -> None:
    """What proves who somebody is never gets into a call, however its name is spelled."""
    headers = {spelling: "hush" for name in SECRET_HEADERS for spelling in (name, name.upper(), name.replace("-", "_"))}
    assert "hush" not in repr(asked(headers))


@pytest.mark.parametrize("api", APIS)
def test_every_format_is_asked_alike(api) -> None:
    """The body twins stand in the same places everywhere."""
    fields = {"metadata": {"policyroute": {"tags": ["pii"], "profile": "budget"}}, "max_cost": 1, "prefer_speed": True}
    call = read(api, merged(SMALLEST[api], fields))
    assert call.asks == Asks(tags=("pii",), max_cost_nano=10**9, prefer="speed")
    assert "pii" not in all_text(call)
