"""Taking in files by `include`. Everything narrows, so what is taken in cannot be weakened; defining it again is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from posixpath import dirname, isabs, join, normpath
from typing import Any, NamedTuple

from policyroute.policy.document import POLICY, Policy
from policyroute.policy.problems import At, Placed, Problems, Word, shown
from policyroute.policy.record import keys_of
from policyroute.policy.rules import Pipeline
from policyroute.policy.shape import ABSENT
from policyroute.policy.source import Source

Read = Callable[[str], Source]
LeadsOut = Callable[[str, str], bool]
MOST_FILES = 50
NEEDED = ("models", "tiers", "pipeline")
SECTIONS = frozenset({"models", "tiers", "attributes", "tags", "detectors"})
TABLES = ("models", "attributes", "tags", "detectors")
SINGLE = ("mode", "tiers", "recovery", "rollout", "cache", "record", "requested_model", "baseline")


class Composed(NamedTuple):
    """A policy with everything it includes, and the sources it was read from."""

    document: Policy | None
    sources: tuple[Source, ...]


def compose(file: str, read: Read, problems: Problems, leads_out: LeadsOut = lambda path, folder: False) -> Composed:
    """The policy in a file and in all that it includes; included files come first.

    `leads_out` says whether a path leads out of a folder though it does not look so, by a link.
    """
    taking = _Taking(read, leads_out, problems)
    root = taking.take(file, ())
    document = None if root is None else _merge(taking.documents, taking.unread, problems)
    return Composed(document, tuple(taking.sources.values()))


class _Taking:
    """The files taken in so far. `unread` are the sections that may miss names, since a file could not be read."""

    def __init__(self, read: Read, leads_out: LeadsOut, problems: Problems) -> None:
        self.sources: dict[str, Source] = {}
        self.documents: list[Policy] = []
        self.unread: frozenset[str] = frozenset()
        self._read = read
        self._leads_out = leads_out
        self._problems = problems

    def take(self, file: str, chain: tuple[str, ...], said: Word | None = None) -> Policy | None:
        """Reads a file with all that it includes; those first."""
        source = self._read(file)
        if said is not None and (missing := next((p for p in source.problems if p.code == "PR012"), None)):
            message = missing.message.replace("this file", f"`{said}`")
            self._problems.add("PR012", message, said, help="the path is taken from the folder of this file")
            return None
        self.sources[normpath(file)] = source
        self._problems.found += source.problems
        if source.root is None:
            return None
        policy: Policy = POLICY.read(source.root, "$", self._problems)
        if policy is ABSENT:
            return None
        for include in policy.include:
            if not self._problems.full:
                self._include(include, file, (*chain, normpath(file)))
        if "include" in policy.at.unread:
            self.unread = SECTIONS
        self.documents.append(policy)
        return policy

    def _include(self, include: Word, file: str, chain: tuple[str, ...]) -> None:
        target = self._resolved(include, file)
        if target is not None and target in chain:
            message = f"`{shown(include)}` leads back to this file" if target != chain[-1] else "this file includes itself"
            self._problems.add("PR122", message, include, help="take one include of the circle out")
        elif target is not None and target in self.sources:
            return
        elif target is not None and len(self.sources) >= MOST_FILES:
            self._problems.add("PR121", f"more than {MOST_FILES} files", include, help="put several of them together")
        elif target is not None and self.take(target, chain, include) is not None:
            return
        self.unread = SECTIONS

    def _resolved(self, include: Word, file: str) -> str | None:
        """The path of an included file: relative, and inside the tree of the file that includes it."""
        text, here = str(include), dirname(file)
        target = normpath(join(here, text))
        outside = normpath(text) == ".." or normpath(text).startswith("../")
        if isabs(text) or "://" in text or "\\" in text or outside:
            message = f"`{shown(text)}` is not a relative path below this file"
        elif self._leads_out(target, here):
            message = f"`{shown(text)}` is a link that leads out of the folder of this file"
        else:
            return target
        self._problems.add("PR121", message, include, help="include files of this folder or below")
        return None


def _merge(documents: Sequence[Policy], unread: frozenset[str], problems: Problems) -> Policy:
    root = documents[-1]
    unread = unread.union(*(document.at.unread for document in documents))
    missing = [name for name in NEEDED if name not in unread and not any(getattr(d, name) for d in documents)]
    for name in missing:
        help = f"write it: {keys_of(Policy)[name].metadata['doc']}; a file that others include is checked with them"
        problems.add("PR102", f"a policy needs `{name}`", root.at, label=f"`{name}` is missing", help=help)
    changes: dict[str, Any] = {name: _tables(name, documents, problems) for name in TABLES}
    changes["at"] = root.at._replace(unread=unread.union(missing))
    for name in SINGLE:
        changes[name] = _single(name, documents, problems)
    changes["invariants"] = tuple(one for d in documents for one in d.invariants)
    changes["pipeline"] = _pipelines([d.pipeline for d in documents if d.pipeline is not None], root.at, problems)
    return replace(root, **changes)


def _tables(name: str, documents: Sequence[Policy], problems: Problems) -> Mapping[Word, Any]:
    merged: dict[Word, Any] = {}
    first: dict[str, Word] = {}
    for document in documents:
        for key, value in (getattr(document, name) or {}).items():
            if first.setdefault(str(key), key) is key:
                merged[key] = value
                continue
            problems.add(
                "PR123",
                f"`{key}` is already defined in {first[key].place.file}",
                key,
                label=f"defined again under `{name}`",
                help="what an included file defines cannot be redefined: take it out, or give it another name",
            )
    return merged


def _single(name: str, documents: Sequence[Policy], problems: Problems) -> Any:
    default = next(f.default for f in fields(Policy) if f.name == name)
    given = [getattr(d, name) for d in documents if _said(getattr(d, name), default)]
    if not given:
        return default
    first = given[0]
    for value in given[1:]:
        if value != first:
            file = _place(first).place.file
            problems.add("PR123", f"`{name}` is already set in {file}", _place(value), help=f"take it out: {file} decides")
    return first


def _place(value: Any) -> Placed:
    """Where a setting stands: a word, a record, or a list of words."""
    placed: Placed = value if isinstance(value, Word) else value[0] if isinstance(value, tuple) else value.at
    return placed


def _said(value: Any, default: Any) -> bool:
    return isinstance(value, Word) or (value is not None and value != default)


def _pipelines(pipelines: Sequence[Pipeline], at: At, problems: Problems) -> Pipeline:
    ladders = [p.complexity for p in pipelines if p.complexity is not None]
    for ladder in ladders[1:]:
        file = ladders[0].at.place.file
        problems.add("PR123", f"`complexity` is already set in {file}", ladder.at, help="only one ladder can rank a call")
    return Pipeline(
        at=pipelines[-1].at if pipelines else at,
        sensitivity=tuple(rule for p in pipelines for rule in p.sensitivity),
        routes=tuple(rule for p in pipelines for rule in p.routes),
        budgets=tuple(rule for p in pipelines for rule in p.budgets),
        complexity=ladders[0] if ladders else None,
    )
