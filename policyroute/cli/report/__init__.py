"""`policyroute report`: what was spent and saved, by whom and on what, from the journal."""

from __future__ import annotations

import re
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from policyroute.cli.render import counted, dim, output_option, say, show_table, write_json
from policyroute.cli.render.typed import moment
from policyroute.cli.report.figures import KEYS, Report, Sum, added_up, read
from policyroute.cli.report.page import NANO, dollars, milliseconds, page
from policyroute.errors import UsageError
from policyroute.journal import open_journal
from policyroute.policy.frame import shown
from policyroute.policy.quantities import DURATION, SECONDS

URL = "sqlite:///policyroute.db"
EXAMPLES = """\b
Examples:
  policyroute report
  policyroute report sqlite:////var/lib/policyroute.db --since 30d --by user
  policyroute report --html report.html
"""


class Asked(NamedTuple):
    """What a report is to be of, as it was typed."""

    url: str | None
    since: str
    by: str
    now: str | None
    html: str | None


@click.command(epilog=EXAMPLES)
@click.argument("journal", required=False)
@click.option("--journal", "url", metavar="URL", help="The same as the argument.")
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="From when on: 12h, 7d, or 2026-11-01.")
@click.option("--by", type=click.Choice(list(KEYS)), default="model", show_default=True, help="What to group by.")
@click.option("--now", metavar="TIME", help="The clock, such as 2026-11-02T09:00:00Z.  [default: the present]")
@click.option("--html", "html", is_flag=False, flag_value="-", metavar="[FILE]", help="Write a page with plots, or print it.")
@output_option("text", "json")
def command(journal: str | None, form: str, **given: Any) -> int:
    """Show what was spent and saved, from the JOURNAL.  [default: sqlite:///policyroute.db]

    The rows say it all: every figure can be worked out again from the table `decisions`.
    """
    asked = Asked._make(given[name] for name in Asked._fields)
    if journal is not None and asked.url is not None:
        raise UsageError("the journal is named twice")
    if asked.html is not None and ("://" in asked.html or (form == "json" and asked.html == "-")):
        raise UsageError("`--html` needs the name of a file here: `--html report.html`")
    until = time.time() if asked.now is None else moment(asked.now)
    since = _begin(asked.since, until)
    with closing(open_journal(journal or asked.url or URL, retention_days=None, new=False)) as opened:
        report = added_up(read(opened, since, until), asked.by)
    if asked.html is not None:
        _write(page(report, _period(since, until), asked.by), asked.html)
    if form == "json":
        write_json(_told(report, since, until, asked.by))
    elif asked.html is None:
        _show(report, since, until, asked.by)
    return 0


def _write(text: str, file: str) -> None:
    if file == "-":
        say(text.rstrip("\n"))
        return
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"`{shown(file)}` cannot be written: {error.strerror}") from None


def _period(since: float, until: float) -> str:
    return f"{_iso(since)} to {_iso(until)}"


def _begin(text: str, now: float) -> float:
    """So long ago, or a time."""
    found = re.fullmatch(DURATION.pattern, text, re.ASCII)
    return max(0.0, now - float(found[1]) * SECONDS[found[2]]) if found else moment(text)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _usd(nano: int | None) -> float | None:
    return None if nano is None else nano / NANO


def _told(report: Report, since: float, until: float, by: str) -> dict[str, object]:
    total = report.total
    return {
        "ok": True,
        "since": _iso(since),
        "until": _iso(until),
        "by": by,
        **_figures(total),
        "groups": [{"key": key, **_figures(one)} for key, one in report.groups.items()],
    }


def _figures(one: Sum) -> dict[str, object]:
    p50, p95 = one.latency_ms(0.5, 0.95)
    return {
        "calls": one.calls,
        "denied": one.denied,
        "under_way": one.under_way,
        "attempts_again": one.again,
        "actual_usd": _usd(one.cost_nano),
        "baseline_usd": _usd(one.baseline_nano),
        "savings_usd": _usd(one.saved_nano),
        "priced_tokens_ratio": one.priced_tokens_ratio,
        "input_tokens": one.input_tokens,
        "output_tokens": one.output_tokens,
        "latency_ms": {"p50": p50, "p95": p95},
    }


def _show(report: Report, since: float, until: float, by: str) -> None:
    total = report.total
    say(dim(_period(since, until)))
    if not total.calls:
        say("no call was decided")
        return
    under_way = f", {total.under_way:,} under way or broken off" if total.under_way else ""
    again = f", {counted(total.again, 'attempt')} made again" if total.again else ""
    say(f"{counted(total.calls, 'call')}, {total.denied:,} denied{under_way}{again}")
    say(f"spent {dollars(total.cost_nano)}{_saved(total)}")
    cells = []
    for key, one in report.groups.items():
        p50, p95 = one.latency_ms(0.5, 0.95)
        amounts = (dollars(one.cost_nano), dollars(one.saved_nano) if one.priced_tokens_ratio else "")
        tokens = (f"{one.input_tokens:,}", f"{one.output_tokens:,}")
        cells.append((shown(key), f"{one.calls:,}", f"{one.denied:,}", *amounts, *tokens, milliseconds(p50), milliseconds(p95)))
    head = (by, "calls", "denied", "spent", "saved", "tokens in", "out", "p50", "p95")
    show_table(head, cells, right=tuple(range(1, len(head))))


def _saved(total: Sum) -> str:
    ratio = total.priced_tokens_ratio
    if not ratio:
        return ", and nothing to compare it with"
    of = "" if ratio == 1 else f" ({100 * ratio:.1f}% of the tokens have a price there)"
    return f", saved {dollars(total.saved_nano)} against the baseline of {dollars(total.baseline_nano)}{of}"
