"""A report as one page of HTML: nothing is loaded, nothing runs, and it can be mailed as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from html import escape

from policyroute.cli.report.figures import Report, Sum
from policyroute.policy.frame import shown

NANO = 1_000_000_000
_WIDE, _HIGH, _LEFT, _TOP = 720, 220, 8, 24
_MOST_BARS = 20
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #667; --bar: #3b6fd4; --was: #c9d2e3; --line: #dde; --page: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --dim: #99a; --bar: #7aa2f7; --was: #3a4358; --line: #333a48; --page: #14171c }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 2rem }
.dim, figcaption { color: var(--dim) } figure { margin: 1rem 0; overflow-x: auto }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem } dt { color: var(--dim) } dd { margin: 0; font-size: 1.3rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } .table { overflow-x: auto }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left }
svg text { font: 12px system-ui, sans-serif; fill: var(--dim) } svg .name { fill: var(--ink) }
.bar { fill: var(--bar) } .was { fill: var(--was) } .axis { stroke: var(--line) }
"""


def dollars(nano: int) -> str:
    """An amount to the last nano-dollar that is not nothing."""
    spelled = f"{Decimal(abs(nano)) / NANO:,.9f}".rstrip("0")
    whole, _, rest = spelled.partition(".")
    return f"{'-' if nano < 0 else ''}${whole}.{rest:0<2}"


def milliseconds(value: float | None) -> str:
    """A latency as people read it."""
    return "" if value is None else f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def page(report: Report, period: str, by: str) -> str:
    """The page. Names of the policy are shown as text, whatever is in them."""
    total = report.total
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>policyroute report</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>policyroute report</h1>
<p class="dim">{escape(period)}</p>
<dl>{"".join(f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in _figures(total))}</dl>
<h2>Spent by day</h2>
{_by_day(report.days)}
<h2>Spent by {escape(by)}</h2>
{_by_group(report.groups)}
<div class="table"><table>
<thead><tr><th>{escape(by)}</th>{"".join(f"<th>{name}</th>" for name in _HEAD)}</tr></thead>
<tbody>
{"".join(_row(key, one) for key, one in report.groups.items())}</tbody>
</table></div>
</body>
</html>
"""


_HEAD = ("calls", "denied", "spent", "baseline", "saved", "tokens in", "tokens out", "p50", "p95")


def _figures(total: Sum) -> Iterator[tuple[str, str]]:
    ratio = total.priced_tokens_ratio
    yield "spent", dollars(total.cost_nano)
    if ratio:
        yield "saved against the baseline", dollars(total.saved_nano)
        yield "tokens that the baseline has a price for", f"{100 * ratio:.1f}%"
    yield "calls", f"{total.calls:,}"
    yield "denied", f"{total.denied:,}"
    yield "under way or broken off", f"{total.under_way:,}"
    yield "attempts made again", f"{total.again:,}"
    p50, p95 = total.latency_ms(0.5, 0.95)
    if p50 is not None:
        yield "latency, half within", milliseconds(p50)
        yield "latency, 95% within", milliseconds(p95)


def _row(key: str, one: Sum) -> str:
    compared = (dollars(one.baseline_nano), dollars(one.saved_nano)) if one.priced_tokens_ratio else ("", "")
    latencies = map(milliseconds, one.latency_ms(0.5, 0.95))
    amounts = (f"{one.calls:,}", f"{one.denied:,}", dollars(one.cost_nano), *compared)
    cells = (*amounts, f"{one.input_tokens:,}", f"{one.output_tokens:,}", *latencies)
    return f"<tr><td>{escape(shown(key))}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _by_day(days: Mapping[str, Sum]) -> str:
    """A bar for each day that has calls, before the baseline's of the same day."""
    if not days:
        return '<p class="dim">no call was decided</p>'
    most = max(max(one.cost_nano, one.baseline_nano) for one in days.values()) or 1
    step = (_WIDE - 2 * _LEFT) / len(days)
    floor, room = _HIGH - 24, _HIGH - 24 - _TOP
    drawn = [f'<line class="axis" x1="0" x2="{_WIDE}" y1="{floor}" y2="{floor}"/>']
    drawn.append(f'<text x="{_LEFT}" y="14">{dollars(most)}</text>')
    for number, (day, one) in enumerate(days.items()):
        title = f"<title>{day}: spent {dollars(one.cost_nano)}, baseline {dollars(one.baseline_nano)}</title>"
        left = _LEFT + number * step
        drawn.append(f"<g>{title}")
        for kind, nano, share in (("was", one.baseline_nano, 0.9), ("bar", one.cost_nano, 0.6)):
            high = room * nano / most
            wide = min(step * share, 60 * share)
            place = f'x="{left + (step - wide) / 2:.1f}" y="{floor - high:.1f}" width="{wide:.1f}" height="{high:.1f}"'
            drawn.append(f'<rect class="{kind}" {place}/>')
        drawn.append("</g>")
        if number % -(-len(days) // 8) == 0:
            drawn.append(f'<text x="{left + step / 2:.1f}" y="{_HIGH - 6}" text-anchor="middle">{day[5:]}</text>')
    return _figure(drawn, _HIGH, "spent; behind it, paler, what the baseline would have cost")


def _by_group(groups: Mapping[str, Sum]) -> str:
    """A bar for each of the groups that cost most."""
    shown_groups = [(key, one) for key, one in groups.items() if one.cost_nano > 0][:_MOST_BARS]
    if not shown_groups:
        return ""
    most = max(one.cost_nano for _, one in shown_groups)
    drawn = []
    for number, (key, one) in enumerate(shown_groups):
        top = number * 26
        name = shown(key)
        name = name if len(name) <= 28 else f"{name[:27]}…"
        drawn.append(f'<text class="name" x="0" y="{top + 16}">{escape(name)}</text>')
        wide = 380 * one.cost_nano / most
        drawn.append(f'<rect class="bar" x="210" y="{top + 4}" width="{wide:.1f}" height="16"/>')
        drawn.append(f'<text x="{216 + wide:.1f}" y="{top + 16}">{dollars(one.cost_nano)}</text>')
    rest = len(groups) - len(shown_groups)
    return _figure(drawn, 26 * len(shown_groups), f"{rest} more in the table" if rest else "")


def _figure(drawn: list[str], high: int, caption: str) -> str:
    said = f"<figcaption>{caption}</figcaption>" if caption else ""
    inside = "\n".join(drawn)
    return (
        f'<figure><svg role="img" viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}">\n{inside}\n</svg>{said}</figure>'
    )
