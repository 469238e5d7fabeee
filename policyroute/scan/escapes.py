"""The smallest parts of a regex: escapes, classes, single characters."""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

from policyroute.scan import charset, properties
from policyroute.scan.charset import CharSet
from policyroute.scan.refusal import PatternError
from policyroute.scan.tree import Chars

Flags = frozenset[str]
"""The letters of `(?imsxaU)` that are on."""

_CONTROL: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_CLASSES: Final = {"w": properties.WORDS, "d": properties.DIGITS, "s": properties.SPACES}
_ASCII_CLASSES: Final = {"w": properties.ASCII_WORDS, "d": properties.ASCII_DIGITS, "s": properties.ASCII_SPACES}
_HEX_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_OCTAL: Final = frozenset("01234567")


def folded(chars: CharSet, flags: Flags) -> CharSet:
    """The set in all cases, where case does not matter."""
    return charset.caseless(chars, "a" in flags) if "i" in flags else chars


@functools.lru_cache(maxsize=4096)
def literal(code: int, flags: Flags) -> Chars:
    """A single character, in all its cases where case does not matter."""
    return Chars(folded(charset.from_ranges(((code, code),)), flags))


class Cursor:
    """A place in a source; every method reads one thing there and moves on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def take(self, text: str) -> bool:
        """Move over the text, if it comes next."""
        if self.source.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def until(self, end: str, start: int, what: str) -> str:
        """Everything up to `end`, and move over that."""
        stop = self.source.find(end, self.at)
        if stop < 0:
            raise PatternError(f"{what} is not closed", start, help=f"add the missing `{end}`")
        found = self.source[self.at : stop]
        self.at = stop + len(end)
        return found

    def octal(self, most: int) -> int | None:
        """Up to `most` octal digits, if there is one."""
        stop = self.at
        while stop < self.at + most and self.source[stop : stop + 1] in _OCTAL:
            stop += 1
        if stop == self.at:
            return None
        code = int(self.source[self.at : stop], 8)
        if code > 0o377:
            raise PatternError("an octal escape above `\\377`", self.at - 1, help="write `\\x{…}`")
        self.at = stop
        return code

    def escaped(self, flags: Flags) -> CharSet | int:
        """An escape that stands for a set or for one character."""
        start = self.at
        letter = self.source[start + 1 : start + 2]
        self.at += 2
        if letter == "":
            raise PatternError("a backslash at the end", start, help="write `\\\\` for the character itself")
        if letter in "wdsWDS":
            chars = (_ASCII_CLASSES if "a" in flags else _CLASSES)[letter.lower()]
            return chars if letter.islower() else charset.complement(chars)
        if letter in "pP":
            return self.property(letter == "P", flags, start)
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter in _HEX_DIGITS:
            return self.hexadecimal(letter, start)
        if letter == "N" and self.take("{"):
            name = self.until("}", start, "the character's name")
            try:
                return ord(unicodedata.lookup(name))
            except (KeyError, TypeError):
                raise PatternError(f"no character is named `{name}`", start, help="write its number: `\\u00e9`") from None
        if letter.isascii() and letter.isalnum():
            raise PatternError(f"unknown escape `\\{letter}`", start, help=f"write `{letter}` for the character itself")
        return ord(letter)

    def hexadecimal(self, letter: str, start: int) -> int:
        """`\\xe9`, `\\u00e9`, `\\U0001f600` or `\\x{1f600}`, from behind the letter."""
        if letter == "x" and self.take("{"):
            digits = self.until("}", start, "the number")
            fits = 1 <= len(digits) <= 8
        else:
            digits = self.source[self.at : self.at + _HEX_DIGITS[letter]]
            self.at += len(digits)
            fits = len(digits) == _HEX_DIGITS[letter]
        if not fits or any(char not in "0123456789abcdefABCDEF" for char in digits) or int(digits, 16) > charset.LAST:
            spellings = "write `\\xe9`, `\\u00e9`, `\\U0001f600` or `\\x{1f600}`"
            raise PatternError("not the number of a character", start, help=spellings)
        return int(digits, 16)

    def property(self, negated: bool, flags: Flags, start: int) -> CharSet:
        """`\\pL`, `\\p{Greek}` or `\\p{^Greek}`, from behind the letter."""
        if self.take("{"):
            name = self.until("}", start, "the property")
        else:
            name = self.source[self.at : self.at + 1]
            self.at += 1
        chars = properties.named(name.removeprefix("^"))
        if chars is None:
            known = "write a category such as `\\pL` or a script such as `\\p{Greek}`"
            raise PatternError(f"unknown property `{name}`", start, help=known)
        chars = folded(chars, flags)
        return charset.complement(chars) if negated != name.startswith("^") else chars

    def char_class(self, flags: Flags, start: int) -> CharSet:
        """`[…]`, from behind its opening bracket."""
        negated = self.take("^")
        mask = kinds = 0
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.take("]"):
            first = False
            place = self.at
            low = self.class_item(flags, start)
            if self.source[self.at : self.at + 1] == "-" and self.source[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.class_item(flags, start)
                if not isinstance(low, int) or not isinstance(high, int) or low > high:
                    swap = "write the lower character first, or escape the `-`"
                    raise PatternError("not a range of characters", place, help=swap)
                ranges.append((low, high))
            elif isinstance(low, int):
                ranges.append((low, low))
            else:
                # A negated property takes in every kind but its ranges, so it is the gaps between them.
                mask |= low.ascii
                kinds |= 0 if low.negated else low.kinds
                ranges.extend(charset.gaps(low.ranges) if low.negated else low.ranges)
        chars = folded(charset.from_ranges(ranges), flags)
        chars = charset.tidy(chars._replace(ascii=chars.ascii | mask, kinds=kinds))
        return charset.complement(chars) if negated else chars

    def class_item(self, flags: Flags, start: int) -> CharSet | int:
        """One member of a class: a set, or a character that may begin or end a range."""
        char = self.source[self.at : self.at + 1]
        if char == "":
            closing = "add the missing `]`, or write `\\[` for the character itself"
            raise PatternError("the class is not closed", start, help=closing)
        if char == "\\":
            letter = self.source[self.at + 1 : self.at + 2]
            if letter == "b":
                self.at += 2
                return 8
            if letter in _OCTAL:
                self.at += 1
                return self.octal(3) or 0
            return self.escaped(flags)
        if self.source.startswith("[:", self.at) and ":]" in self.source[self.at + 2 :]:
            return self.posix(flags)
        self.at += 1
        return ord(char)

    def posix(self, flags: Flags) -> CharSet:
        """`[:alpha:]` or `[:^alpha:]` inside a class."""
        start = self.at
        self.at += 2
        name = self.until(":]", start, "the class")
        chars = properties.posix(name.removeprefix("^"))
        if chars is None:
            known = "write `[:alpha:]`, `[:digit:]` and so on, or escape the `[`"
            raise PatternError(f"unknown class `[:{name}:]`", start, help=known)
        chars = folded(chars, flags)
        return charset.complement(chars) if name.startswith("^") else chars
