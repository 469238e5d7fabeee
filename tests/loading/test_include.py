"""Files taken in by `include`: everything in them holds, and the file that includes them can undo none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyroute.call import Call
from policyroute.loading import Policy, examine, load
from policyroute.policy.source import Source, read_text
from tests.loading.editing import SHOP, edited, marked, places, problems_in, problems_in_files

HEAD = "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: base, version: 1}\n"
BASE = f"""{HEAD}tags:
  health: {{only: {{hosting: [onprem]}}}}
pipeline:
  sensitivity:
    - {{id: base-health, when: {{prompt: {{keywords: [patient]}}}}, add: [health]}}
    - {{id: base-unread, when: {{unscanned: true}}, add: [health]}}
"""
TOP = f"""{HEAD}include: [base.yaml]
models:
  here: {{provider: p, hosting: onprem, tier: t, price: {{in: 1, out: 1}}}}
  there: {{provider: q, hosting: cloud, tier: t, price: {{in: 0.5, out: 0.5}}}}
tiers: [t]
pipeline:
  complexity: {{ladder: [{{id: all, when: {{}}, prefer: [t]}}]}}
"""


def policy_of(files: dict[str, str], file: str = "p.yaml") -> Policy:
    """A policy of several files that is good."""
    checked = examine(file, lambda name: read_text(files[name], name))
    assert checked.policy is not None, checked.problems
    return checked.policy


def including(word: str) -> str:
    """The whole policy with one include more."""
    return edited(SHOP, ("mode: enforce\n", f"mode: enforce\ninclude: {word}\n"))


def test_what_is_included_holds() -> None:
    """The rules of the included file decide in the file that includes it."""
    policy = policy_of({"p.yaml": TOP, "base.yaml": BASE})
    assert policy.decide(Call.from_text("hello")).model == "there"
    assert policy.decide(Call.from_text("the patient")).model == "here"
    assert [rule.clause.id for rule in policy.compiled.taggings] == ["base-health", "base-unread"]


def test_included_files_come_first_in_order() -> None:
    """Rules stand in the order of the includes, those of the file itself last."""
    rule = "    - {{id: {0}, when: {{stream: true}}, to: premium}}\n"
    files = {name: f"{HEAD}pipeline:\n  routes:\n{rule.format(name[0])}" for name in ("a.yaml", "b.yaml", "c.yaml")}
    files["b.yaml"] += "include: c.yaml\n"
    policy = policy_of({"p.yaml": including("[a.yaml, b.yaml]"), **files})
    assert [route.clause.id for route in policy.compiled.routes] == ["a", "c", "b", "free-plan", "contracts"]
    assert [source.file for source in policy.sources] == ["p.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_a_file_that_two_others_include_counts_once() -> None:
    """Two ways to one file are no redefinition."""
    middle = f"{HEAD}include: [base.yaml]\n"
    policy = policy_of(
        {"p.yaml": TOP.replace("[base.yaml]", "[x.yaml, y.yaml]"), "x.yaml": middle, "y.yaml": middle, "base.yaml": BASE}
    )
    assert policy.compiled.rule_ids == ("base-health", "base-unread", "all")


def test_the_hash_is_of_all_files() -> None:
    """A changed include is another policy; a changed comment is not."""
    first = policy_of({"p.yaml": TOP, "base.yaml": BASE})
    assert policy_of({"p.yaml": TOP, "base.yaml": "# why\n" + BASE}).version == first.version
    assert policy_of({"p.yaml": TOP, "base.yaml": BASE.replace("patient", "patients")}).version != first.version


LADDER = "{ladder: [{id: all, when: {}, prefer: [t]}]}"
WEAKER = [
    ("tags:\n  pii: {only: {region: [us]}}\n", "tags: {«pii»: {}}\n", "`pii` is already defined in base.yaml"),
    (
        "models:\n  m: {provider: p, tier: basic, price: {in: 1, out: 1}}\n",
        "models: {«m»: {provider: q, tier: basic, price: catalogue}}\n",
        "`m` is already defined in base.yaml",
    ),
    (
        "attributes:\n  a: {from: auth.a, trust: verified}\n",
        "attributes: {«a»: {from: header.a, trust: claimed}}\n",
        "`a` is already defined",
    ),
    ("detectors:\n  d: {regex: x}\n", "detectors: {«d»: {regex: y}}\n", "`d` is already defined in base.yaml"),
    ("mode: enforce\n", "mode: «off»\n", "`mode` is already set in base.yaml"),
    ("requested_model: ignore\n", "requested_model: «prefer»\n", "`requested_model` is already set in base.yaml"),
    ("tiers: [low, high]\n", "tiers: [«high», low]\n", "`tiers` is already set in base.yaml"),
    ("recovery: {stop_on: [auth]}\n", "recovery: «{stop_on: [connect]}»\n", "`recovery` is already set in base.yaml"),
    ("cache: {ttl: 1s}\n", "cache: «{ttl: 1d}»\n", "`cache` is already set in base.yaml"),
    ("baseline: m\n", "baseline: «n»\n", "`baseline` is already set in base.yaml"),
    ("rollout: {shadow: {model: m, share: 1%}}\n", "rollout: «{}»\n", "`rollout` is already set in base.yaml"),
    (
        f"pipeline: {{complexity: {LADDER}}}\n",
        f"pipeline: {{complexity: «{LADDER}»}}\n",
        "`complexity` is already set in base.yaml",
    ),
]


@pytest.mark.parametrize(("base", "top", "says"), WEAKER, ids=[row[0].partition(":")[0] for row in WEAKER])
def test_an_include_cannot_be_weakened(base: str, top: str, says: str) -> None:
    """What an included file defines or sets, the file that includes it cannot define or set again."""
    text = marked(f"{HEAD}include: [base.yaml]\n{top}")
    found = [p for p in problems_in_files({"p.yaml": text.text, "base.yaml": HEAD + base}) if p.code == "PR123"]
    assert places(found) == [("PR123", text.marks[0])]
    assert says in found[0].message


def test_an_id_of_an_include_cannot_be_used_again() -> None:
    """Rule ids and invariant ids are unique over all files, and the first one's file is named."""
    base = BASE + "invariants:\n  - {id: one, never: {tags: [health], reach: {hosting: [cloud]}}}\n"
    text = marked(
        TOP.replace("  complexity", "  sensitivity: [{id: «base-health», when: {stream: true}, add: [health]}]\n  complexity")
        + "invariants:\n  - {id: «one», always: {needs: {context: 1}}}\n"
    )
    problems = problems_in_files({"p.yaml": text.text, "base.yaml": base})
    assert places(problems) == [("PR110", mark) for mark in text.marks]
    assert all("base.yaml" in p.help for p in problems)


