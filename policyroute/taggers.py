"""Tags that an upstream tagger vouches for: signed for one body, for a short time, and good for one call.

What a signature covers is the very text of the header before `; mac=`, so there is nothing to put in order before it
is checked:

    x-policyroute-signed-tags: v1; key=KEY; tags=phi,pii; expires=SECONDS; nonce=NONCE; body=SHA256; mac=MAC

    MAC = base64url, unpadded, of HMAC-SHA-256(secret, "x-policyroute-signed-tags: v1; key=…; body=SHA256")

Verified tags add, as those of a caller do. Beyond that, the call's attribute `tagger` says whose key it was, so that a
policy can ask for it.
"""

from __future__ import annotations

import hmac
import os
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import NamedTuple, TypeVar

from policyroute.call import Call
from policyroute.errors import CallError, UsageError

HEADER = "x-policyroute-signed-tags"
ATTRIBUTE = "tagger"
LEAST_KEY_BYTES = 32
MOST_HEADER = 4096
MOST_TAGS = 64
MOST_AHEAD_S = 300
REMEMBERED = 100_000

_KEY_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._/:@-]{0,119}"
_NONCE = r"[A-Za-z0-9_-]{16,64}"
_EXPIRES = r"[1-9][0-9]{0,11}"
_is_key_id = re.compile(_KEY_ID, re.ASCII).fullmatch
_is_tag = re.compile(_TAG, re.ASCII).fullmatch
_is_nonce = re.compile(_NONCE, re.ASCII).fullmatch
# One way to write each field, and one order of them: what is doubled, unknown or left out does not match.
_SAID = re.compile(
    rf"(?P<signed>v1; key=(?P<key>{_KEY_ID}); tags=(?P<tags>(?:{_TAG}(?:,{_TAG})*)?); expires=(?P<expires>{_EXPIRES}); "
    rf"nonce=(?P<nonce>{_NONCE}); body=(?P<body>[0-9a-f]{{64}})); mac=(?P<mac>[A-Za-z0-9_-]{{43}})",
    re.ASCII,
).fullmatch
_AnyCall = TypeVar("_AnyCall", bound=Call)


class Signed(NamedTuple):
    """What a header vouches for: these tags, by this key."""

    key_id: str
    tags: tuple[str, ...]


def sign(key_id: str, key: bytes, tags: Collection[str], body: bytes, *, expires: int, nonce: str) -> str:
    """The value of the header: these tags of this body, until `expires` (Unix seconds), under a nonce that was never used."""
    _check_key(key_id, key)
    said = ",".join(sorted(set(tags)))
    header = f"v1; key={key_id}; tags={said}; expires={expires}; nonce={nonce}; body={sha256(body).hexdigest()}"
    header += f"; mac={_mac(key, header)}"
    if not all(map(_is_tag, tags)) or len(set(tags)) > MOST_TAGS:
        raise UsageError(f"tags are at most {MOST_TAGS} names of a policy")
    if not _is_nonce(nonce):
        raise UsageError("a nonce is 16 to 64 letters, digits, `_` and `-`")
    if not _SAID(header) or len(header) > MOST_HEADER:
        raise UsageError(f"`expires` is a whole number of Unix seconds, and the header at most {MOST_HEADER:,} characters")
    return header


