"""What a policy declares, made into values: targets with their prices, attributes, and what each tag leaves."""

from __future__ import annotations

from collections.abc import Mapping

from policyroute.call import Target
from policyroute.policy import document as doc
from policyroute.policy.prices import catalogue, nano
from policyroute.policy.problems import Problems, Word
from policyroute.policy.selectors import select
from policyroute.policy.vocabulary import Vocabulary, declared
from policyroute.scan.detectors import KINDS
from policyroute.stages.sensitivity import Tag


def vocabulary_of(document: doc.Policy, problems: Problems) -> Vocabulary:
    tiers = tuple(map(str, document.tiers))
    for i, tier in enumerate(document.tiers):
        if tier in document.tiers[:i]:
            problems.add("PR110", f"tier `{tier}` is listed twice", tier)
    targets = []
    for name, model in (document.models or {}).items():
        if model is None:
            targets.append(Target(str(name), "", str(name), tiers[0] if tiers else ""))
            continue
        if declared(model.tier, "tier", tiers, problems) or not tiers:
            targets.append(_target(name, model, problems))
        else:
            targets.append(_target(name, model, problems)._replace(tier=tiers[0]))
    detectors = (*KINDS, *map(str, document.detectors or ()))
    return Vocabulary(tuple(targets), tiers, tuple(map(str, document.tags or ())), _attributes(document, problems), detectors)


def _target(name: Word, model: doc.Model, problems: Problems) -> Target:
    price = model.price
    upstream = str(model.upstream or name)
    cost_in, cost_out, cached = 0, 0, None
    if isinstance(price, Word):
        listed = catalogue().find(upstream)
        if listed is None:
            problems.add(
                "PR125",
                f"the price catalogue does not know `{upstream}`",
                price,
                help="write the price: `{in: …, out: …}`, in USD per million tokens",
            )
        else:
            cost_in, cost_out, cached = listed
    else:
        cost_in, cost_out = nano(price.input), nano(price.output)
        cached = None if price.cached_input is None else nano(price.cached_input)
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
    known = {name: a for name, a in (document.attributes or {}).items() if a is not None}
    for a in known.values():
        trusted = a.source.startswith("auth.")
        if trusted != (a.trust == "verified"):
            says = "the app's own authentication, which is verified" if trusted else "the caller, who can only claim"
            problems.add(
                "PR204", f"`{a.source}` comes from {says}", a.trust, help=f"trust: {'verified' if trusted else 'claimed'}"
            )
        if a.default is not None and a.values is not None and a.default not in a.values:
            problems.add("PR115", f"the default `{a.default}` is not one of the values", a.default)
        if a.default is not None and a.required:
            problems.add("PR207", "an attribute with a default is never absent, so it cannot be required", a.default)
    return known


def tags_of(document: doc.Policy, vocabulary: Vocabulary, problems: Problems) -> tuple[Tag, ...]:
    said = document.tags or {}
    implied = {}
    for name, tag in said.items():
        implied[str(name)] = [str(t) for t in tag.implies if declared(t, "tag", vocabulary.tags, problems)] if tag else []
    compiled = []
    for name, tag in said.items():
        closure, open_ = {str(name)}, list(implied[str(name)])
        while open_:
            next_ = open_.pop()
            if next_ == name:
                problems.add("PR124", f"tag `{name}` implies itself", name, help="take one `implies` of the circle out")
            elif next_ not in closure:
                closure.add(next_)
                open_ += implied[next_]
        keeps = -1 if tag is None or tag.only is None else select(tag.only, vocabulary, problems)
        compiled.append(Tag(str(name), vocabulary.tag_bits(closure), keeps, str(tag.reason or "") if tag else ""))
    return tuple(compiled)
