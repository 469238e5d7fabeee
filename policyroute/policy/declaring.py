"""What a policy declares, made into values: targets with their prices, attributes, and what each tag leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from policyroute.call import Target
from policyroute.policy import document as doc
from policyroute.policy.prices import catalogue, nano
from policyroute.policy.problems import MOST_LISTED, At, Problems, Word, shown, word
from policyroute.policy.selectors import FIELDS, select
from policyroute.policy.shape import MOST_NAMES, too_many
from policyroute.policy.vocabulary import Vocabulary, declared
from policyroute.policy.wording import ALWAYS, MODELS, NEVER
from policyroute.scan.detectors import KINDS
from policyroute.stages.sensitivity import Tag

ALL_FIELDS = frozenset({*FIELDS, "labels"})
TAKEN = frozenset({*NEVER.known(), *ALWAYS.known()})


def vocabulary_of(document: doc.Policy, problems: Problems) -> Vocabulary:
    """Every name that rules may mention. Names whose entry cannot be read count, so that nothing else is called unknown."""
    seen = dict.fromkeys(map(str, document.tiers))
    if len(seen) < len(document.tiers):
        _say_twice(document.tiers, problems)
    models = document.models or {}
    targets = tuple(_target(name, model, problems) for name, model in models.items())
    for model in models.values():
        if model is not None and "tier" not in model.at.unread:
            declared(model.tier, "tier", seen, problems)
    unread_labels = _unread_labels(models, problems)
    return Vocabulary(
        targets,
        tuple(seen),
        {target.name: 1 << i for i, target in enumerate(targets)},
        {str(tag): 1 << i for i, tag in enumerate(document.tags or ())},
        _attributes(document, problems),
        dict.fromkeys((*KINDS, *map(str, document.detectors or ()))),
        _having(targets, labels=not unread_labels),
        _unread_fields(document) | unread_labels,
        frozenset(str(name) for name, said in (document.detectors or {}).items() if said is not None and said.plugin),
    )


def _unread_fields(document: doc.Policy) -> frozenset[str]:
    if "models" in document.at.unread:
        return ALL_FIELDS
    return frozenset().union(*(ALL_FIELDS if model is None else model.at.unread for model in (document.models or {}).values()))


def _unread_labels(models: Mapping[Word, doc.Model | None], problems: Problems) -> frozenset[str]:
    """Labels are names as well, of all models together: there is an end to how many."""
    names: set[str] = set()
    for model in models.values():
        for label in (model.labels or ()) if model is not None else ():
            names.add(str(label))
            if len(names) > MOST_NAMES:
                too_many(MOST_NAMES, "different labels", label, problems)
                return frozenset({"labels"})
    return frozenset()


def _say_twice(tiers: Sequence[Word], problems: Problems) -> None:
    first: dict[str, Word] = {}
    for tier in tiers:
        if first.setdefault(str(tier), tier) is not tier:
            problems.add("PR110", f"tier `{tier}` is listed twice", tier, help="a tier stands where it is in the order, once")


def _having(targets: Sequence[Target], labels: bool) -> Mapping[str, Mapping[str, int]]:
    """Which models have which value, for every field and label that selectors ask for."""
    having: dict[str, dict[str, int]] = {field: {} for field in (*FIELDS, "caps")}
    for i, target in enumerate(targets):
        said = [(field, read(target)) for field, read in FIELDS.items()]
        said += [("caps", cap) for cap in target.caps or ()]
        said += target.labels.items() if labels else ()
        for field, value in said:
            if value is not None:
                bits = having.setdefault(field, {})
                bits[value] = bits.get(value, 0) | 1 << i
    return having


def _target(name: Word, model: doc.Model | None, problems: Problems) -> Target:
    if model is None:
        return Target(str(name), "", str(name), "")
    price = model.price
    upstream = str(model.upstream or name)
    cost_in, cost_out, cached = 0, 0, None
    if "price" in model.at.unread:
        pass
    elif isinstance(price, Word):
        listed = catalogue().find(upstream)
        if listed is None and "upstream" in model.at.unread:
            pass
        elif listed is None:
            problems.add(
                "PR125",
                f"the price catalogue does not know `{shown(upstream, 120)}`",
                price,
                help="write the price: `{in: …, out: …}`, in USD per million tokens",
            )
        else:
            cost_in, cost_out, cached = listed
    else:
        cost_in, cost_out = nano(price.input), nano(price.output)
        cached = None if price.cached_input is None else nano(price.cached_input)
    for label in model.labels or ():
        if label in MODELS.known():
            problems.add("PR110", f"`{label}` is a key of `only`", label, help="give the label another name")
    return Target(
        name=str(name),
        provider=str(model.provider),
        upstream=upstream,
        tier=str(model.tier),
        region=None if model.region is None else str(model.region),
        hosting=None if model.hosting is None else str(model.hosting),
        context=model.context,
        max_output=model.max_output,
        caps=None if model.caps is None else frozenset(map(str, model.caps)),
        price_in=cost_in,
        price_out=cost_out,
        price_cached_in=cached,
        weight=model.weight or 1,
        labels={str(k): str(v) for k, v in (model.labels or {}).items()},
    )


def _attributes(document: doc.Policy, problems: Problems) -> Mapping[Word, doc.Attribute]:
    known = {name: _unread(name) if a is None else a for name, a in (document.attributes or {}).items()}
    for name, a in known.items():
        if name in TAKEN:
            problems.add("PR110", f"`{name}` is a key of conditions", name, help="give the attribute another name")
        if not a.at.unread & {"from", "trust"}:
            trusted = a.source.startswith("auth.")
            if trusted != (a.trust == "verified"):
                says = "the app's own authentication, which is verified" if trusted else "the caller, who can only claim"
                help = f"write `trust: {'verified' if trusted else 'claimed'}`"
                problems.add("PR204", f"`{a.source}` comes from {says}", a.trust, help=help)
                # What hangs on its trust is not worth a second problem.
                known[name] = replace(a, trust=word("verified", a.trust.where, a.trust.path))
        if a.default is not None and a.values is not None and a.default not in a.values and "values" not in a.at.unread:
            problems.add(
                "PR115",
                f"the default `{a.default}` is not one of the values",
                a.default,
                help=problems.offered(a.default, a.values),
            )
        if a.default is not None and a.required:
            problems.add(
                "PR207",
                "an attribute with a default is never absent, so it cannot be required",
                a.default,
                help="take one of the two out",
            )
    return known


def _unread(name: Word) -> doc.Attribute:
    """An attribute of which only the name is known."""
    return doc.Attribute(At(name.where, name.path, frozenset({"from", "trust", "values"})), name, name)


def tags_of(document: doc.Policy, vocabulary: Vocabulary, problems: Problems) -> tuple[Tag, ...]:
    """What each tag brings with it, and what it leaves."""
    said = document.tags or {}
    implied = {}
    for name, tag in said.items():
        implied[str(name)] = [t for t in tag.implies if declared(t, "tag", vocabulary.tags, problems)] if tag else []
    closures = _closures(implied, vocabulary.tags, problems)
    compiled = []
    for name, tag in said.items():
        keeps = -1 if tag is None or tag.only is None else select(tag.only, vocabulary, problems)
        reason = str(tag.reason or "") if tag else ""
        compiled.append(Tag(str(name), closures[str(name)], keeps, reason, tag is not None and tag.declassify is not None))
    return tuple(compiled)


def _closures(implied: Mapping[str, Sequence[Word]], bits: Mapping[str, int], problems: Problems) -> Mapping[str, int]:
    """Each tag with all that it implies, as bits. A circle is said once, at the `implies` that closes it."""
    done: dict[str, int] = {}
    for root in implied:
        if root in done:
            continue
        # What is being looked at, without recursion: each tag with those it implies that are still to be looked at.
        open_ = {root: iter(implied[root])}
        while open_:
            tag, rest = next(reversed(open_.items()))
            following = next(rest, None)
            if following is None:
                closure = bits[tag]
                for one in implied[tag]:
                    closure |= done.get(one, 0)
                done[tag] = closure
                del open_[tag]
            elif following in open_ and not problems.full:
                circle = list(open_)[list(open_).index(following) :]
                shortened = circle if len(circle) <= MOST_LISTED else [*circle[: MOST_LISTED - 1], "…"]
                message = f"tags imply each other in a circle: {' → '.join([*shortened, following])}"
                problems.add("PR124", message, following, help="take one `implies` of the circle out")
            elif following not in done and following not in open_:
                open_[str(following)] = iter(implied[following])
    return done
