"""Masking what is sensitive in a body before it leaves, and putting it back into the answer.

Every text, number and key of the decoded body is looked at, as the detectors look at the call. What cannot be masked there
is found by reading the masked body again: then there is no redaction, and the call has to be decided without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial

from policyroute.call import Api, Call
from policyroute.conditions.questions import EVERYBODY
from policyroute.conditions.reader import said_by
from policyroute.dialects import json_body, read_call
from policyroute.errors import CallError, PolicyrouteError
from policyroute.redaction.answers import Masked, Redaction, Restorer
from policyroute.redaction.leaves import Page, Unmaskable, rebuilt
from policyroute.redaction.masking import Masker
from policyroute.scan import ScanFailed, build
from policyroute.scan.detectors import Finding, OwnDetector, detector_set
from policyroute.stages.sensitivity import covers

__all__ = ["Masked", "NotRedacted", "Redaction", "Restorer", "redacted"]

_ROUNDS = 4
_MODEL = frozenset({"model"})


class NotRedacted(PolicyrouteError):
    """Something that has to be masked is still in the body: decide again with `redact` among the facts that failed."""

    status = 403
    code = "not_redacted"


def redacted(
    body: bytes,
    api: Api,
    kinds: Sequence[str],
    *,
    restore: Collection[str] = (),
    own: Sequence[OwnDetector] = (),
) -> Redaction:
    """The body with every value of these kinds masked; those of `restore` can be put back.

    `CallError` where it cannot be read, `NotRedacted` where it cannot be masked. The same bytes where there is nothing to mask.
    """
    if not kinds:
        return Redaction(body, {})
    mine = tuple(one for one in own if any(covers(kind, one.id) for kind in kinds))
    find = _finder(tuple(kinds), mine)
    masked: dict[str, Masked] = {}
    for _ in range(_ROUNDS):
        clean, more = _masked(body, api, kinds, find)
        if clean is body:
            return Redaction(body, masked, restore)
        # The words of a placeholder may wake a detector for what stands beside it: so it is looked at once more.
        body, masked = clean, {**masked, **more}
    raise NotRedacted("a value that has to be masked comes back however often it is masked")


def _masked(
    body: bytes, api: Api, kinds: Sequence[str], find: Callable[[str], list[Finding]]
) -> tuple[bytes, Mapping[str, Masked]]:
    """The body masked, as far as that shows before it has its placeholders, and what they stand for."""
    page = Page(json_body.parse(body, max_bytes=_room(body)), _MODEL)
    masker = Masker(page, body.decode(), find, kinds)
    call: Call = read_call(body, api, max_bytes=_room(body))
    clean = body
    try:
        for _ in range(_ROUNDS):
            again = call
            if masker.mask():
                clean = _written(page)
                again = _read(clean, api, call)
            left = _left(again, masker)
            if not left:
                break
            if not masker.learn(left):
                raise NotRedacted("a value that has to be masked is spread over the body in a way that cannot be masked")
        else:
            raise NotRedacted("a value that has to be masked comes back however often it is masked")
    except ScanFailed:
        raise NotRedacted("the body could not be searched for what has to be masked") from None
    except Unmaskable:
        raise NotRedacted("a value that has to be masked stands where nothing else may stand") from None
    if clean is body:
        return body, {}
    text, masked = masker.numbered(clean.decode())
    return text.encode(), masked


def _room(body: bytes) -> int:
    """Whoever took the body has decided how large one may be, and placeholders may be longer than what they stand for."""
    return max(json_body.MAX_BYTES, 2 * len(body))


def _written(page: Page) -> bytes:
    tree = rebuilt(page.root)
    assert type(tree) is dict
    return json_body.dump(tree)


def _read(body: bytes, api: Api, before: Call) -> Call:
    """The masked body as a call: whatever reads it has to see as much of it as before."""
    try:
        call = read_call(body, api, max_bytes=_room(body))
    except CallError:
        call = None
    if call is None or not set(call.unscanned) <= set(before.unscanned):
        raise NotRedacted("a value that has to be masked stands where the wire format wants something else")
    return call


def _left(call: Call, masker: Masker) -> list[tuple[Finding, str]]:
    """What is still found in the call, and how it is written there."""
    text = said_by(call.parts, EVERYBODY, False)
    return [(found, text[found.start : found.end]) for found in masker.find(text)]


@lru_cache(maxsize=64)
def _finder(kinds: tuple[str, ...], own: tuple[OwnDetector, ...]) -> Callable[[str], list[Finding]]:
    """The same few sets are asked for over and over, and their patterns take their time to compile; RE2 takes the least."""
    names = {one.id for one in own}
    detectors = detector_set([kind for kind in kinds if kind not in names], own)
    return partial(detectors.find_among, build(detectors.patterns, engine="re2"))
