"""A file as a whole: all that is wrong at once, nothing twice, and what is cut off is noticed."""

from __future__ import annotations

import pytest

from policyroute.errors import PolicyError
from policyroute.loading import load, loads
from tests.loading.editing import SHOP, edited, marked, places, problems_in

TEN = (
    ("mode: enforce", "«mod»: enforce"),
    ("context: 32000", "context: «-1»"),
    ("tier: premium, caps: [json, tools]", "tier: «premum», caps: [json, tools]"),
    ("from: auth.tenant, trust", "from: auth.tenant, «turst»: x, trust"),
    ("implies: [pii]", "implies: [«ppi»]"),
    ("detect: [email, badge]", "detect: [«emal», badge]"),
    ("{plan: [free]}, only", "«{}», only"),
    ("'indemnif(y|ication)'", "«'indemnif(y'»"),
    ("prefer: [basic, premium]", "prefer: [basic, «premium-eu»]"),
    ("baseline: large-us", "baseline: «gpt»"),
)
TEN_CODES = ["PR101", "PR105", "PR113", "PR101", "PR111", "PR117", "PR203", "PR401", "PR112", "PR112"]

# What the most used peer takes without a word: each is refused where it stands.
THIRTEEN = [
    ("a root key", "\nrecovery:", "\n«recovry»:", "PR101", "did you mean `recovery`?"),
    ("a setting", "then_by: price", "«thenby»: price", "PR101", "did you mean `then_by`?"),
    ("what a canary replaces", "replaces: [large-eu]", "replaces: [«large-ue»]", "PR112", "did you mean `large-eu`?"),
    ("a tier of a model", "tier: basic, context", "tier: «bsic», context", "PR113", "did you mean `basic`?"),
    ("a tag of a rule", "{unscanned: true}, add: [pii]", "{unscanned: true}, add: [«pi»]", "PR111", "did you mean `pii`?"),
    ("a regex", "'indemnif(y|ication)'", "«'indemnif(y|ication'»", "PR401", "not closed"),
    ("a key of a rule", "      otherwise: continue", "      «otherwhise»: continue", "PR101", "did you mean `otherwise`?"),
    ("a key of a model", "region: us", "«regions»: us", "PR101", "did you mean `region`?"),
    ("a boundary's measure", "{score: {lt: 0.3}}", "{«scoer»: {lt: 0.3}}", "PR114", "did you mean `score`?"),
    ("a boundary's sign", "{lt: 0.3}", "{«ltt»: 0.3}", "PR101", "did you mean `lt`?"),
    ("a provider", "{price.out: {lte: 3.00}}", "{provider: [«opnai»]}", "PR116", "did you mean `openai`?"),
    ("a negative budget", "{usd: 200}", "{usd: «-5»}", "PR105", "of at least 0"),
    ("an empty condition", "when: {plan: [free]}, only", "when: «{}», only", "PR203", "would match every call"),
    ("a value of a closed list", "{plan: [free]}, only", "{plan: [«fee»]}, only", "PR115", "did you mean `free`?"),
    ("a route to nothing", "to: premium\n", "to: «premuim»\n", "PR112", "did you mean `premium`?"),
]


def test_all_problems_are_said_at_once_in_order() -> None:
    """A file with ten defects has ten problems, in the order of their places."""
    text = marked(edited(SHOP, *TEN))
    assert places(problems_in(text.text)) == list(zip(TEN_CODES, text.marks, strict=True))


@pytest.mark.parametrize(("what", "old", "new", "code", "says"), THIRTEEN, ids=[row[0] for row in THIRTEEN])
def test_what_others_accept_in_silence(what: str, old: str, new: str, code: str, says: str) -> None:
    """A slip that would change what a policy means is refused at its place, with what was probably meant."""
    text = marked(edited(SHOP, (old, new)))
    problems = problems_in(text.text)
    assert places(problems) == [(code, text.marks[0])]
    assert says in f"{problems[0].message} {problems[0].help}"


