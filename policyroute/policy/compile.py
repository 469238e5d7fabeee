"""From a document to a pipeline: every name resolved, every pattern compiled, every set of models turned into bits."""

from __future__ import annotations

from typing import NamedTuple

from policyroute.conditions import questions as ask
from policyroute.conditions.condition import NEVER, Condition
from policyroute.conditions.reader import Attribute, Reader
from policyroute.decision import Names, Version
from policyroute.pipeline import Pipeline
from policyroute.policy import document as doc, rules
from policyroute.policy.conditions import Asker, Setting
from policyroute.policy.declaring import tags_of, vocabulary_of
from policyroute.policy.planning import check_plan, compile_plan
from policyroute.policy.problems import Problems, Word
from policyroute.policy.ruling import budget, ladder, route, tagging, unique_ids
from policyroute.policy.selectors import select
from policyroute.policy.vocabulary import Vocabulary, among
from policyroute.scan import Pattern
from policyroute.scan.detectors import CHECKS, KINDS, OwnDetector, detector_set
from policyroute.scoring import Heuristic
from policyroute.stages.budgets import Budget, Budgets
from policyroute.stages.complexity import Complexity, Ordering, Row, requested_names
from policyroute.stages.fit import Fit
from policyroute.stages.override import Override
from policyroute.stages.routes import Route, Routes
from policyroute.stages.sensitivity import Sensitivity, Tag, Tagging
from policyroute.stages.stage import Candidates


class Invariant(NamedTuple):
    """What has to hold: `reach` are models that must never be reached, `needs` models of which one must stay."""

    said: doc.Invariant
    when: Condition
    reach: int | None
    needs: int | None