class Verifier:
    """Checks the signed tags of calls. Any number of threads may share it.

    `keys` are the taggers' secrets by key id; several at once are how a key is replaced. `clock` gives Unix seconds.
    A signature may expire at most `most_ahead_s` from the present. Its nonce is remembered until then; where
    `remembered` are, more are refused until some expire. A forked process goes on with what was remembered by then.
    """

    def __init__(
        self,
        keys: Mapping[str, bytes],
        *,
        clock: Callable[[], float] = time.time,
        most_ahead_s: int = MOST_AHEAD_S,
        remembered: int = REMEMBERED,
    ) -> None:
        if not keys:
            raise UsageError("a verifier needs at least one key")
        for key_id, key in keys.items():
            _check_key(key_id, key)
        if most_ahead_s < 1 or remembered < 1:
            raise UsageError("`most_ahead_s` and `remembered` are at least 1")
        self._keys = dict(keys)
        self._clock = clock
        self._most_ahead_s = most_ahead_s
        self._nonces = _Nonces(remembered)

    def verify(self, header: str | Sequence[str], body: bytes) -> tuple[str, ...]:
        """The tags that a header states of this body, in order; `CallError` if it does not hold, or held before."""
        return self._verified(header, body).tags

    def admit(self, call: _AnyCall, header: str | Sequence[str] | None, body: bytes) -> _AnyCall:
        """The call with its verified tags, and with the attribute `tagger`. Without the header it stays as it is.

        `body` are the bytes that the call was read from, `header` the value, or every value where a server gives a list.
        """
        if header is None or (not isinstance(header, str) and not header):
            return call
        signed = self._verified(header, body)
        tags = tuple(dict.fromkeys((*call.asks.tags, *signed.tags)))
        attributes = {**call.attributes, ATTRIBUTE: signed.key_id}
        return call._replace(asks=call.asks._replace(tags=tags), attributes=attributes)

    def _verified(self, header: str | Sequence[str], body: bytes) -> Signed:
        if not isinstance(header, str):
            if len(header) != 1:
                raise _refused("is given more than once")
            header = header[0]
        said = _SAID(header) if len(header) <= MOST_HEADER else None
        if said is None:
            raise _refused("is not written as it has to be")
        key = self._keys.get(said["key"])
        if key is None:
            raise _refused("is signed with a key that is not known here")
        if not hmac.compare_digest(_mac(key, said["signed"]), said["mac"]):
            raise _refused("has a signature that does not fit")
        tags = tuple(said["tags"].split(",")) if said["tags"] else ()
        if len(tags) > MOST_TAGS or list(tags) != sorted(set(tags)):
            raise _refused("is not written as it has to be")
        now, expires = self._clock(), int(said["expires"])
        if not expires > now:  # so that a clock which does not know lets nothing through
            raise _expired()
        if expires > now + self._most_ahead_s:
            raise _refused("expires too far ahead")
        if not hmac.compare_digest(sha256(body).hexdigest(), said["body"]):
            raise _refused("is for another body")
        self._nonces.use(f"{said['key']};{said['nonce']}", expires, now)
        return Signed(said["key"], tags)


class _Nonces:
    """Those that were used and have not expired. Bounded: what is full refuses, since to forget is to let one in twice."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()
        self._expiring: dict[int, list[str]] = {}
        self._forgotten_to = self._looked_at = 0
        # By process: a lock that another thread held in the moment of a fork would never be released in the child.
        self._locks: dict[int, Lock] = {}

    def use(self, nonce: str, expires: int, now: float) -> None:
        with self._locks.setdefault(os.getpid(), Lock()):
            self._forget(now)
            if expires <= self._forgotten_to:
                raise _expired()  # the clock went back, to before what is not remembered any more
            if nonce in self._seen:
                raise CallError(f"{HEADER}: was used before", code="replayed_signature", status=401)
            if len(self._seen) >= self._most:
                raise CallError(f"{HEADER}: too many are in use, try again later", code="too_many_signatures", status=503)
            self._expiring.setdefault(expires, []).append(nonce)
            self._seen.add(nonce)

    def _forget(self, now: float) -> None:
        if int(now) == self._looked_at:
            return
        self._looked_at = int(now)
        for expires in [second for second in self._expiring if second <= now]:
            self._forgotten_to = max(self._forgotten_to, expires)
            self._seen.difference_update(self._expiring.pop(expires))


def _check_key(key_id: str, key: bytes) -> None:
    if not _is_key_id(key_id):
        raise UsageError("a key id is 1 to 64 letters, digits, `.`, `_` and `-`, a letter or digit first")
    if len(key) < LEAST_KEY_BYTES:
        raise UsageError(f"the key `{key_id}` is shorter than {LEAST_KEY_BYTES} bytes")


def _mac(key: bytes, signed: str) -> str:
    digest = hmac.digest(key, f"{HEADER}: {signed}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _refused(why: str) -> CallError:
    return CallError(f"{HEADER}: {why}", code="bad_signature", status=401)


def _expired() -> CallError:
    return CallError(f"{HEADER}: has expired", code="expired_signature", status=401)