ONE_DEFECT = [
    # A model of which something is wrong keeps its name and the rest of what it says.
    ("price: {in: 2, out: 8}", "price: «cheap»", "PR104"),
    ("provider: azure, region", "provider: «''», region", "PR106"),
    ("provider: azure, region: eu, ", "provider: azure, «regoin»: eu, ", "PR101"),
    ("labels: {team: core}", "labels: «core»", "PR103"),
    ("large-us: {provider: openai, upstream: gpt-4o, region: us, hosting: cloud, tier: premium, price: catalogue}", "large-us: «7»", "PR103"),
    ("  large-us: {", "  «lаrge-us»: {", "PR109"),
    # So do tags, attributes and detectors.
    ("  pii: {only: {region: [eu]}}", "  pii: «eu»", "PR103"),
    ("  pii: {only: {region: [eu]}}", "  pii: {«olny»: {region: [eu]}}", "PR101"),
    ("  plan: {from: auth.plan, trust: verified, values: [free, pro], default: pro}", "  plan: «auth.plan»", "PR103"),
    ("values: [free, pro], default: pro", "values: «free»", "PR103"),
    ("values: [public, pii]", "«value»: [public, pii]", "PR101"),
    ("  data-class: {from: header.x-data-class, trust: claimed", "  data-class: {from: header.x-data-class, trust: «maybe»", "PR104"),
    ("  badge: {regex: 'B-\\d{6}', near: [badge], check: luhn}", "  badge: «B»", "PR103"),
    # A section that cannot be read makes none of its names unknown.
    ("\ntiers: [basic, premium]", "\ntiers: «basic»", "PR103"),
    ("\ntiers: [basic, premium]", "\n«teirs»: [basic, premium]", "PR101"),
    ("\ntiers: [basic, premium]", "\ntiers: [«bаsic», premium]", "PR109"),
    ("\ntags:\n", "\n«tagz»:\n", "PR101"),
    ("\nattributes:\n", "\n«atributes»:\n", "PR101"),
    ("\nmodels:\n", "\n«model»:\n", "PR101"),
    ("\ndetectors:\n", "\n«detector»:\n", "PR101"),
    ("\npipeline:\n", "\n«pipelines»:\n", "PR101"),
    # What the file itself says wrong has no meaning to complain about.
    ("context: 32000", "context: «*big»", "PR005"),
    ("context: 32000", "context: «.nan»", "PR011"),
    ("context: 32000", "context: «99999999999999999999999999»", "PR011"),
    ("context: 32000", "context: «032000»", "PR011"),
    ("context: 32000", "context: «!!int» '32000'", "PR007"),
    ("labels: {team: core}", "labels: «!!python/object:os.system» {team: core}", "PR007"),
    ("labels: {team: core}", "labels: «!!python/object/apply:os.system» [ls]", "PR007"),
    ("caps: [json], price", "«caps»: [json], caps: [json], price", ""),
    ("caps: [json], price", "caps: [json], «caps»: 7, price", "PR003"),
    ("caps: [json], price", 'caps: [json], «"c\\x61ps"»: 7, price', "PR003"),
    ("id: personal", "id: pers«\u202e»onal", "PR010"),
    ("id: personal", "i«\u200b»d: personal", "PR010"),
    ("baseline: large-us", "baseline: large«\u00ad»-us", "PR010"),
    ("  large-us: {", "  large«\u200b»-us: {", "PR010"),
    ("provider: azure, region: eu, hosting: cloud, tier: premium", "«<<»: {provider: azure}, region: eu, tier: premium", "PR004"),
    ("{plan: [free]}, only", "{plan: [«.inf»]}, only", "PR011"),
    ("window: day", "window: «" + "9" * 5000 + "d»", "PR108"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), [row for row in ONE_DEFECT if row[2]])
def test_nothing_follows_from_a_defect(old: str, new: str, code: str) -> None:
    """Where one thing cannot be read, what refers to it is not called wrong as well."""
    text = marked(edited(SHOP, (old, new)))
    assert places(problems_in(text.text)) == [(code, text.marks[0])]