class Compiled(NamedTuple):
    """A policy, resolved: what analysis looks at, and what the pipeline is made of."""

    document: doc.Policy
    vocabulary: Vocabulary
    questions: tuple[ask.Question, ...]
    tags: tuple[Tag, ...]
    taggings: tuple[Tagging, ...]
    routes: tuple[Route, ...]
    budgets: tuple[Budget, ...]
    rows: tuple[Row, ...]
    invariants: tuple[Invariant, ...]

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Every rule of the four stages, in order."""
        tagging = [t.clause.id for t in self.taggings]
        routes = [r.clause.id for r in self.routes]
        return (*tagging, *routes, *(b.id for b in self.budgets), *(r.clause.id for r in self.rows))


def resolve(document: doc.Policy, problems: Problems) -> Compiled:
    """Everything but the machines: names, sets and conditions; says all that is wrong on the way."""
    problems.unread = document.at.unread
    vocabulary = vocabulary_of(document, problems)
    asker = Asker(vocabulary, problems)
    pipeline = document.pipeline or rules.Pipeline(document.at)
    tags = tags_of(document, vocabulary, problems)
    unique_ids(
        [
            *pipeline.sensitivity,
            *pipeline.routes,
            *pipeline.budgets,
            *(pipeline.complexity.ladder if pipeline.complexity else ()),
        ],
        problems,
    )
    unique_ids(document.invariants, problems)
    taggings = tuple(tagging(rule, asker) for rule in pipeline.sensitivity)
    routes = tuple(route(rule, asker) for rule in pipeline.routes)
    budgets = tuple(budget(rule, vocabulary, problems) for rule in pipeline.budgets)
    rows = ladder(pipeline.complexity, asker)
    invariants = tuple(_invariant(one, asker) for one in document.invariants)
    _detectors(document, asker)
    check_plan(document, asker)
    return Compiled(document, vocabulary, tuple(asker.questions), tags, taggings, routes, budgets, rows, invariants)


def assemble(compiled: Compiled, version: Version) -> Pipeline:
    """The machines: reader, stages and plan of a policy without errors."""
    document, vocabulary, questions = compiled.document, compiled.vocabulary, compiled.questions
    targets, tiers = vocabulary.targets, vocabulary.tiers
    kinds = [q.kind for q in questions if isinstance(q, ask.Detected) and q.kind not in vocabulary.plugins]
    attributes = [
        Attribute(
            str(name),
            str(a.source),
            a.trust == "claimed",
            None if a.values is None else frozenset(map(str, a.values)),
            a.default,
            a.required,
        )
        for name, a in vocabulary.attributes.items()
    ]
    reader = Reader(questions, attributes, detector_set(kinds, own_detectors(document)), Heuristic())
    said = document.pipeline.complexity if document.pipeline else None
    ordering = Ordering(
        then_by=said.then_by if said else "price",  # type: ignore[arg-type]
        sticky=bool(said and said.sticky_by),
        requested_first=document.requested_model == "prefer",
    )
    required = requested_names(targets) if document.requested_model == "require" else None
    sensitivity = Sensitivity(compiled.taggings, compiled.tags, questions)
    stages = (
        Fit(targets),
        sensitivity,
        Routes(compiled.routes, questions),
        Budgets(compiled.budgets, targets),
        Override(targets, tiers, required),
        Complexity(compiled.rows, ordering, targets, tiers, questions),
    )
    maskings = sensitivity.maskings
    masks = any(masking.redact for masking in maskings)
    names = Names(targets, tuple(vocabulary.tags), version, str(document.mode), maskings, masks)
    everybody = Candidates((1 << len(targets)) - 1, 0)
    return Pipeline(names, reader, stages, compile_plan(document, vocabulary), everybody, document.mode == "off")


def own_detectors(document: doc.Policy) -> tuple[OwnDetector, ...]:
    """The detectors that a policy without errors declares, but for those of plug-ins."""
    declared = (document.detectors or {}).items()
    return tuple(_own(name, said) for name, said in declared if said is not None and not said.plugin)


def _invariant(said: doc.Invariant, asker: Asker) -> Invariant:
    vocabulary, problems = asker.vocabulary, asker.problems
    body = said.never if said.never is not None else said.always
    if body is None:
        return Invariant(said, NEVER, None, -1)
    when = asker.condition({k: v for k, v in body.items() if k not in ("reach", "needs", "budgets")}, Setting("invariant"))
    if said.never is not None:
        if not asker.meant(body, "reach"):
            help = "add the models that must never be reached, such as `reach: {region: {not: [eu]}}`"
            problems.add("PR102", f"`never` of `{said.id}` needs `reach`", body, help=help)
        return Invariant(said, when, select(body.get("reach"), vocabulary, problems), None)
    needs = body.get("needs")
    if needs is None:
        if not asker.meant(body, "needs"):
            help = "add what must always be left, such as `needs: {caps: [tools]}`"
            problems.add("PR102", f"`always` of `{said.id}` needs `needs`", body, help=help)
        return Invariant(said, when, None, -1)
    caps = set(map(str, needs.caps))
    fits = vocabulary.where(
        lambda t: (needs.context is None or (t.context or 0) >= needs.context) and caps <= (t.caps or frozenset())
    )
    return Invariant(said, when, None, fits)


def _detectors(document: doc.Policy, asker: Asker) -> None:
    for name, said in (document.detectors or {}).items():
        if name in KINDS:
            asker.problems.add("PR110", f"`{name}` is a built-in detector", name, help="give your own detector another name")
        if said is None:
            continue
        if said.plugin and (said.near or said.check is not None):
            message = f"`{'near' if said.near else 'check'}` means nothing for `{name}`, which a plug-in finds"
            asker.problems.add("PR208", message, name, help="the plug-in says what is valid; take it out here")
        if said.check is not None:
            among(said.check, "check", "PR104", CHECKS, asker.problems)
        if words := said.keywords or (said.regex and (said.regex,)):
            asker.pattern(_own(name, said).pattern, words)
        if said.near:
            asker.pattern(Pattern("keywords", tuple(map(str, said.near))), said.near)


def _own(name: Word, said: doc.Detector) -> OwnDetector:
    kind, words = ("regex", (said.regex or name,)) if said.keywords is None else ("keywords", said.keywords)
    pattern = Pattern(kind, tuple(map(str, words)))  # type: ignore[arg-type]
    return OwnDetector(str(name), pattern, tuple(map(str, said.near)), None if said.check is None else str(said.check))