def test_the_same_setting_twice_is_no_redefinition() -> None:
    """A file may say again what the file that it includes says."""
    again = {"p.yaml": TOP.replace("tiers: [t]", "tiers: [t]\nmode: enforce"), "base.yaml": BASE + "tiers: [t]\nmode: enforce\n"}
    assert policy_of(again).compiled.document.mode == "enforce"


@pytest.mark.parametrize(
    ("include", "says"),
    [
        ("/etc/policy.yaml", "not a relative path below this file"),
        ("../other.yaml", "not a relative path below this file"),
        ("parts/../../other.yaml", "not a relative path below this file"),
        ("..", "not a relative path below this file"),
        ("https://example.org/p.yaml", "not a relative path below this file"),
        ("file:///etc/passwd", "not a relative path below this file"),
        ("'parts\\other.yaml'", "not a relative path below this file"),
    ],
)
def test_an_include_stays_below_its_file(include: str, says: str) -> None:
    """Absolute paths, addresses and paths that lead out are refused at the word that says so, and nothing else is said."""
    text = marked(including(f"[«{include}»]"))
    problems = problems_in(text.text)
    assert places(problems) == [("PR121", text.marks[0])]
    assert says in problems[0].message


def test_a_file_in_a_folder_includes_from_there() -> None:
    """A path is taken from the folder of the file it stands in, and may not lead out of that."""
    files = {
        "dir/p.yaml": TOP.replace("base", "sub/mid"),
        "dir/sub/mid.yaml": f"{HEAD}include: base.yaml\n",
        "dir/sub/base.yaml": BASE,
    }
    assert policy_of(files, "dir/p.yaml").compiled.rule_ids[0] == "base-health"
    files["dir/sub/mid.yaml"] = f"{HEAD}include: ../base.yaml\n"
    assert [(p.code, p.file) for p in problems_in_files(files, "dir/p.yaml")] == [("PR121", "dir/sub/mid.yaml")]


