"""What masking made of a body, and how an answer gets its values back: whole, or in pieces cut anywhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import NamedTuple

from policyroute.dialects.json_body import Json
from policyroute.redaction.leaves import Page, Unmaskable, rebuilt

PLACEHOLDER = re.compile(r"\[[A-Z0-9][A-Z0-9_]*_[0-9]+\]")


class Masked(NamedTuple):
    """One value that a placeholder stands for. Never shown in a repr."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"<Masked {self.kind}>"


class Redaction:
    """A body without the values that were masked, and what an answer needs to get some of them back."""

    def __init__(self, body: bytes, masked: Mapping[str, Masked], restored: Collection[str] = ()) -> None:
        self.body = body
        self._masked = masked
        self._restored = frozenset(restored)

    def __repr__(self) -> str:
        counts = ", ".join(f"{kind}: {count}" for kind, count in self.replaced.items())
        return f"<Redaction {counts or 'of nothing'}>"

    @cached_property
    def replaced(self) -> Mapping[str, int]:
        """How many different values of each kind were masked."""
        return dict(Counter(one.kind for one in self._masked.values()))

    @property
    def restores(self) -> bool:
        """Whether an answer can have values to put back."""
        return bool(self._plain)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """What stands in the body instead."""
        return tuple(self._masked)

    @cached_property
    def _plain(self) -> Mapping[str, str]:
        return {place: one.value for place, one in self._masked.items() if one.kind in self._restored}

    @cached_property
    def _escaped(self) -> Mapping[str, str]:
        return {place: json.dumps(value, ensure_ascii=False)[1:-1] for place, value in self._plain.items()}

    def restore(self, text: str, *, escaped: bool = False) -> str:
        """A text with the values put back; `escaped` where it is a part of JSON that nobody has decoded."""
        values = self._escaped if escaped else self._plain
        return put_back(text, values) if values and "[" in text else text

    def restore_json(self, answer: Json) -> Json:
        """A decoded answer with the values put back, escaped wherever a text in it is JSON again. What nests too deeply stays."""
        if not self._plain:
            return answer
        try:
            return self._restored_tree(answer, keys=True)
        except Unmaskable:
            return self._restored_tree(answer, keys=False)
        except RecursionError:
            return answer

    def _restored_tree(self, answer: Json, *, keys: bool) -> Json:
        page = Page(answer)
        for leaf, _ in page.lines:
            if leaf.sort == "text" or (keys and leaf.sort == "key"):
                leaf.text = self.restore(leaf.text)
        return rebuilt(page.root)

    def restorer(self, *, escaped: bool = False) -> Restorer:
        """The same for a text that comes in pieces; `escaped` for the arguments of a tool, which are JSON."""
        return Restorer(self._escaped if escaped else self._plain)


class Restorer:
    """Puts values back into a text that comes in pieces. It holds back what may begin a placeholder, and no more."""

    __slots__ = ("_begun", "_held", "_values")

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._begun = frozenset(place[:end] for place in values for end in range(1, len(place)))
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be said after this piece."""
        if not self._values:
            return piece
        text = self._held + piece
        cut = text.rfind("[")
        if cut < 0 or text[cut:] not in self._begun:
            cut = len(text)
        self._held = text[cut:]
        return put_back(text[:cut], self._values)

    def close(self) -> str:
        """What was held back, once nothing more comes."""
        held, self._held = self._held, ""
        return held


def put_back(text: str, values: Mapping[str, str]) -> str:
    """The text with each of these placeholders as its value; what a value says is not looked at again."""
    return PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), text)
