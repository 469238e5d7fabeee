"""Reads a regex, as RE2 or as Python spells it, into a tree; refuses what no linear-time engine can answer."""

from __future__ import annotations

from typing import Final

from policyroute.scan import charset
from policyroute.scan.charset import CharSet
from policyroute.scan.escapes import Cursor, Flags, literal
from policyroute.scan.refusal import LINEAR, REFUSED_GROUPS, PatternError
from policyroute.scan.tree import Alt, At, Chars, Node, Place, Rep, Seq, repeats

MOST_REPEATS: Final = 1000
_DEEPEST: Final = 50

_ANY: Final = Chars(charset.ANY)
_ANY_BUT_LF: Final = Chars(CharSet(charset.ALL_ASCII ^ 1 << 10, charset.ALL_KINDS))
_PLACES: Final[dict[str, Place]] = {"A": "start", "Z": "end", "z": "end", "b": "edge", "B": "no_edge"}
_ASCII_PLACES: Final[dict[str, Place]] = {"b": "ascii_edge", "B": "no_ascii_edge"}
_REPEATS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse(source: str, *, case_sensitive: bool = False) -> Node:
    """The tree of a regex; raises `PatternError` with the offset of what is wrong."""
    return _Reader(source).whole(frozenset() if case_sensitive else frozenset("i"))


class _Open(Rep):
    """A repeat that no group has closed off yet: another must not follow it."""


