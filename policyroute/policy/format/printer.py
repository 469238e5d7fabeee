"""Prints nodes again, in source order, and puts every comment where its author had it."""

from __future__ import annotations

from collections.abc import Sequence

from policyroute.policy import source
from policyroute.policy.format.comments import Comment
from policyroute.policy.format.scalars import block_lines, folded_lines, in_one_line

_STEP = 2


def ends_open(node: source.Node) -> bool:
    """Whether the node ends in a block scalar to which empty lines after it would belong."""
    while not isinstance(node, source.Scalar):
        parts = node.items if isinstance(node, source.Sequence) else [value for _, value in node.entries]
        if not parts:
            return False
        node = parts[-1]
    return node.style in ("|", ">") and node.text.endswith("\n\n")


class Printer:
    """Walks the nodes and the comments of a file side by side; what has been printed is not looked at again."""

    def __init__(self, origin: source.Origin, comments: Sequence[Comment]) -> None:
        self._origin = origin
        self._lines = origin.lines()
        self._comments = comments
        self._next = 0
        self._done = 0
        parts, end = [], 0
        for comment in comments:
            parts += [origin.text[end : comment.start], " " * len(comment.text)]
            end = comment.start + len(comment.text)
        self._without_comments = "".join(parts) + origin.text[end:]

    def take_before(self, offset: int) -> list[Comment]:
        """The comments up to an offset that have not been printed."""
        first = self._next
        while self._next < len(self._comments) and self._comments[self._next].start < offset:
            self._next += 1
        return list(self._comments[first : self._next])

    def blank_above(self, line: int) -> bool:
        """Whether the author left a line free above this one; a line that is part of a text is not free."""
        if line < 2 or self._origin.starts[line - 2] <= self._done:
            return False
        return not self._lines[line - 2].strip()

    def above(self, comments: Sequence[Comment], line: int | None, indent: int) -> list[str]:
        """Comments on lines of their own, and the free lines between them and down to `line`."""
        lines: list[str] = []
        for comment in comments:
            if lines and self.blank_above(comment.line):
                lines.append("")
            lines.append(" " * indent + comment.text)
        if lines and line is not None and self.blank_above(line):
            lines.append("")
        return lines

    def footer(self, close: bool) -> list[str]:
        """The comments below everything; `close` where no line may be left free above them."""
        rest = self.take_before(len(self._origin.text))
        lines = self.above(rest, None, 0)
        return ["", *lines] if rest and not close and self.blank_above(rest[0].line) else lines

    def pair(self, key: source.Scalar, value: source.Node, indent: int, end: int) -> list[str]:
        """A key and its value in block form; what is printed next begins at `end`."""
        head = f"{' ' * indent}{in_one_line(key)}:"
        if isinstance(value, source.Scalar) or value.flow:
            return self._inline(head, value, (indent, key.place.column - 1), (key.end, end))
        beside = self._beside(key.end, value.start)
        lines = [head + beside]
        lines += self._block(value, indent + _STEP, key.place.column, end)
        return lines

    def _block(self, node: source.Mapping | source.Sequence, indent: int, least_column: int, end: int) -> list[str]:
        """A block, and the comments after it that are indented deeper than what holds it."""
        lines: list[str] = []
        starts = self._starts(node)
        for index, start in enumerate(starts):
            following = starts[index + 1] if index + 1 < len(starts) else end
            above = self.take_before(start)
            line = self._line(start)
            if lines and self.blank_above(above[0].line if above else line):
                lines.append("")
            lines += self.above(above, line, indent)
            if isinstance(node, source.Mapping):
                lines += self.pair(*node.entries[index], indent, following)
            else:
                lines += self._item(node.items[index], start, indent, following)
        return lines + self._below(indent, least_column, end)

    def _starts(self, node: source.Mapping | source.Sequence) -> list[int]:
        """Where the entries begin: at the key, at the dash."""
        if isinstance(node, source.Mapping):
            return [key.start for key, _ in node.entries]
        starts, last = [], 0
        for item in node.items:
            starts.append(self._without_comments.rindex("-", last, item.start))
            last = item.end
        return starts

    def _item(self, item: source.Node, dash: int, indent: int, end: int) -> list[str]:
        head = " " * indent + "-"
        column = self._origin.place(dash, dash).column - 1
        if isinstance(item, source.Scalar) or item.flow:
            base = indent if isinstance(item, source.Scalar) else indent + _STEP
            return self._inline(head, item, (base, column), (dash, end))
        beside = self._beside(dash, item.start)
        lines = self._block(item, indent + _STEP, column + 1, end)
        if beside or lines[0].lstrip().startswith("#"):
            return [head + beside, *lines]
        return [f"{head} {lines[0].lstrip()}", *lines[1:]]

    def _below(self, indent: int, least_column: int, end: int) -> list[str]:
        lines: list[str] = []
        while self._next < len(self._comments):
            comment = self._comments[self._next]
            if comment.start >= end or comment.column < least_column:
                break
            self._next += 1
            if self.blank_above(comment.line):
                lines.append("")
            lines.append(" " * indent + comment.text)
        return lines

    def _inline(self, head: str, node: source.Node, indents: tuple[int, int], span: tuple[int, int]) -> list[str]:
        """What begins on the line of its key or dash. `indents` are those to print and of the file, `span` begins at the
        key or dash and ends where the next thing begins."""
        indent, column = indents
        between = self.take_before(node.start)
        lines, comment = self._value(node, indent, column)
        if not comment:
            comment = self._beside(node.end, span[1]).lstrip()
        if between and between[0].line == self._line(span[0]):
            if len(lines) == 1 and not comment:
                comment = between.pop(0).text
            elif lines[0] in ("[", "{"):
                lines[0] += f"  {between.pop(0).text}"
        above = [head[: len(head) - len(head.lstrip())] + early.text for early in between]
        lines[0] = f"{head} {lines[0]}" if lines[0] else head
        place = 0 if isinstance(node, source.Scalar) and node.style in ("|", ">") else -1
        if comment:
            lines[place] += f"  {comment}"
        return above + lines

    def _value(self, node: source.Node, indent: int, column: int, flow: bool = False) -> tuple[list[str], str]:
        """A scalar, or a list or mapping in flow form: its lines, and the comment inside its first line."""
        pad = " " * (indent + _STEP)
        comment = ""
        if isinstance(node, source.Scalar):
            if node.style in ("|", ">"):
                lines, comment = block_lines(node, pad, column)
                self.take_before(node.end)
            elif self._line(node.start) == self._line(node.end):
                lines = [in_one_line(node, flow)]
            else:
                lines = folded_lines(node, pad, flow)
        elif self._line(node.start) == self._line(node.end):
            lines = [_flat(node)]
        else:
            lines = self._broken(node, indent)
        self._done = max(self._done, node.end)
        return lines, comment

    def _broken(self, node: source.Mapping | source.Sequence, indent: int) -> list[str]:
        """A list or mapping in flow form that the author broke into lines: one line an entry."""
        opening, closing = "[]" if isinstance(node, source.Sequence) else "{}"
        entries: list[tuple[source.Scalar | None, source.Node]] = []
        if isinstance(node, source.Sequence):
            entries.extend((None, item) for item in node.items)
        else:
            entries.extend(node.entries)
        starts = [(key or value).start for key, value in entries] + [node.end - 1]
        lines = [opening + self._beside(node.start, starts[0])]
        pad = " " * (indent + _STEP)
        for (key, value), start, following in zip(entries, starts, starts[1:], strict=False):
            lines += [pad + comment.text for comment in self.take_before(start)]
            lines += [pad + comment.text for comment in self.take_before(value.start)]
            head = pad if key is None else f"{pad}{in_one_line(key, flow=True)}: "
            first, *rest = self._value(value, indent + _STEP, 0, flow=True)[0]
            if key is not None and not first:
                first = "null"
            lines += [head + first, *rest]
            lines[-1] += "," + self._beside(value.end, following)
        lines += [pad + comment.text for comment in self.take_before(node.end)]
        if len(lines) == 1 and lines[0] == opening:
            return [opening + closing]
        return [*lines, " " * indent + closing]

    def _beside(self, offset: int, end: int) -> str:
        """The comment on the line of `offset`, if nothing else comes before it: what comes next begins at `end`."""
        if self._next == len(self._comments):
            return ""
        comment = self._comments[self._next]
        if comment.start >= end or comment.line != self._line(offset):
            return ""
        self._next += 1
        return f"  {comment.text}"

    def _line(self, offset: int) -> int:
        return self._origin.place(offset, offset).line


def _flat(node: source.Node) -> str:
    """A list or mapping in one line."""
    if isinstance(node, source.Scalar):
        return in_one_line(node, flow=True)
    if isinstance(node, source.Sequence):
        return f"[{', '.join(_flat(item) for item in node.items)}]"
    pairs = (f"{in_one_line(key, flow=True)}: {_flat(value) or 'null'}" for key, value in node.entries)
    return f"{{{', '.join(pairs)}}}"
