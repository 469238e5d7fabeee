"""What is said to a server: a step as the words of one script call, and what to say next after each answer. No I/O."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import NamedTuple

from policyroute.ledgers.redis.trouble import Reason, RedisTrouble

Reply = bytes | list[bytes]
MORE = b"more"


class Script(NamedTuple):
    """A script, called by its name, or sent whole to a server that does not know it yet."""

    by_name: str
    whole: str


def _read(*parts: str) -> Script:
    folder = files(__package__)
    text = b"".join(folder.joinpath(f"{part}.lua").read_bytes() for part in parts)
    named = sha1(text, usedforsecurity=False).hexdigest()
    return Script(_bulk("EVALSHA") + _bulk(named), _bulk("EVAL") + _bulk(text.decode()))


def _bulk(word: str) -> str:
    return f"${len(word)}\r\n{word}\r\n"


_SIZES = tuple(f"${size}\r\n" for size in range(256))
LOOK = _read("accounts", "let_go", "due", "look")
RESERVE = _read("accounts", "let_go", "due", "reserve")
SETTLE = _read("accounts", "let_go", "settle")
GRANT = _read("accounts", "let_go", "due", "grant")
BALANCES = _read("accounts", "let_go", "due", "balances")
AUDIT = _read("audit")


class Ask(NamedTuple):
    """A call of a script with its keys and arguments."""

    script: Script
    keys: tuple[str, ...]
    words: Sequence[str | int]

    def packet(self, whole: bool) -> bytes:
        """As it goes over the wire, where a word has its length in bytes before it."""
        keys = self.keys
        words = [str(len(keys)), *keys, *map(str, self.words)]
        head = f"*{2 + len(words)}\r\n{self.script.whole if whole else self.script.by_name}"
        text = "".join([f"{_SIZES[len(word)]}{word}\r\n" if len(word) < 256 else _bulk(word) for word in words])
        if text.isascii():
            return (head + text).encode()
        # A key may hold half of a surrogate pair, as JSON may.
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        return head.encode() + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded])


def conversation(ask: Ask, got: Reply | Reason, place: str) -> Generator[bytes, Reply | Reason, Reply]:
    """Goes on from what came of a question: yields what to send and is sent what came of that, until there is an answer.

    A script that the server does not know is sent whole. A connection that was lost may have been lost before or after the
    step: it is asked once more, and every script answers the same to the same question. `more` is a server that has much to
    tidy up first.
    """
    whole = lost = False
    while isinstance(got, str) or got == MORE:
        if got == "unknown script" and not whole:
            whole = True
        elif got == "lost" and not lost:
            lost = True
        elif isinstance(got, str):
            raise RedisTrouble(got, place)
        got = yield ask.packet(whole)
    return got
