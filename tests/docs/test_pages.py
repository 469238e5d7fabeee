"""The pages: what they show is run, what they point to exists, and what exists has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policyroute.cli.main import COMMANDS
from tests.docs.pages import Page, pages, slug, target
from tests.docs.running import Run, alike
from tests.house.survey import ROOT

STAGES = ("sensitivity", "routes", "budgets", "complexity")
NOUNS = (
    *("policy", "call", "target", "tag", "attribute", "condition", "stage", "ladder", "budget"),
    *("decision", "step", "plan", "redaction", "problem", "case", "dialect", "scan"),
)
IN_CHECKOUT = re.compile(r"(?:policyroute|tests|docs|scripts|policies|schemas|benchmarks|requirements|\.ci)/[\w./-]*(?:::\w+)?")
CODE = re.compile(r"\bPR\d{3}\b")
# Where a reader begins; from these every page is reached.
DOORS = ("README.md", "docs/index.md")


@pytest.fixture(autouse=True)
def _plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of known width, without colours, whatever the machine says."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")


def dead_links(page: Page) -> list[str]:
    """Links that lead nowhere. Addresses on the web are not visited."""
    found = []
    for line, link in page.links:
        if re.match(r"https://|mailto:", link):
            continue
        file, anchor = target(page, link)
        if link.startswith("#"):
            there = page
        elif file.exists():
            there = Page(link, file.read_text("utf-8") if anchor else "")
        else:
            found.append(page.at(line, f"`{link}` is not there"))
            continue
        if anchor and anchor not in there.anchors:
            found.append(page.at(line, f"`{link}`: no such heading"))
    return found


def wrong_names(page: Page) -> list[str]:
    """Files, tests and problem codes in backticks that do not exist."""
    known = codes()
    found = []
    for line, name in page.names:
        if IN_CHECKOUT.fullmatch(name) and ("." in name or name.endswith("/")):
            path, _, test = name.partition("::")
            if not (ROOT / path).exists():
                found.append(page.at(line, f"`{path}` is not in the checkout"))
            elif test and f"def {test}(" not in (ROOT / path).read_text("utf-8"):
                found.append(page.at(line, f"`{path}` has no `{test}`"))
        found += [page.at(line, f"no problem has the code `{code}`") for code in CODE.findall(name) if code not in known]
    return found


def codes() -> frozenset[str]:
    """Every code that the package can say."""
    return frozenset(code for path in (ROOT / "policyroute").rglob("*.py") for code in CODE.findall(path.read_text("utf-8")))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path)
def test_what_a_page_shows_is_so(page: Page, tmp_path: Path) -> None:
    """Policies load, tests pass, Python runs and commands print what the page says they do."""
    assert "\n".join(Run(page, tmp_path).all()) == ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path)
def test_what_a_page_names_is_there(page: Page) -> None:
    """Links lead somewhere; files, tests and codes that are named exist."""
    assert "\n".join(dead_links(page) + wrong_names(page)) == ""


@pytest.mark.parametrize(
    "path",
    [
        *(f"docs/commands/{name}.md" for name in COMMANDS),
        *(f"docs/stages/{name}.md" for name in STAGES),
        *(f"docs/nouns/{name}.md" for name in NOUNS),
    ],
)
def test_everything_has_its_page(path: str) -> None:
    """Each command, stage and noun is a page that begins with its name."""
    text = (ROOT / path).read_text("utf-8")
    assert text.startswith("# ")
    assert Path(path).stem in text.splitlines()[0].lower()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command_shows_it(name: str) -> None:
    """The page of a command is named as it is typed, and has an example of it."""
    text = (ROOT / f"docs/commands/{name}.md").read_text("utf-8")
    assert text.startswith(f"# `policyroute {name}`\n")
    assert f"\n$ policyroute {name}" in text


def test_every_page_is_reached_by_links() -> None:
    """A reader who follows links from the top comes to every page."""
    by_path = {page.path: page for page in pages()}
    reached, coming = set(), list(DOORS)
    while coming:
        path = coming.pop()
        if path in reached or path not in by_path:
            continue
        reached.add(path)
        links = [target(by_path[path], link)[0] for _, link in by_path[path].links if "://" not in link]
        coming += [link.relative_to(ROOT).as_posix() for link in links if link.is_relative_to(ROOT)]
    assert set(by_path) - reached - {"CHANGELOG.md", "CONTRIBUTING.md"} == set()


def test_the_architecture_can_be_read_at_one_sitting() -> None:
    """ARCHITECTURE.md stays within 200 lines."""
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()) <= 200


WHOLE = """apiVersion: policyroute/v1
kind: Policy
metadata: {name: a, version: 1}
tiers: [one]
models: {m: {provider: p, tier: one, price: {in: 1, out: 2}}}
"""
LADDER = "{complexity: {ladder: [{id: all, when: {}, prefer: [one]}]}}"
TESTS = """apiVersion: policyroute/v1
kind: PolicyTest
policy: a.yaml
requests: {r: {prompt: hello}}
tests: [{name: never, request: r, expect: {outcome: deny}}]"""

BROKEN = [
    ("```yaml\ntags: {pii: {only: {regoin: [eu]}}}\n```", "regoin"),
    ("```yaml\npipeline: {routes: [{id: a, when: {plan: [gold]}, only: nothing}]}\n```", "gold"),
    ("```yaml\na: 1\na: 2\n```", "PR003"),
    ("```yaml\nkind: Policy\nmodels: {}\n```", "PR102"),
    (f"```yaml\n{WHOLE}tags: {{unused: {{}}}}\npipeline: {LADDER}\n```", "PR301"),
    (f"```yaml a.yaml\n{WHOLE}pipeline: {LADDER}\n```\n```yaml\n{TESTS}\n```", "the test `never` fails"),
    ("```yaml refused\ntags: {}\n```", "nothing is wrong"),
    ("```console\n$ policyroute --version\npolicyroute 7\n```", "prints"),
    ("```console\n$ policyroute check missing.yaml\n…\n$ echo $?\n0\n```", "prints"),
    ("```console\n$ rm -r policies\n```", "not run here"),
    ("```sh\npolicyroute chekc policies\n```", "no such command"),
    ("```sh\npolicyroute check policies --fix\n```", "--fix"),
    ("```python\n>>> 1 + 1\n3\n```", "Expected"),
    ('```json\n{"ok": true,}\n```', "no JSON"),
    ("```cobol\nMOVE 1 TO A\n```", "no kind of block"),
]


@pytest.mark.parametrize(("text", "complaint"), BROKEN)
def test_a_wrong_page_is_seen(text: str, complaint: str, tmp_path: Path) -> None:
    """Each kind of block complains when it is not so, with its place."""
    complaints = "\n".join(Run(Page("docs/box.md", text), tmp_path).all())
    assert complaint in complaints
    assert re.match(r"docs/box\.md:\d+: ", complaints)


def test_a_python_block_that_raises_is_seen(tmp_path: Path) -> None:
    """What a block raises reaches the test, with the page in its traceback."""
    with pytest.raises(KeyError, match="gone"):
        Run(Page("docs/box.md", "```python\n{}['gone']\n```"), tmp_path).all()


def test_a_whole_page_passes(tmp_path: Path) -> None:
    """Blocks of one page share a folder and their names."""
    text = (
        f"```yaml a.yaml\n{WHOLE}pipeline: {LADDER}\n```\n"
        "```console\n$ policyroute check a.yaml\na.yaml: ok (1 model, 1 rule, hash 0123456789abcdef)\n$ echo $?\n0\n```\n"
        "```python\nx = 2\n```\n```python\n>>> x + 1\n3\n```\n"
        "```sh\npolicyroute check a.yaml --fail-on warning && ls\n```\n"
        "<!-- file: b.json -->\n```json\n{}\n```\n```console\n$ cat b.json > c.json\n$ cat c.json\n{}\n```\n"
        "```yaml\ntags: {pii: {only: {region: [eu]}}}\n```\n"
    )
    assert Run(Page("docs/box.md", text), tmp_path).all() == []


@pytest.mark.parametrize("link", ["nowhere.md", "../README.md#no-such-heading", "#nothing"])
def test_a_dead_link_is_seen(link: str) -> None:
    """A link to a file or a heading that is not there is complained of."""
    assert dead_links(Page("docs/box.md", f"# Box\n\nSee [there]({link})."))


@pytest.mark.parametrize("link", ["../README.md", "#box", "https://example.org/x", "../tests/docs"])
def test_a_live_link_passes(link: str) -> None:
    """Links to files, to headings of the page, and to the web pass."""
    assert dead_links(Page("docs/box.md", f"# Box\n\nSee [there]({link}).")) == []


@pytest.mark.parametrize(
    "name", ["policyroute/gone.py", "tests/docs/test_pages.py::test_that_is_not_there", "PR999", "error[PR998]"]
)
def test_a_wrong_name_is_seen(name: str) -> None:
    """A file, a test or a code in backticks that does not exist is complained of."""
    assert wrong_names(Page("docs/box.md", f"Look at `{name}`."))


@pytest.mark.parametrize(("heading", "anchor"), [("What `only` means", "what-only-means"), ("1. In, out: all", "1-in-out-all")])
def test_headings_become_anchors(heading: str, anchor: str) -> None:
    """Anchors are spelled as forges spell them."""
    assert slug(heading) == anchor


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…", "a\nb", True),
        ("…\nb", "a\nb", True),
        ("a\n…\nc\n…\ne", "a\nb\nc\nd\ne", True),
        ("a\n…\nb\n…\nb", "a\nb", False),
        ("a", "a\nb", False),
        ("…\nc", "a\nb", False),
        ("12 passed in 0.35 s", "12 passed in 1.1 s", True),
        ("12 passed in 0.35 s", "13 passed in 0.35 s", False),
    ],
)
def test_outputs_are_compared_line_by_line(wanted: str, got: str, same: bool) -> None:
    """Only `…` and what differs on every run are let through."""
    assert alike(wanted, got) is same
