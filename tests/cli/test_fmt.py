"""`policyroute fmt`: canonical form in place, or only shown; nothing is written where something is wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

CANONICAL = "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: a, version: 1}  # why\nmode: enforce\n"
UNTIDY = "kind:   Policy\napiVersion: policyroute/v1\nmetadata: {name: a,version: 1} # why\nmode:  enforce\n"


@pytest.fixture
def untidy(place: Path) -> Path:
    """A file that is not canonical."""
    file = place / "untidy.yaml"
    file.write_text(UNTIDY, "utf-8")
    return file


def test_in_place(run, untidy: Path) -> None:
    """The file is rewritten, once: the second time nothing is to be done."""
    untidy.chmod(0o640)
    assert run("fmt", "untidy.yaml") == (0, "untidy.yaml: formatted\n", "")
    assert untidy.read_text("utf-8") == CANONICAL
    assert untidy.stat().st_mode & 0o777 == 0o640
    assert run("fmt", "untidy.yaml") == (0, "untidy.yaml: as it should be\n", "")
    assert sorted(path.name for path in untidy.parent.iterdir()) == ["small.yaml", "small_test.yaml", "untidy.yaml"]


def test_a_folder(run, untidy: Path) -> None:
    """A folder stands for the policies and tests below it, each once; files of other kinds and hidden ones are left alone."""
    below = untidy.parent / "deep" / "er"
    (below / ".git").mkdir(parents=True)
    others = {below / "compose.yml": "a:   1\n", below / ".git" / "p.yaml": UNTIDY, below / "notes.txt": UNTIDY}
    for path, text in {**others, below / "p.yml": UNTIDY}.items():
        path.write_text(text, "utf-8")
    ran = run("fmt", "untidy.yaml", ".")
    assert ran.code == 0
    names = [line.partition(":")[0] for line in ran.out.splitlines()]
    assert names == ["untidy.yaml", "small.yaml", "small_test.yaml", "deep/er/p.yml"]
    assert (below / "p.yml").read_text("utf-8") == untidy.read_text("utf-8") == CANONICAL
    assert {path: path.read_text("utf-8") for path in others} == others


def test_a_broken_file_of_a_folder_keeps_all_as_they_are(run, untidy: Path) -> None:
    """What is no YAML may be a policy that is broken: a folder with it is not formatted in part."""
    (untidy.parent / "broken.yaml").write_text("a: [\n", "utf-8")
    ran = run("fmt", ".")
    assert (ran.code, "broken.yaml:1:4" in ran.err or "PR001" in ran.err) == (3, True)
    assert untidy.read_text("utf-8") == UNTIDY


def test_a_folder_without_policies_is_refused(run, place: Path) -> None:
    """A folder in which nothing is to be formatted is more likely a mistake."""
    (place / "empty").mkdir()
    ran = run("fmt", "empty")
    assert ran.code == 2
    assert "no policy and no test file is below `empty`" in ran.err


@pytest.mark.parametrize(("flags", "code"), [(["--check"], 9), (["--diff"], 0), (["--check", "--diff"], 9)])
def test_showing_changes_nothing(run, untidy: Path, flags: list[str], code: int) -> None:
    """`--check` and `--diff` show the difference and write nothing; `--check` says so by its exit code."""
    ran = run("fmt", *flags, "untidy.yaml")
    assert ran.code == code
    assert ran.out.startswith("--- a/untidy.yaml\n+++ b/untidy.yaml\n@@ ")
    assert "\n-mode:  enforce\n" in ran.out
    assert ran.out.endswith("\n+mode: enforce\n")
    assert untidy.read_text("utf-8") == UNTIDY


def test_checking_what_is_canonical(run, untidy: Path) -> None:
    """Where nothing would change `--check` is silent."""
    untidy.write_text(CANONICAL, "utf-8")
    assert run("fmt", "--check", "untidy.yaml") == (0, "", "")


def test_line_ends_count(run, untidy: Path) -> None:
    """A file with line ends of another system is not canonical, and the difference can be seen."""
    untidy.write_bytes(CANONICAL.replace("\n", "\r\n").encode())
    ran = run("fmt", "--check", "untidy.yaml")
    assert (ran.code, "-kind: Policy<U+000D>" in ran.out) == (9, True)
    run("fmt", "untidy.yaml")
    assert untidy.read_bytes() == CANONICAL.encode()


def test_a_missing_last_line_end_is_told(run, untidy: Path) -> None:
    """A file whose last line has no end would change, and the difference says in what."""
    untidy.write_text(CANONICAL.rstrip("\n"), "utf-8")
    ran = run("fmt", "--check", "untidy.yaml")
    assert (ran.code, "-\\ No newline at end of file\n" in ran.out) == (9, True)


@pytest.mark.parametrize(("flags", "code", "out"), [([], 0, CANONICAL), (["--check"], 9, "--- a/-\n")])
def test_standard_input(run, monkeypatch: pytest.MonkeyPatch, flags: list[str], code: int, out: str) -> None:
    """`-` is read from standard input, and its form is written to standard output."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNTIDY.encode())))
    ran = run("fmt", *flags, "-")
    assert (ran.code, ran.out[: len(out)]) == (code, out)


@pytest.mark.parametrize("content", [b"", b"a: [\n", b"a: 1\na: 2\n", b"\xff\xfe", b"- a\n", b"a" * 1_100_000])
def test_one_bad_file_keeps_all_as_they_are(run, place, untidy: Path, content: bytes) -> None:
    """What cannot be read exits with 3 and says where, and no other file is touched."""
    (place / "bad.yaml").write_bytes(content)
    ran = run("fmt", "untidy.yaml", "bad.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert "--> bad.yaml:" in ran.err
    assert (untidy.read_text("utf-8"), (place / "bad.yaml").read_bytes()) == (UNTIDY, content)


def test_json(run, untidy: Path) -> None:
    """One object: which files changed, and how they would where nothing is written."""
    answer = run("fmt", "--check", "untidy.yaml", "small.yaml", "-o", "json").answer
    assert answer["ok"] is False
    assert answer["files"][0]["file"] == "untidy.yaml" and answer["files"][0]["changed"] is True
    assert answer["files"][0]["diff"].startswith("--- a/untidy.yaml\n")
    assert run("fmt", "untidy.yaml", "-o", "json").answer == {
        "ok": True,
        "files": [{"file": "untidy.yaml", "changed": True, "diff": ""}],
    }


def test_a_link_stays_a_link(run, place, untidy: Path) -> None:
    """Formatting through a link writes the file that it leads to."""
    (place / "link.yaml").symlink_to(untidy)
    assert run("fmt", "link.yaml").code == 0
    assert (place / "link.yaml").is_symlink()
    assert untidy.read_text("utf-8") == CANONICAL
