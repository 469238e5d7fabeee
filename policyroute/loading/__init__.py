"""Loading a policy: read, shape, names, lint, containment, compile. Every problem is said at once; a bad policy never serves."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from os import PathLike, fspath
from os.path import commonpath, realpath
from typing import TYPE_CHECKING, NamedTuple

from policyroute.analysis.containment import disproved
from policyroute.analysis.lint import lines_end, lint, unscanned_is_decided
from policyroute.call import Api, Call, Facts
from policyroute.decision import Decision, Version
from policyroute.errors import PolicyError, Problem
from policyroute.pipeline import Pipeline
from policyroute.policy.compile import Compiled, assemble, own_detectors, resolve
from policyroute.policy.compose import Read, compose
from policyroute.policy.problems import Problems
from policyroute.policy.source import Source, read_file, read_text, to_plain

if TYPE_CHECKING:
    from policyroute.redaction import Redaction


class Policy(NamedTuple):
    """A policy that may serve: what it says, its machines, and the warnings it was loaded with."""

    file: str
    compiled: Compiled
    pipeline: Pipeline
    sources: tuple[Source, ...]
    warnings: tuple[Problem, ...]

    @property
    def version(self) -> Version:
        """Its name, version and hash."""
        return self.pipeline.names.version

    def decide(self, call: Call, facts: Facts | None = None) -> Decision:
        """Where this call may go, and why. Sends nothing."""
        return self.pipeline.decide(call, facts)

    def redact(self, body: bytes, decision: Decision, api: Api = "openai.chat") -> Redaction:
        """The body as this decision lets it leave. `NotRedacted`: decide again with `redact` among the facts that failed."""
        redaction = import_module("policyroute.redaction")  # it needs every dialect, and checking a policy needs none
        own = own_detectors(self.compiled.document)
        answer: Redaction = redaction.redacted(body, api, decision.redact, restore=decision.restore, own=own)
        return answer


class Checked(NamedTuple):
    """What looking at a policy found: the policy where it may serve, all problems, and the sources for their frames."""

    policy: Policy | None
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...]


def load(path: str | PathLike[str]) -> Policy:
    """The policy in a file, ready to serve. Raises `PolicyError` with every problem where it must not."""
    return _served(examine(fspath(path)))


def loads(text: str, file: str = "policy.yaml") -> Policy:
    """The policy in a text, as if it stood in `file`: what it includes is read from beside that."""
    return _served(examine(file, lambda name: read_text(text, name) if name == file else read_file(name)))


def _served(checked: Checked) -> Policy:
    if checked.policy is None:
        raise PolicyError(checked.problems)
    checked.policy.pipeline.reader.warm()
    return checked.policy


@contextmanager
def without_collector() -> Iterator[None]:
    """Loading makes no garbage in circles, and looking for some among all that it makes would take more than half its time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@without_collector()
def examine(file: str, read: Read = read_file) -> Checked:
    """Everything that can be said of a policy file without a call."""
    problems = Problems()
    composed = compose(file, read, problems, _leads_out)
    document = composed.document
    if document is None:
        return Checked(None, problems.in_order(), composed.sources)
    compiled = resolve(document, problems)
    if problems.error_count():
        if not problems.are_below("$.pipeline.sensitivity"):
            unscanned_is_decided(compiled, problems)
        return Checked(None, problems.in_order(), composed.sources)
    lint(compiled, problems)
    lines_end(composed.sources, problems)
    metadata = document.metadata
    pipeline = assemble(compiled, Version(str(metadata.name), metadata.version, content_hash(composed.sources)))
    disproved(compiled, pipeline, problems)
    if problems.error_count():
        return Checked(None, problems.in_order(), composed.sources)
    policy = Policy(file, compiled, pipeline, composed.sources, problems.in_order())
    return Checked(policy, policy.warnings, composed.sources)


def _leads_out(path: str, folder: str) -> bool:
    """Whether a link takes a path out of a folder."""
    try:
        real = realpath(folder)
        return commonpath((real, realpath(path))) != real
    except ValueError:
        return False  # no file can have this name, which is said when it is read


def content_hash(sources: Sequence[Source]) -> str:
    """A hash of what the files say: comments and layout do not change it."""
    said = [to_plain(source.root) for source in sources if source.root is not None]
    return sha256(json.dumps(said).encode()).hexdigest()[:16]