class _Reader(Cursor):
    """Groups, repeats and alternatives."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.depth = 0
        self.names: set[str] = set()

    def whole(self, flags: Flags) -> Node:
        tree = self.alternatives(flags)
        if self.at < len(self.source):
            raise PatternError("unbalanced `)`", self.at, help="write `\\)` for the character itself")
        return tree

    def alternatives(self, flags: Flags) -> Node:
        """Everything up to the end of the group or of the source."""
        branches: list[Node] = []
        items: list[Node] = []
        source, size = self.source, len(self.source)
        while self.at < size:
            char = source[self.at]
            if char == ")":
                break
            if char == "|":
                self.at += 1
                branches.append(_sequence(items))
                items = []
            elif char in "*+?{" and self.repeat(items, flags):
                pass
            elif char == "(":
                flags = self.group(items, flags)
            elif "x" in flags and char in " \t\n\r\v\f":
                self.at += 1
            elif "x" in flags and char == "#":
                stop = source.find("\n", self.at)
                self.at = size if stop < 0 else stop
            elif char == "\\" and self.take("\\Q"):
                stop = source.find("\\E", self.at)
                text = source[self.at :] if stop < 0 else source[self.at : stop]
                self.at = size if stop < 0 else stop + 2
                items.extend(literal(ord(quoted), flags) for quoted in text)
            else:
                items.append(self.atom(char, flags))
        branches.append(_sequence(items))
        return branches[0] if len(branches) == 1 else Alt(tuple(branches))

    def atom(self, char: str, flags: Flags) -> Node:
        """One character, class or place."""
        start = self.at
        if char == "\\":
            return self.escape(flags)
        self.at += 1
        if char == "[":
            return Chars(self.char_class(flags, start))
        if char == ".":
            return _ANY if "s" in flags else _ANY_BUT_LF
        if char == "^":
            return At("line_start" if "m" in flags else "start", start)
        if char == "$":
            return At("line_end" if "m" in flags else "last", start)
        return literal(ord(char), flags)

    def escape(self, flags: Flags) -> Node:
        """An escape outside of a class."""
        start = self.at
        letter = self.source[start + 1 : start + 2]
        if letter in _PLACES:
            self.at += 2
            return At(_ASCII_PLACES[letter] if "a" in flags and letter in "bB" else _PLACES[letter], start)
        if letter.isascii() and letter.isdigit():
            digits = self.source[start + 1 : start + 4]
            if letter != "0" and (len(digits) < 3 or not set(digits) <= set("01234567")):
                instead = LINEAR + "spell out the alternatives, or repeat the sub-pattern"
                raise PatternError(f"backreference `\\{letter}` is not regular", start, help=instead)
            self.at += 1
            return literal(self.octal(3) or 0, flags)
        chars = self.escaped(flags)
        return literal(chars, flags) if isinstance(chars, int) else Chars(chars)

    def bounds(self) -> tuple[int, int | None] | None:
        """`{2}`, `{2,}`, `{,5}` or `{2,5}`; None, and no move, if the brace is an ordinary character."""
        stop = self.source.find("}", self.at)
        if stop <= self.at + 1:
            return None
        low, comma, high = self.source[self.at + 1 : stop].partition(",")
        if not all(part == "" or (part.isascii() and part.isdigit()) for part in (low, high)):
            return None
        self.at = stop + 1
        least = _count(low) or 0
        return least, _count(high) if comma else least

    def repeat(self, items: list[Node], flags: Flags) -> bool:
        """A repeat of the last item; False if it is only a brace."""
        start = self.at
        sign = self.source[start]
        bounds = self.bounds() if sign == "{" else _REPEATS[sign]
        if bounds is None:
            return False
        self.at += sign != "{"
        low, high = bounds
        if not items or isinstance(items[-1], At):
            raise PatternError(f"nothing to repeat before `{sign}`", start, help=f"write `\\{sign}` for the character itself")
        if isinstance(items[-1], _Open):
            raise PatternError("a repeat of a repeat", start, help="put the inner one in a group `(?:…)`")
        if high is not None and low > high:
            raise PatternError("the least repeat is above the most", start, help="write `{least,most}`")
        lazy = self.take("?") != ("U" in flags)
        if self.take("+"):
            instead = LINEAR + "drop the `+`: without backtracking it means the same"
            raise PatternError("a possessive repeat", start, help=instead)
        items[-1] = _Open(items[-1], low, high, lazy)
        if max(low, high or 0, repeats(items[-1])) > MOST_REPEATS:
            most = f"repeat at most {MOST_REPEATS} times, inner and outer repeats multiplied, or without end"
            raise PatternError("the repeat is too big", start, help=most)
        return True

    def group(self, items: list[Node], flags: Flags) -> Flags:
        """A group, a comment or a change of flags; answers the flags for what follows."""
        start = self.at
        self.at += 1
        inner = flags
        if self.take("?#"):
            self.until(")", start, "the comment")
            return flags
        if self.take("?"):
            behind = self.source[self.at : self.at + 2] in ("<=", "<!")
            if self.take("P<") or (not behind and self.take("<")):
                self.name(start)
            elif not self.take(":"):
                self.refuse(start)
                inner, whole = self.flag_letters(flags, start)
                if whole:
                    return inner
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PatternError("too many groups inside one another", start, help=f"nest at most {_DEEPEST}")
        item = self.alternatives(inner)
        self.depth -= 1
        if not self.take(")"):
            closing = "add the missing `)`, or write `\\(` for the character itself"
            raise PatternError("the group is not closed", start, help=closing)
        items.append(Seq((item,)) if isinstance(item, (_Open, At)) else item)
        return flags

    def name(self, start: int) -> None:
        """The name of a group, which nothing can refer to but people."""
        name = self.until(">", start, "the group's name")
        if not name.isidentifier():
            raise PatternError(f"`{name}` cannot name a group", start, help="use letters, digits and `_`")
        if name in self.names:
            raise PatternError(f"two groups are named `{name}`", start, help="rename one, or write `(?:`")
        self.names.add(name)

    def refuse(self, start: int) -> None:
        """Stop at what other dialects have and a linear-time engine cannot."""
        for opening, what, instead in REFUSED_GROUPS:
            if self.source.startswith(opening, self.at):
                raise PatternError(f"{what} is not regular", start, help=LINEAR + instead)

    def flag_letters(self, flags: Flags, start: int) -> tuple[Flags, bool]:
        """`i-s:` or `i)`: the new flags, and whether they hold for the rest of the group around."""
        on = True
        while self.at < len(self.source):
            letter = self.source[self.at]
            self.at += 1
            if letter in ":)":
                return flags, letter == ")"
            if letter == "-" and on:
                on = False
            elif letter in "imsxaU":
                flags = flags | {letter} if on else flags - {letter}
            elif letter == "u" and on:
                flags -= {"a"}
            else:
                break
        known = "known flags are `i`, `m`, `s`, `x`, `a`, `u` and `U`"
        raise PatternError(f"unknown group or flag `(?{self.source[start + 2 : self.at]}`", start, help=known)


def _count(digits: str) -> int | None:
    # More digits than these are over the limit anyway, and Python refuses to read thousands of them.
    return int(digits.lstrip("0")[:9] or "0") if digits else None


def _sequence(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Seq(tuple(items))
