"""E-mail addresses: a local part, and a host whose last label can be a top-level domain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.detector import Detector, Page, Span, regex, words
from policyroute.scan.pattern import Pattern

KIND = "email"

_HOST = regex(r"@([0-9A-Za-z?][0-9A-Za-z?-]{0,62}(?:\.[0-9A-Za-z?][0-9A-Za-z?-]{0,62}){1,9})")
# Written for people: `jo [at] example [dot] org`, `jo dot roe at example dot org`.
_AT, _DOT = r" ?[\[({<] ?at ?[\])}>] ?", r" ?[\[({<] ?dot ?[\])}>] ?"
_SPELLED = regex(
    rf"(?i)\b[0-9a-z_%+-]{{1,64}}(?:(?:\.| dot )[0-9a-z_%+-]{{1,64}}){{0,4}}(?:{_AT}| at )"
    rf"[0-9a-z-]{{1,63}}(?:(?:\.|{_DOT}| dot )[0-9a-z-]{{1,63}}){{0,4}}(?:{_DOT}| dot )([a-z]{{2,24}})\b"
    rf"|\b[0-9a-z_.%+-]{{1,64}}{_AT}[0-9a-z-]{{1,63}}(?:\.[0-9a-z-]{{1,63}}){{0,4}}\.([a-z]{{2,24}})\b"
)
_MAIL = words("mail*", "email*", "e-mail", "write", "contact", "courriel", "correo", "posta")
_AUTHORITY = regex(r"//[^\s/@]*$")
_LOCAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-")
# Of the letters beyond ASCII those of alphabets with spaces between words: others would take the sentence along.
_LAST_LETTER = "\u058f"
# Where a sentence goes on in such a script right after the host.
_GLUED = re.compile(f"(?<=[0-9A-Za-z])[^\x00-{_LAST_LETTER}]")
_LOCAL_MAX, _ADDRESS_MAX = 64, 254
# What ends like a host and is none: files, units, members of objects.
_NOT_DOMAINS = frozenset(
    """avif bak bat bmp bz2 cfg class conf config cpp css csv dat deb dll dmg doc docx dtd ejs eot exe func gif gz gzip
    hbs hpp htm html ico ini ipynb iso jar java jpeg jpg js json jsonl jsx key kt less lock log lua map mdx method mjs
    mp3 mp4 mpeg ogg otf parquet path pdf php pkl png pptx proc property proto psd pyc pyi rar rpm rst scss service
    sldx socket sql sqlite svg swift swp target tar tex tgz tiff timer tmp toml ts tsv tsx ttf txt vue wasm wav webm
    webp woff woff2 xls xlsx xml yaml yml""".split()
)
_TWO_LETTERS = frozenset(
    """ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc
    cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd
    ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh
    ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx
    my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd
    se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy
    uz va vc ve vg vi vn vu wf ws ye yt za zm zw""".split()
)


def _is_suffix(label: str) -> bool:
    label = label.lower()
    if not label.isascii():
        return label.isalpha() and len(label) <= 24
    if label.startswith("xn--"):
        return len(label) > 5
    if not label.isalpha() or len(label) > 24:
        return False
    return label in _TWO_LETTERS if len(label) == 2 else len(label) > 2 and label not in _NOT_DOMAINS


def _host(text: str, start: int, end: int) -> int:
    """The end of the host that begins at `start`, or 0 where there is none."""
    # A question mark here is either a letter beyond ASCII or the end.
    stop = text.find("?", start, end)
    end = end if stop < 0 else stop
    glued = _GLUED.search(text, start, end)
    end = glued.start() if glued else end
    while True:
        labels = text[start:end].rstrip("-.").split(".")
        end = start + len(".".join(labels))
        if len(labels) < 2:
            return 0
        # The next sentence began without a space: `write to a@b.com.Thanks` keeps its host.
        sentence = len(labels) > 2 and labels[-1].istitle() and labels[-2].islower()
        if _is_suffix(labels[-1]) and not sentence:
            break
        if not labels[-1].isascii() or not labels[-1].isalpha() or len(labels) == 2:
            return 0
        end -= len(labels[-1]) + 1
    if any(not label or label.startswith("-") or label.endswith("-") for label in labels):
        return 0
    return 0 if labels[-2].lower() in ("2x", "3x") else end


def _is_local(char: str) -> bool:
    return char in _LOCAL or ("\u00aa" <= char <= _LAST_LETTER and char.isalnum())


def _local(text: str, at: int) -> int:
    """Where the local part before the `@` begins; `at` itself where there is none."""
    start = at
    lowest = max(0, at - _LOCAL_MAX - 1)
    while start > lowest and _is_local(text[start - 1]):
        start -= 1
    while start < at and not text[start].isalnum() and text[start] != "_":
        start += 1
    # What stands before the last of these belongs to the line, not to the address: `?to=a@b.com`, `'a@b.com'`.
    for mark in "=?&/'`|{}*#":
        start = max(start, text.rfind(mark, start, at) + 1)
    return start


def _start(text: str, at: int) -> int:
    """Where the local part begins, in quotes or not: `"jo roe"@example.org`; `at` where there is none."""
    if text[at - 1 : at] != '"':
        return _local(text, at)
    start = text.rfind('"', max(0, at - _LOCAL_MAX - 2), at - 1)
    if start < 0 or start > at - 4 or "\n" in text[start:at] or (start and text[start - 1] not in " \t\n<(,;:"):
        return at
    return start


def _find(page: Page) -> Iterator[Span]:
    text = page.text
    for match in _HOST.finditer(page.raw):
        at, stop = match.span()
        end = _host(text, at + 1, stop)
        start = _start(text, at) if end else at
        if start == at or end - start > _ADDRESS_MAX or text[at - 1] == ".":
            continue
        head = page.raw[max(0, start - 80) : at]
        in_url = any(True for _ in _AUTHORITY.finditer(head))
        remote = text[start:at] == "git" and text[end : end + 1] in (":", "/")
        if not in_url and not remote:
            yield start, end


def _find_spelled(page: Page) -> Iterator[Span]:
    for match in _SPELLED.finditer(page.raw):
        start, end = match.span()
        last = page.text[slice(*match.span(1 if match[1] else 2))]
        # `look at example dot com` names a site: without brackets ask for a word for mail, or for a dot in the name.
        bracketed = not match[0].translate(None, b"[](){}<>") == match[0]
        if _is_suffix(last) and (bracketed or b" dot " in match[0].partition(b" at ")[0] or _MAIL.near(page, start, end)):
            yield start, end


DETECTORS = (
    Detector(KIND, (Pattern("regex", (r"[^\s@]@[^\s@]",)),), _find, "a host that ends in what can be a top-level domain"),
    Detector(
        KIND,
        (Pattern("regex", (r"[\[({<] ?at ?[\])}>]", r" dot [a-z]")),),
        _find_spelled,
        "a name, `at`, and a host with its dots in words",
    ),
)
