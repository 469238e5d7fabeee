"""From the events of the YAML library to nodes; nothing else imports that library."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

import yaml
from yaml import events

from policyroute.errors import Problem
from policyroute.policy.frame import INVISIBLE
from policyroute.policy.source.core import WORDS, Meaningless, Value, resolved
from policyroute.policy.source.nodes import Mapping, Node, Origin, Scalar, Sequence, Style
from policyroute.policy.source.syntax import Stumble, explained

MAX_NODES = 100_000
MAX_DEPTH = 40
MAX_PROBLEMS = 100
MOST_SHARED = 1000

_DIRECTIVE = re.compile(r"^%.*$", re.MULTILINE)
_KNOWN_DIRECTIVE = re.compile(r"%YAML[ \t]+1\.2[ \t]*(?:[ \t]#.*)?\r?")
_PROPERTY = re.compile(r"([&!])[^\s,\[\]{}]*")
_KEEPS_EMPTY_LINES = re.compile(r"[|>][0-9]?\+")
_STRANGE_SPACE = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    """What is read of the library's events. All have marks; which of the rest there is depends on the kind."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: Style | None
    flow_style: bool | None
    version: tuple[int, int] | None
    tags: object


class _Parser(Protocol):
    def get_event(self) -> _Event | None: ...


