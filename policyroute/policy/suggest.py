"""`did you mean …?`: the known word that an unknown one was probably meant to be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

MAX_LENGTH = 64
LEAST_LIKENESS = 0.6

# Small letters of other alphabets, and digits, that are drawn like Latin letters.
_DRAWN_ALIKE = str.maketrans(
    {
        **dict(zip("авгеіјкмнорсѕтухһԁԛԝӏь", "abreijkmhopcstyxhdqwlb", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),
        **dict(zip("ցհոսօ", "ghnuo", strict=True)),
        **dict(zip("01|", "oll", strict=True)),
    }
)


# The same for ASCII, without what is no letter and no digit: most names are ASCII, and many are compared.
_ASCII = {point: _DRAWN_ALIKE.get(point, point) for point in range(128) if chr(point).isalnum() or point in _DRAWN_ALIKE}
_SKELETON = {**dict.fromkeys(range(128)), **_ASCII}


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` looks most like, or None; case, `_` for `-`, accents and foreign letters hardly count."""
    if not 0 < len(word) <= MAX_LENGTH:
        return None
    wanted = _skeleton(word)
    if not wanted:
        return None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best: str | None = None
    likeness, shared = LEAST_LIKENESS, -1.0
    for choice in choices:
        if choice == word:
            continue
        drawn = _skeleton(choice)
        if drawn == wanted:
            return choice
        matcher.set_seq1(drawn)
        if matcher.real_quick_ratio() < likeness or matcher.quick_ratio() < likeness:
            continue
        found = matcher.ratio()
        # Of words equally alike, the one of the same letters: `ppi` is rather `pii` than `phi`.
        letters = len(set(drawn) & set(wanted)) / len(set(drawn) | set(wanted))
        if found > likeness or (found == likeness and letters > shared):
            best, likeness, shared = choice, found, letters
    return best


def _skeleton(word: str) -> str:
    """How a word looks at a glance: small Latin letters and digits."""
    if word.isascii():
        return word.lower().translate(_SKELETON)
    folded = unicodedata.normalize("NFKD", word).casefold()
    return "".join(char for char in folded.translate(_DRAWN_ALIKE) if char.isalnum())