def test_a_link_may_not_lead_out(tmp_path: Path) -> None:
    """A link to a file elsewhere is not read; a link within the folder is, and so is a folder that is itself a link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/base.yaml").write_text(BASE.replace("tags:", "secret of another:"), "utf-8")
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "p.yaml").write_text(TOP, "utf-8")
    (folder / "base.yaml").symlink_to("../elsewhere/base.yaml")
    problems = examine(str(folder / "p.yaml")).problems
    assert [(p.code, p.line) for p in problems] == [("PR121", 4)]
    assert "a link that leads out" in problems[0].message
    (folder / "base.yaml").unlink()
    (folder / "there.yaml").write_text(BASE, "utf-8")
    (folder / "base.yaml").symlink_to("there.yaml")
    (tmp_path / "linked").symlink_to("real")
    assert load(tmp_path / "linked/p.yaml").decide(Call.from_text("the patient")).model == "here"


def test_a_missing_file_is_said_where_it_is_included() -> None:
    """That an include cannot be read is said at its word; what it would have declared is not called unknown."""
    text = marked(edited(including("[«base.yaml»]"), ("add: [secret]", "add: [of-base]")))
    problems = problems_in_files({"p.yaml": text.text})
    assert places(problems) == [("PR012", text.marks[0])]
    assert problems[0].message == "cannot read `base.yaml`: no such file or directory"
    assert problems[0].file == "p.yaml"


def test_problems_of_an_include_name_its_file() -> None:
    """What is wrong in an included file has that file's name and place, and makes nothing else unknown."""
    base = marked(BASE.replace("health: {only", "health: {«olny»"))
    problems = problems_in_files({"p.yaml": TOP, "base.yaml": base.text})
    assert [(p.file, *places([p])) for p in problems] == [("base.yaml", ("PR101", base.marks[0]))]
    broken = problems_in_files(
        {"p.yaml": edited(including("base.yaml"), ("add: [secret]", "add: [x]")), "base.yaml": BASE + "a: [\n"}
    )
    assert [(p.file, p.code) for p in broken] == [("base.yaml", "PR001")]


CIRCLES = [
    ({"p.yaml": "[p.yaml]"}, "p.yaml", "this file includes itself"),
    ({"p.yaml": "[./p.yaml]"}, "p.yaml", "this file includes itself"),
    ({"p.yaml": "[a.yaml]", "a.yaml": "[p.yaml]"}, "a.yaml", "`p.yaml` leads back to this file"),
    ({"p.yaml": "[a.yaml]", "a.yaml": "[b.yaml]", "b.yaml": "[a.yaml]"}, "b.yaml", "`a.yaml` leads back to this file"),
]


@pytest.mark.parametrize("root", ["p.yaml", "./p.yaml"])
@pytest.mark.parametrize(("includes", "file", "says"), CIRCLES, ids=[row[2] for row in CIRCLES])
def test_a_circle_of_includes_is_one_problem(includes: dict[str, str], file: str, says: str, root: str) -> None:
    """Files that include each other are refused once, at the include that closes the circle."""
    files = {name: (SHOP if name == "p.yaml" else HEAD) + f"include: {said}\n" for name, said in includes.items()}
    files[root] = files["p.yaml"]
    problems = problems_in_files(files, root)
    assert [(p.code, p.file.removeprefix("./"), p.message) for p in problems] == [("PR122", file, says)]


def test_a_part_alone_lacks_only_its_sections() -> None:
    """A file that others include, checked on its own, lacks what they have; what it refers to is not called unknown."""
    problems = problems_in(BASE)
    assert [(p.code, p.message) for p in problems] == [("PR102", "a policy needs `models`"), ("PR102", "a policy needs `tiers`")]
    wrong = problems_in(BASE.replace("add: [health]", "add: [helth]", 1))
    assert [p.code for p in wrong] == ["PR102", "PR102", "PR111"]


def test_fifty_files_are_enough() -> None:
    """A chain of includes has an end."""
    files = {f"f{i}.yaml": f"{HEAD}include: f{i + 1}.yaml\n" for i in range(60)}
    problems = problems_in_files({"p.yaml": including("f0.yaml"), **files})
    assert [(p.code, p.file, p.message) for p in problems] == [("PR121", "f48.yaml", "more than 50 files")]


def test_a_folder_is_no_include(tmp_path: Path) -> None:
    """A folder, or a name that no file can have, is refused like a missing file."""
    (tmp_path / "base.yaml").mkdir()
    (tmp_path / "p.yaml").write_text(TOP, "utf-8")
    assert [(p.code, p.line) for p in examine(str(tmp_path / "p.yaml")).problems] == [("PR012", 4)]
    (tmp_path / "p.yaml").write_text(TOP.replace("[base.yaml]", '["a\\0b"]'), "utf-8")
    assert [(p.code, p.line) for p in examine(str(tmp_path / "p.yaml")).problems] == [("PR012", 4)]


def test_includes_are_read_once() -> None:
    """However many files include it, a file is read once."""
    read: list[str] = []
    middle = f"{HEAD}include: [base.yaml]\n"
    files = {"p.yaml": TOP.replace("[base.yaml]", "[x.yaml, y.yaml]"), "x.yaml": middle, "y.yaml": middle, "base.yaml": BASE}

    def reading(name: str) -> Source:
        read.append(name)
        return read_text(files[name], name)

    assert examine("p.yaml", reading).policy is not None
    assert read == ["p.yaml", "x.yaml", "base.yaml", "y.yaml"]
