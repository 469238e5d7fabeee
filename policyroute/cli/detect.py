"""`policyroute detect`: shows what is sensitive in texts and bodies, masked, and why it is taken for that."""

from __future__ import annotations

import codecs
import os
import re
import stat
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, get_args

import click

from policyroute.call import Api, Part
from policyroute.cli.render import counted, dim, github, output_option, say, write_json, yellow
from policyroute.cli.render.files import below, is_folder
from policyroute.cli.render.found import by_part, in_order, joined
from policyroute.cli.render.sarif import sarif
from policyroute.dialects import read_call
from policyroute.errors import CallError, PolicyError, Problem, UsageError
from policyroute.loading import examine
from policyroute.policy.compile import own_detectors
from policyroute.policy.frame import frame, shown
from policyroute.policy.suggest import closest
from policyroute.scan.detectors import KINDS, Finding, OwnDetector, detector_set

MOST_BYTES = 50_000_000
FOUND = 9
FAMILIES = tuple(dict.fromkeys(kind.partition(".")[0] for kind in KINDS))
# What is kept there was written by tools.
LEFT_ALONE = frozenset({".git", ".hg", ".svn", ".venv", "__pycache__", "node_modules"})
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before the mark of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    (b"", "utf-8-sig", "UTF-8"),
)
_LINE_ENDS = re.compile("\r\n|\r|\n")
_SHOWN = re.compile("[^\r\n]")
EXAMPLES = """\b
Examples:
  policyroute detect notes.txt                            what is in a text
  git diff --cached | policyroute detect - --fail-on found
  policyroute detect src --kind secret --fail-on found    a folder, in CI
"""


class Asked(NamedTuple):
    """The options, as they were typed."""

    api: Api | None
    kind: tuple[str, ...]
    policy: str | None
    fail_on: str


class Read(NamedTuple):
    """A file that was read: a body in its parts, a text in one. `unread` names what else is in a body."""

    file: str
    parts: tuple[Part, ...]
    unread: tuple[str, ...] = ()
    is_body: bool = False


class Found(NamedTuple):
    """What was found in one part, with its text where every finding of any kind is masked."""

    read: Read
    part: Part
    findings: tuple[Finding, ...]
    masked: str


class Skipped(NamedTuple):
    """A file that could not be read as a text, and why."""

    file: str
    why: str


