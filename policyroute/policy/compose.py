"""Taking in files by `include`. Everything narrows, so what is taken in cannot be weakened; defining it again is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from posixpath import dirname, isabs, join, normpath
from typing import Any, NamedTuple

from policyroute.policy.document import POLICY, Policy
from policyroute.policy.problems import At, Problems, Word
from policyroute.policy.rules import Pipeline
from policyroute.policy.shape import ABSENT
from policyroute.policy.source import Source

Read = Callable[[str], Source]
MOST_FILES = 50
TABLES = ("models", "attributes", "tags", "detectors")
SINGLE = ("mode", "tiers", "recovery", "rollout", "cache", "requested_model", "baseline")


class Composed(NamedTuple):
    """A policy with everything it includes, and the sources it was read from."""

    document: Policy | None
    sources: tuple[Source, ...]


def compose(file: str, read: Read, problems: Problems) -> Composed:
    """The policy in a file and in all that it includes; included files come first."""
    sources: dict[str, Source] = {}
    documents: list[Policy] = []
    _take(file, None, (), (read, sources, documents, problems))
    return Composed(_merge(documents, problems) if documents else None, tuple(sources.values()))


_State = tuple[Read, dict[str, Source], list[Policy], Problems]


def _take(file: str, said: Word | None, chain: tuple[str, ...], state: _State) -> None:
    read, sources, documents, problems = state
    if file in sources:
        return
    if len(sources) >= MOST_FILES and said is not None:
        problems.add("PR121", f"more than {MOST_FILES} files are included", said)
        return
    source = sources[file] = read(file)
    problems.found += source.problems
    if source.root is None:
        return
    document = POLICY.read(source.root, "$", problems)
    if document is ABSENT:
        return
    for include in document.include:
        target = _resolved(include, file, problems)
        if target is None:
            continue
        if target in (*chain, file):
            problems.add("PR122", f"`{include}` includes this file again", include, help="take one of the two includes out")
            continue
        _take(target, include, (*chain, file), state)
    documents.append(document)


def _resolved(include: Word, file: str, problems: Problems) -> str | None:
    """The path of an included file: relative, and inside the tree of the file that includes it."""
    text = str(include)
    here = dirname(file)
    target = normpath(join(here, text))
    outside = normpath(text).startswith("..")
    if isabs(text) or "://" in text or "\\" in text or outside:
        problems.add(
            "PR121",
            f"`{include}` is not a relative path below this file",
            include,
            help="include files by a relative path of this folder or below",
        )
        return None
    return target


def _merge(documents: Sequence[Policy], problems: Problems) -> Policy:
    root = documents[-1]
    changes: dict[str, Any] = {name: _tables(name, documents, problems) for name in TABLES}
    for name in SINGLE:
        changes[name] = _single(name, documents, problems)
    changes["invariants"] = tuple(one for d in documents for one in d.invariants)
    changes["pipeline"] = _pipelines([d.pipeline for d in documents if d.pipeline is not None], root.at, problems)
    return replace(root, **changes)


def _tables(name: str, documents: Sequence[Policy], problems: Problems) -> Mapping[Word, Any]:
    merged: dict[Word, Any] = {}
    for document in documents:
        for key, value in (getattr(document, name) or {}).items():
            if key in merged:
                first = next(k for k in merged if k == key)
                problems.add(
                    "PR123",
                    f"`{key}` is already defined in {first.place.file}",
                    key,
                    label=f"defined again under `{name}`",
                    help="included names cannot be redefined",
                )
            else:
                merged[key] = value
    return merged


def _single(name: str, documents: Sequence[Policy], problems: Problems) -> Any:
    default = next(f.default for f in fields(Policy) if f.name == name)
    given = [(getattr(d, name), d) for d in documents if _said(getattr(d, name), default)]
    if not given:
        return default
    first = given[0][0]
    for value, document in given[1:]:
        if value != first:
            where = value if isinstance(value, Word) else value.at if hasattr(value, "at") else value[0] if value else document.at
            problems.add(
                "PR123",
                f"`{name}` is already set by an included file",
                where,
                help="an including file cannot change what it includes",
            )
    return first


def _said(value: Any, default: Any) -> bool:
    return isinstance(value, Word) or value != default


def _pipelines(pipelines: Sequence[Pipeline], at: At, problems: Problems) -> Pipeline:
    ladders = [p.complexity for p in pipelines if p.complexity is not None]
    for ladder in ladders[1:]:
        problems.add("PR123", "`complexity` is already set by an included file", ladder.at, help="one ladder can rank a call")
    return Pipeline(
        at=pipelines[-1].at if pipelines else at,
        sensitivity=tuple(rule for p in pipelines for rule in p.sensitivity),
        routes=tuple(rule for p in pipelines for rule in p.routes),
        budgets=tuple(rule for p in pipelines for rule in p.budgets),
        complexity=ladders[0] if ladders else None,
    )