# Where PyYAML was built without its C library the same code in Python reads, ten times slower.
PARSER: Callable[[str], _Parser] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Stop(Exception):
    """Nothing more is read: of what was asked for there is the whole, or there is too much."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.whole = whole


class _Open:
    """A list or mapping whose end has not been seen; `keys` are those of a mapping, by text."""

    __slots__ = ("end", "entries", "flow", "items", "key", "keys", "start", "wanted")

    def __init__(self, start: int, flow: bool, mapping: bool) -> None:
        self.start = start
        self.end = start
        self.flow = flow
        self.items: list[Node] = []
        self.entries: list[tuple[Scalar, Node]] = []
        self.keys: dict[str, Scalar] | None = {} if mapping else None
        self.key: Scalar | None = None
        self.wanted = True


class Reader:
    """Builds nodes from events. What stands open is kept in a list, so that no depth of the file is a depth of calls."""

    def __init__(self, origin: Origin, problems: list[Problem], parser: Callable[[str], _Parser] = PARSER) -> None:
        self.origin = origin
        self.problems = problems
        self.root: Node | None = None
        self._parser = parser
        self._stack = [_Open(0, False, False)]
        self._last: Scalar | None = None
        self._left = MAX_NODES
        self._strange = _STRANGE_SPACE.search(origin.text) is not None
        self._documents = 0
        # Most texts of a file are the same few, its keys before all: each is kept once.
        self._shared: dict[str, str] = {}

    def read(self) -> None:
        """Reads the document; `root` stays None where reading had to stop."""
        takes: dict[type[object], Callable[[_Event], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._open_mapping,
            events.SequenceStartEvent: self._open_sequence,
            events.MappingEndEvent: self._close,
            events.SequenceEndEvent: self._close,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }
        try:
            for event in iter(self._parser(self.origin.text).get_event, None):
                if take := takes.get(type(event)):
                    take(event)
        except _Stop as stop:
            if stop.whole:
                self._finish()
        except yaml.MarkedYAMLError as error:
            self._stumbled(error)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            end = self._last.end if self._last else 0
            found = explained(Stumble(str(error), self.origin.text[end : end + 1]))
            self._say(found.code, found.message, (end, end), found.help)
        else:
            self._finish()

    def _document(self, event: _Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self._documents += 1
        if self._documents > 1:
            self._refuse("PR006", "a second document begins here", (start, max(end, start + 1)), "one file holds one document")
            raise _Stop(whole=True)
        if event.version is not None or event.tags:
            for line in _DIRECTIVE.finditer(self.origin.text, 0, end):
                if not _KNOWN_DIRECTIVE.fullmatch(line[0]):
                    self._refuse("PR006", "only the directive `%YAML 1.2` is read", line.span(), "delete this line")

    def _scalar(self, event: _Event) -> None:
        text = self._shared.get(event.value) or self._share(event.value)
        style: Style = event.style or ""
        start, end = event.start_mark.index, event.end_mark.index
        top = self._stack[-1]
        keys = top.keys if top.key is None else None
        said: Value = text
        if event.tag is not None or event.anchor is not None:
            self._properties(start)
        if not style and event.tag is None:
            if self._strange:
                self._spaces(start, end)
            if keys is None:
                found = resolved(text)
                if isinstance(found, Meaningless):
                    self._refuse("PR011", f"`{text[:40]}` is {found.message}", (start, end), found.help)
                    found = None
                said = found
        elif style in ("|", ">"):
            end = self._end_of_block(start, end)
        elif style == '"' and not text.isascii() and _SURROGATE.search(text):
            self._refuse("PR001", "an escape that names no character", (start, end), "write the character itself")
            said = text = _SURROGATE.sub("\ufffd", text)
        node = Scalar(self.origin, start, end, said, text, style)
        if keys is not None:
            self._key(top, keys, node)
        else:
            self._last = node
            self._put(node)

    def _share(self, text: str) -> str:
        """A text that is new, kept for the next of the same; there may be too many of them."""
        if len(self._shared) < MOST_SHARED:
            self._shared[text] = text
        return text

    def _spaces(self, start: int, end: int) -> None:
        """Refuses what only looks like a space in a text without quotes: after a `:` it makes one key of key and value."""
        if found := _STRANGE_SPACE.search(self.origin.text, start, end):
            message = f"U+{ord(found[0]):04X} only looks like a space"
            self._refuse("PR010", message, found.span(), "write a space, or put the text in quotes if it is meant")

    def _end_of_block(self, start: int, end: int) -> int:
        """Where the text of a block ends: the library counts the empty lines after it, which are part of it only with `+`."""
        block = self.origin.text[start:end]
        kept = _KEEPS_EMPTY_LINES.match(block) is not None
        return start + len(block.removesuffix("\n").removesuffix("\r") if kept else block.rstrip("\r\n"))

    def _key(self, top: _Open, keys: dict[str, Scalar], key: Scalar) -> None:
        """Takes a key, unless it is none or given before: then its value is read and dropped."""
        text, span = key.text, (key.start, max(key.end, key.start + 1))
        first = keys.get(text)
        top.key, top.wanted = key, False
        if not key.style and text in WORDS and WORDS[text] is None:
            self._refuse("PR014", "a key without a name", span, "write a name before the `:`, in quotes if it is `null`")
        elif text == "<<" and not key.style:
            self._refuse("PR004", "merge keys are not read", span, "write the keys themselves, so that a reader sees them")
        elif first is not None:
            line = first.place.line
            self._refuse(
                "PR003", f"key `{text[:60]}` is given twice", span, f"it is first given on line {line}: delete one of them"
            )
        elif key.style == '"' and (found := INVISIBLE.search(text)):
            self._refuse("PR010", f"invisible character U+{ord(found[0]):04X} in a key", span, "delete it")
        else:
            keys[text] = key
            top.wanted = True

    def _properties(self, start: int) -> None:
        """Refuses the anchor and the tag before a node."""
        at = start
        while found := _PROPERTY.match(self.origin.text, at):
            if found[1] == "&":
                self._refuse("PR005", "anchors are not read", found.span(), "delete it, and write the value where it is needed")
            else:
                self._refuse("PR007", f"YAML tag `{found[0][:40]}`", found.span(), "delete it; quotes make a text of anything")
            at = found.end()
            while self.origin.text[at : at + 1].isspace():
                at += 1

    def _alias(self, event: _Event) -> None:
        span = event.start_mark.index, event.end_mark.index
        self._refuse("PR005", "aliases are not read", span, "write the value itself, in quotes if it begins with `*`")
        top = self._stack[-1]
        node = Scalar(self.origin, *span, None, "")
        if top.keys is not None and top.key is None:
            top.key, top.wanted = node, False
        else:
            self._put(node)

    def _open_mapping(self, event: _Event) -> None:
        self._open(event, _Open(event.start_mark.index, bool(event.flow_style), mapping=True))

    def _open_sequence(self, event: _Event) -> None:
        self._open(event, _Open(event.start_mark.index, bool(event.flow_style), mapping=False))

    def _open(self, event: _Event, opened: _Open) -> None:
        if event.tag is not None or event.anchor is not None:
            self._properties(opened.start)
        self._stack.append(opened)
        # The first is the file itself.
        if len(self._stack) > MAX_DEPTH + 1:
            span = opened.start, opened.start + 1
            self._refuse("PR008", f"nested deeper than {MAX_DEPTH}", span, "no policy needs this: flatten it")
            raise _Stop(whole=False)

    def _close(self, event: _Event) -> None:
        done = self._stack.pop()
        # The library ends a block where the next token begins; it ends with the last thing in it.
        span = (done.start, event.end_mark.index if done.flow else done.end)
        node: Node
        if done.keys is None:
            node = Sequence(self.origin, *span, tuple(done.items), done.flow)
        else:
            node = Mapping(self.origin, *span, tuple(done.entries), done.flow)
        top = self._stack[-1]
        if top.keys is not None and top.key is None:
            self._refuse("PR014", "a list or mapping as a key", span, "a key is a text")
            top.key, top.wanted = Scalar(self.origin, *span, None, ""), False
        else:
            self._put(node)

    def _put(self, node: Node) -> None:
        """Puts a value where it belongs: into the list, or beside its key."""
        top = self._stack[-1]
        top.end = node.end
        if top.key is None:
            self._left -= 1
            top.items.append(node)
        else:
            self._left -= 2
            if top.wanted:
                top.entries.append((top.key, node))
            top.key = None
        if self._left < 0:
            help = "split it, and `include` the parts"
            self._refuse("PR009", f"more than {MAX_NODES} values in one file", (node.start, node.end), help)
            raise _Stop(whole=False)

    def _finish(self) -> None:
        """Sets the root, and looks at how the file ends."""
        root = next(iter(self._stack[0].items), None)
        if root is None or (isinstance(root, Scalar) and root.value is None and not root.quoted and not self.problems):
            self._say("PR013", "there is nothing in this file", (0, 0), "`policyroute init` writes a policy to begin with")
            return
        self.root = root
        last, text = self._last, self.origin.text
        if last is None or last is root or last.text or last.quoted or text[-1] in "\r\n" or text[last.end :].strip():
            return
        self._say("PR015", "the file ends here without a value", (last.end, last.end), "it may have been cut off: complete it")

    def _stumbled(self, error: yaml.MarkedYAMLError) -> None:
        """Says where and why the parser gave up."""
        text = self.origin.text
        said, context = error.problem or "", error.context or ""
        mark = error.problem_mark or error.context_mark
        index = mark.index if mark else 0
        opening = next((top.start for top in reversed(self._stack) if top.flow), None)
        if error.context_mark is not None:
            if "could not find expected ':'" in said:
                index = error.context_mark.index
            elif "quoted scalar" in context:
                opening = error.context_mark.index
        # A place behind the last line would have nothing to show.
        index = min(index, end := len(text.rstrip()))
        char = text[index] if index < end else ""
        swallowed = None
        if self._last and self._last.style in ("'", '"'):
            begins = self._last.place
            if begins.line < begins.end_line == self.origin.place(index, index).line:
                swallowed = self._last.start
        found = explained(Stumble(f"{said} {context}", char, self._spelled(opening), self._spelled(swallowed)))
        help = found.help
        if not char and text[-1:] not in ("\r", "\n"):
            help += "; the file may have been cut off, its last line does not end"
        self._say(found.code, found.message, (index, index + 1), help)

    def _spelled(self, offset: int | None) -> str:
        if offset is None:
            return ""
        place = self.origin.place(offset, offset)
        return f"`{self.origin.text[offset]}` at line {place.line}, column {place.column}"

    def _refuse(self, code: str, message: str, span: tuple[int, int], help: str) -> None:
        """Notes a problem and goes on, up to a number."""
        self._say(code, message, span, help)
        if len(self.problems) > MAX_PROBLEMS:
            raise _Stop(whole=False)

    def _say(self, code: str, message: str, span: tuple[int, int], help: str) -> None:
        self.problems.append(self.origin.place(*span).problem(code, message, help=help))