class Unreadable(Exception):
    """A file is no text; the message says why, in words of ours. `gone` is one that cannot even be opened."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--api", type=click.Choice(get_args(Api)), help="Read each FILE as a body of this wire format, part by part.")
@click.option("--kind", multiple=True, metavar="KIND", help="Only this kind or family, such as email or secret; repeats.")
@click.option("--policy", metavar="POLICY", help="Look for what this policy's own detectors find, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["never", "found", "unscanned"]),
    default="never",
    show_default=True,
    help="Exit with 9 where something is found, or also where something could not be read.",
)
@output_option("text", "json", "github", "sarif")
def command(files: Sequence[str], form: str, **given: Any) -> int:
    """Show what is sensitive in texts and bodies: where, of which kind and why, and never the value itself.

    FILE is a text, a folder, or `-` for standard input. Nothing is sent. The exit code is 0 also where something is found;
    --fail-on changes that.
    """
    asked = Asked._make(given[name] for name in Asked._fields)
    eyes = _Eyes(asked)
    read, skipped = _read(files, asked.api)
    found = [one for each in read for one in eyes.look(each)]
    unscanned = bool(skipped) or any(one.unread for one in read)
    fails = (asked.fail_on != "never" and bool(found)) or (asked.fail_on == "unscanned" and unscanned)
    if form == "json":
        alone = len(read) == 1 and not skipped and not any(map(is_folder, files))
        write_json({"ok": not fails, **_answer(found, read, skipped, alone=alone)})
    elif form == "sarif":
        write_json(sarif(list(_problems(found)), lambda kind: f"a value that looks like {kind}"))
    elif form == "github":
        if found:
            say(github(list(_problems(found))))
    else:
        _show(found, read, skipped)
    return FOUND if fails else 0


class _Eyes:
    """Looks for what is asked for, and for everything else that must not be shown beside it."""

    def __init__(self, asked: Asked) -> None:
        own: tuple[OwnDetector, ...] = ()
        outside: frozenset[str] = frozenset()
        if asked.policy is not None:
            own, outside = _own(asked.policy)
        self._all = detector_set(FAMILIES, own)
        self._asked = self._all
        if asked.kind:
            names = {one.id: one for one in own}
            kinds = [_known(kind, (*KINDS, *names), outside) for kind in asked.kind]
            built_in = [kind for kind in kinds if kind not in names]
            self._asked = detector_set(built_in, [names[kind] for kind in kinds if kind in names])

    def look(self, read: Read) -> Iterator[Found]:
        """The parts with findings, looked at as one text, as a decision does: what a value is may be said in the part before."""
        text = joined(read.parts)
        found = in_order(self._asked, text)
        if not found:
            return
        masked = _masked(text, found if self._asked is self._all else [*found, *in_order(self._all, text)])
        for part, start, inside in by_part(read.parts, found):
            yield Found(read, part, inside, masked[start : start + len(part.text)])


def _own(policy: str) -> tuple[tuple[OwnDetector, ...], frozenset[str]]:
    """The detectors of a policy, and the kinds that plug-ins of the app find."""
    checked = examine(policy)
    if checked.policy is None:
        raise PolicyError(checked.problems)
    compiled = checked.policy.compiled
    return own_detectors(compiled.document), compiled.vocabulary.plugins


def _known(kind: str, known: Collection[str], outside: Collection[str]) -> str:
    if kind in known:
        return kind
    if kind in outside:
        raise UsageError(f"`{shown(kind)}` is found by a plug-in of the app, which does not run here")
    near = closest(kind, known)
    there = f"did you mean `{near}`?" if near else f"there are {', '.join(FAMILIES)} and their members"
    raise UsageError(f"unknown kind `{shown(kind)}`: {there}")


def _masked(text: str, findings: Iterable[Finding]) -> str:
    """The text with every finding masked, and everything else where it was."""
    pieces, at = [], 0
    for one in sorted(findings, key=lambda one: (one.start, one.end)):
        start = max(one.start, at)
        if start >= one.end:
            continue
        value = text[start : one.end]
        fits = len(one.mask) == len(value) and _LINE_ENDS.search(value) is None
        pieces += [text[at:start], one.mask if fits else _SHOWN.sub("*", value)]
        at = one.end
    return "".join((*pieces, text[at:]))


def _read(paths: Sequence[str], api: Api | None) -> tuple[list[Read], list[Skipped]]:
    """Every file once. Where none can be read there is nothing to answer."""
    read, skipped = [], []
    files = dict.fromkeys(file for path in paths for file in (_in_folder(path, api) if is_folder(path) else (path,)))
    if not files:
        raise UsageError(f"no {'.json' if api else 'file'} is below `{shown(paths[0])}`")
    for file in files:
        try:
            content = _bytes(file)
            read.append(_text(file, content) if api is None else _body(file, content, api))
        except Unreadable as error:
            if error.gone and file in paths:
                raise UsageError(f"cannot read `{shown(file)}`: {error}") from None
            skipped.append(Skipped(file, str(error)))
    if not read:
        more = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
        raise UsageError(f"cannot read `{shown(skipped[0].file)}`: {skipped[0].why}{more}")
    return read, skipped


def _in_folder(folder: str, api: Api | None) -> list[str]:
    """The files below a folder: bodies by their ending; of texts hidden ones too, since secrets like to live there."""
    if api is not None:
        return below(folder, (".json",))
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_ALONE)
        found += [os.path.normpath(os.path.join(place, name)) for name in sorted(files)]
    return [file for file in found if os.path.exists(file) and stat.S_ISREG(os.stat(file).st_mode)]


def _bytes(file: str) -> bytes:
    try:
        with click.open_file(file, "rb") as stream:
            content: bytes = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable((error.strerror or "the system refuses").lower(), gone=True) from None
    except ValueError:
        raise Unreadable("no file can have this name", gone=True) from None
    if len(content) > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES:,} bytes")
    return content


def _text(file: str, content: bytes) -> Read:
    """A text: UTF-8, or what its byte order mark says. Half a text is not looked at."""
    mark, encoding, name = next(one for one in MARKS if content.startswith(one[0]))
    if not mark and b"\0" in content:
        raise Unreadable("it is binary, or UTF-16 without a byte order mark")
    try:
        return Read(file, (Part("user", content.decode(encoding)),))
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not {name} (at byte {error.start:,})") from None


def _body(file: str, content: bytes, api: Api) -> Read:
    try:
        call = read_call(content, api, max_bytes=MOST_BYTES)
    except CallError as error:
        raise CallError(f"{shown(file)}: {error}", code=error.code, status=error.status) from None
    return Read(file, call.parts, call.unscanned, is_body=True)


def _answer(found: Sequence[Found], read: Sequence[Read], skipped: Sequence[Skipped], *, alone: bool) -> dict[str, object]:
    findings = []
    for one in found:
        where: dict[str, object] = {"role": one.part.role, "turn": one.part.turn} if one.read.is_body else {}
        where |= {} if alone else {"file": one.read.file}
        findings += [{**finding._asdict(), **where} for finding in one.findings]
    unread = [{"file": each.file, "part": kind} for each in read for kind in each.unread]
    answer: dict[str, object] = {"findings": findings, "unscanned": bool(unread or skipped)}
    if any(each.is_body for each in read):
        answer["unread"] = [one["part"] for one in unread] if alone else unread
    if not alone:
        answer["skipped"] = [one._asdict() for one in skipped]
    return answer


def _problems(found: Iterable[Found]) -> Iterator[Problem]:
    """Findings as annotations take them: a place in a body is no place in its file."""
    for one in found:
        for problem in _framed(one):
            if one.read.is_body:
                told = f"{problem.label}, in {_said(one.part)}"
                yield problem._replace(file=one.read.file, line=1, column=0, end_column=0, help=told)
            else:
                yield problem._replace(help=problem.label)


def _framed(one: Found) -> Iterator[Problem]:
    """Findings as frames take them, each with the first of its lines."""
    text = one.part.text
    ends = [(end.start(), end.end()) for end in _LINE_ENDS.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    file = f"{one.read.file} ({_said(one.part)})" if one.read.is_body else one.read.file
    for finding in one.findings:
        line = bisect_right(starts, finding.start)
        column = finding.start - starts[line - 1] + 1
        end = min(finding.end, stops[line - 1]) - starts[line - 1] + 1
        label = f"{finding.why} (at {finding.start}-{finding.end})"
        yield Problem(finding.kind, "warning", finding.mask, file, line, column, end, label=label)


def _said(part: Part) -> str:
    return f"{part.role}, turn {part.turn}"


def _show(found: Sequence[Found], read: Sequence[Read], skipped: Sequence[Skipped]) -> None:
    """Frames first, then what could not be read, then the sum."""
    for one in found:
        lines = _LINE_ENDS.split(one.masked)
        for problem in _framed(one):
            say(frame(problem, lines, colour=True) + "\n")
    for each in read:
        if each.unread:
            say(yellow(f"{shown(each.file)}: not everything could be read: {', '.join(each.unread)}"))
    for file, why in skipped:
        say(yellow(f"{shown(file)}: not read, {why}"))
    kinds = Counter(finding.kind for one in found for finding in one.findings)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    where = shown(read[0].file) if len(read) == 1 else counted(len(read), "file")
    say(yellow(f"found {told} in {where}") if kinds else dim(f"nothing found in {where}"))
