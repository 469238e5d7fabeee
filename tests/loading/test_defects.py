"""Everything that can be wrong with one place of a policy: one defect is one problem, with its code, its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.loading.editing import SHOP, Edit, check, edited, marked, problems_in

DEFECTS: dict[str, list[dict[str, str]]] = yaml.safe_load(Path(__file__).with_name("defects.yaml").read_text("utf-8"))
EDITS = [Edit(**said) for group in DEFECTS.values() for said in group]


def test_the_policy_that_is_broken_here_is_good() -> None:
    """Nothing is wrong with the policy before it is edited."""
    assert problems_in(SHOP) == ()


@pytest.mark.parametrize("edit", EDITS, ids=[f"{edit.code}-{i}" for i, edit in enumerate(EDITS)])
def test_one_defect_is_one_problem(edit: Edit) -> None:
    """What is misspelt, missing, unknown or cannot be meant makes one problem at its exact place, and none elsewhere."""
    text = marked(edited(SHOP, (edit.old, edit.new)))
    check(edit, problems_in(text.text), text)
