"""The recovery, rollout and cache sections, compiled to what the plan draws from."""

from __future__ import annotations

from policyroute.plan import Breaker, Cache, Canary, Escalation, Fallback, Plan, Quality, Recovery, Retry, Shadow, Unsatisfying
from policyroute.policy import document as doc
from policyroute.policy.conditions import Asker
from policyroute.policy.problems import Word
from policyroute.policy.selectors import tier_or_model
from policyroute.policy.vocabulary import Vocabulary, declared
from policyroute.policy.wording import Bounds
from policyroute.scan import Pattern


def compile_plan(document: doc.Policy, vocabulary: Vocabulary) -> Plan:
    """What may be called, as values; `check_plan` has said what is wrong."""
    rollout = document.rollout
    canary, shadow, quality = (rollout.canary, rollout.shadow, rollout.quality) if rollout else (None, None, None)
    return Plan(
        targets=vocabulary.targets,
        tiers=vocabulary.tiers,
        recovery=_recovery(document.recovery),
        canary=None if canary is None else _canary(canary, vocabulary),
        shadow=None if shadow is None else Shadow(vocabulary.model_index(str(shadow.model)), shadow.share),
        quality=None if quality is None else _quality(quality, vocabulary),
        cache=None if document.cache is None else Cache(document.cache.ttl, tuple(map(str, document.cache.per))),
    )


def check_plan(document: doc.Policy, asker: Asker) -> None:
    """Every name and pattern that recovery, rollout and cache mention."""
    vocabulary, problems = asker.vocabulary, asker.problems
    rollout = document.rollout
    if document.recovery is not None:
        _check_recovery(document.recovery, asker)
    if rollout is not None and rollout.canary is not None:
        canary = rollout.canary
        for name in (canary.model, *canary.replaces):
            declared(name, "model", vocabulary.models, problems)
        if canary.model in canary.replaces:
            help = "take it out of `replaces`"
            problems.add("PR208", f"`{canary.model}` cannot replace itself", canary.model, help=help)
        if canary.sticky_by is not None:
            declared(canary.sticky_by, "attribute", vocabulary.attributes, problems, also=("conversation",))
    if rollout is not None and rollout.shadow is not None:
        declared(rollout.shadow.model, "model", vocabulary.models, problems)
    if rollout is not None and rollout.quality is not None:
        declared(rollout.quality.judge, "model", vocabulary.models, problems)
        tier_or_model(rollout.quality.against, vocabulary, problems)
    for name in document.cache.per if document.cache else ():
        declared(name, "attribute", vocabulary.attributes, problems)
    if document.baseline is not None:
        declared(document.baseline, "model", vocabulary.models, problems)


def _check_recovery(recovery: doc.Recovery, asker: Asker) -> None:
    problems = asker.problems
    for error in recovery.stop_on:
        for part in (recovery.retry, recovery.fallback):
            if part is not None and error in part.on:
                problems.add(
                    "PR211",
                    f"`{error}` ends the call, so nothing can be tried after it",
                    error,
                    help="take it out of `stop_on`, or out of `on`",
                )
    escalate = recovery.escalate
    if escalate is None:
        return
    if escalate.to != "higher_tier":
        tier_or_model(escalate.to, asker.vocabulary, problems)
    for symptom in escalate.on:
        if isinstance(symptom, Word):
            continue
        answer = symptom.answer
        if answer.regex is not None:
            asker.pattern(Pattern("regex", (str(answer.regex),)), (answer.regex,))
        for name, bounds in (("words", answer.words), ("chars", answer.chars)):
            if bounds is not None:
                bounds.check(name, problems)
        if symptom.asked is not None:
            symptom.asked.words.check("words", problems)


def _recovery(said: doc.Recovery | None) -> Recovery:
    if said is None:
        return Recovery()
    retry, fallback, escalate, breaker = said.retry, said.fallback, said.escalate, said.breaker
    return Recovery(
        retry=Retry() if retry is None else Retry(tuple(map(str, retry.on)), retry.attempts, retry.backoff),
        fallback=Fallback() if fallback is None else Fallback(tuple(map(str, fallback.on)), fallback.attempts),
        escalate=Escalation() if escalate is None else _escalation(escalate),
        stop_on=tuple(map(str, said.stop_on)),
        breaker=None if breaker is None else Breaker(breaker.failures, breaker.within, breaker.open),
    )


def _escalation(said: doc.Escalate) -> Escalation:
    return Escalation(tuple(_symptom(one) for one in said.on), str(said.to), said.attempts)


def _symptom(said: doc.Symptom | Word) -> Unsatisfying:
    if isinstance(said, Word):
        return Unsatisfying(str(said))
    answer = said.answer
    asked = () if said.asked is None else _bounds(said.asked.words)
    if answer.regex is not None:
        return Unsatisfying("answer", pattern=str(answer.regex), asked_words=asked)
    if answer.words is not None:
        return Unsatisfying("answer", words=_bounds(answer.words), asked_words=asked)
    assert answer.chars is not None
    return Unsatisfying("answer", chars=_bounds(answer.chars), asked_words=asked)


def _bounds(said: Bounds) -> tuple[tuple[str, float], ...]:
    given = (("lt", said.lt), ("lte", said.lte), ("gt", said.gt), ("gte", said.gte))
    return tuple((how, bound) for how, bound in given if bound is not None)


def _canary(said: doc.Canary, vocabulary: Vocabulary) -> Canary:
    replaces = sum(vocabulary.model_bit(str(name)) for name in set(said.replaces))
    return Canary(
        vocabulary.model_index(str(said.model)), replaces, said.share, None if said.sticky_by is None else str(said.sticky_by)
    )


def _quality(said: doc.Quality, vocabulary: Vocabulary) -> Quality:
    against = vocabulary.where(lambda t: str(said.against) in (t.tier, t.name))
    return Quality(said.sample, against, vocabulary.model_index(str(said.judge)))
