"""How well sensitive values are found, how often something is found where nothing is, and how long that takes.

Measured on made-up texts (`benchmarks/sensitive`), half of whose templates nobody has looked at while detectors were
written, and with `--data PATH` on labelled texts of one's own: a `.tar.xz` of `.jsonl` files, or a folder with one, whose
rows have `text`, `labels` and perhaps `ambiguous`.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import NamedTuple

from benchmarks.material import PROSE
from benchmarks.sensitive import people, secret_texts
from benchmarks.sensitive.row import Row
from benchmarks.timing import calibration, table
from policyroute import detect

LABELS = ("email", "phone", "credit-card", "iban", "us-ssn", "ip-address", "crypto", "national-id", "secret")
SEED = 20_261_121
HOSTILE = (
    *("4", "a.", "a@", "1 ", "a:", "1.", "eyJ", "A1", "password=", "- ", "+1", "sk-", "a://", "\u200b1"),
    *("password ", "passport number ", "tel: ", "id no 12 ", "born on ", "iban ", "ssn ", "key: ", "token is ", "secret "),
    *("-----BEGIN PRIVATE " + "KEY-----", '"a":"b",', "4111 1111 1111 1112 ", "%41", "&#65;", "\\u0041", "QUJD", "а", "１"),
)
ROUNDS = 3


class Counts(NamedTuple):
    """Texts in which a family was rightly found, wrongly found, and missed."""

    hit: int = 0
    false: int = 0
    missed: int = 0

    def plus(self, wanted: bool, found: bool) -> Counts:
        """One more text."""
        return Counts(self.hit + (wanted and found), self.false + (found and not wanted), self.missed + (wanted and not found))

    @property
    def rates(self) -> str:
        """Precision and recall."""
        found, there = self.hit + self.false, self.hit + self.missed
        precision = f"{self.hit / found:.3f}" if found else "-"
        return f"{precision} / {self.hit / there:.3f}" if there else f"{precision} / -"


def counted(rows: Iterable[Row]) -> Mapping[str, Counts]:
    """By family, and `any`: whether anything is found where something is."""
    counts = {name: Counts() for name in (*LABELS, "any")}
    for row in rows:
        found = {finding.kind.partition(".")[0] for finding in detect(row.text)} & set(LABELS) - row.unscored
        for name in LABELS:
            if name not in row.unscored:
                counts[name] = counts[name].plus(name in row.labels, name in found)
        counts["any"] = counts["any"].plus(bool(row.labels & set(LABELS)), bool(found))
    return counts


def show(parts: Mapping[str, Sequence[Row]]) -> str:
    """One column a part, one row a family: precision / recall, by texts."""
    measured = {name: counted(rows) for name, rows in parts.items()}
    body = [[label, *(counts[label].rates for counts in measured.values())] for label in ("any", *LABELS)]
    clean = {name: [row for row in rows if not row.labels | row.unscored] for name, rows in parts.items()}
    alarms = ["false alarms"]
    for rows in clean.values():
        wrong = sum(any(f.kind.partition(".")[0] in LABELS for f in detect(row.text)) for row in rows)
        alarms.append(f"{wrong} of {len(rows)}")
    return table(["", *(f"{name} ({len(rows):,})" for name, rows in parts.items())], [*body, alarms])


def made_up(count: int) -> Mapping[str, Sequence[Row]]:
    """The made-up texts: of templates that were looked at, of those that never were, and the hard ones of each."""
    rows = [*people.rows(SEED, count), *secret_texts.rows(SEED, count)]
    seen, unseen = [row for row in rows if not row.held_out], [row for row in rows if row.held_out]
    return {
        "seen": seen,
        "seen, hard": [row for row in seen if row.hard],
        "unseen": unseen,
        "unseen, hard": [row for row in unseen if row.hard],
    }


def labelled(path: Path) -> Iterator[tuple[str, Sequence[Row]]]:
    """The parts of labelled texts that are scored: those whose rows have labels."""
    with tarfile.open(next(path.glob("*.tar.xz")) if path.is_dir() else path) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream is None or not member.name.endswith(".jsonl"):
                continue
            found = [json.loads(line) for line in io.TextIOWrapper(stream, "utf-8")]
            if found and all("labels" in row and "text" in row for row in found):
                yield Path(member.name).stem, [_row(row) for row in found]


def _row(said: Mapping[str, object]) -> Row:
    labels, unscored = (frozenset(map(str, said.get(key) or ())) & frozenset(LABELS) for key in ("labels", "ambiguous"))
    return Row(str(said["text"]), labels - unscored, "", unscored=unscored)


def best_ms(work: Callable[[], object]) -> float:
    """Milliseconds of processor time, the best of a few."""
    took = []
    for _ in range(ROUNDS):
        start = process_time()
        work()
        took.append(process_time() - start)
    return min(took) * 1e3


def clean_times() -> str:
    """Ordinary prose, every detector on."""
    rows = []
    for size in (2_048, 16_384, 65_536):
        texts = [(PROSE * (size // len(PROSE) + 2))[i * 97 : i * 97 + size] for i in range(20)]
        took = best_ms(lambda texts=texts: [detect(text) for text in texts]) / len(texts) * 1e3  # type: ignore[misc]
        rows.append([f"{size // 1024} KB", f"{took:,.0f}", f"{took / size * 1024:,.1f}"])
    return table(["clean text", "µs", "µs a KB"], rows)


def hostile_times() -> str:
    """Texts that are made to take long: 16,000 and 64,000 characters of one thing."""
    rows = []
    for unit in HOSTILE:
        short, long = ((unit * (size // len(unit) + 1))[:size] for size in (16_000, 64_000))
        first, second = best_ms(lambda text=short: detect(text)), best_ms(lambda text=long: detect(text))  # type: ignore[misc]
        rows.append([ascii(unit), f"{first:.2f}", f"{second:.2f}", f"{second / max(first, 1e-3):.1f}"])
    rows.sort(key=lambda row: -float(row[2]))
    return table(["text of", "16 K ms", "64 K ms", "ratio"], rows)


def main(options: Sequence[str] = ()) -> None:
    """Prints rates, then times."""
    parser = argparse.ArgumentParser(prog="scripts/bench detect", description=__doc__)
    parser.add_argument("--data", type=Path, help="labelled texts of one's own")
    parser.add_argument("--count", type=int, default=4_000, help="made-up texts of each kind")
    given = parser.parse_args(list(options))
    print("precision / recall, by texts\n")
    print(show(made_up(given.count)))
    if given.data is not None:
        print()
        print(show(dict(labelled(given.data))))
    print(f"\na loop of 10,000 additions: {calibration():.0f} µs\n")
    print(clean_times())
    print()
    print(hostile_times())
