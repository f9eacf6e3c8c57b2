"""The launch review fits on one screen; with ``--verbose`` nothing is left out."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

from automl.cli.views.plan_review import LINES, render_decision, render_plan
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.launch.review import Change, Review, make_review
from automl.space import LeftOut

MORE = "more (--plan --verbose shows all)"
LAST = ["route", "data", "algorithm", "budget"]


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
        return make_plan(RunRequest(**given))

    return make


@pytest.fixture
def crowded(tmp_path: Path) -> tuple[Plan, Review]:
    """A plan of many parameters with much to say of each."""
    skill = Path(shutil.copytree(SKILLS / "kitchen_sink", tmp_path / "skill"))
    (skill / "scripts").mkdir()
    (skill / "scripts" / "train.py").touch()
    key = {"dataset.root_dir": str(tmp_path)}
    made = make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run", overrides=key))
    assert made.space is not None
    words = "the words of a long remark " * 8
    out = tuple(LeftOut(f"train.part_{n}.worker_{n}", words) for n in range(80))
    plan = replace(
        made,
        space=replace(made.space, left_out=out, warnings=(words,)),
        notes=tuple(f"note {n}: {words}" for n in range(20)),
        warnings=tuple(f"warning {n}: {words}" for n in range(40)),
        data_lines=tuple(f"split {n}: {n} crops" for n in range(30)),
    )
    changes = tuple(Change(f"dataset.deep.key_{n}", None, "x" * n, "you") for n in range(60))
    return plan, replace(make_review(plan), changes=changes)


def _labels(lines: list[str]) -> list[str]:
    return [line[:10].strip() for line in lines if line[:10].strip()]


@pytest.mark.parametrize("width", [80, 120])
def test_a_crowded_plan_fits_on_a_screen(crowded: tuple[Plan, Review], width: int) -> None:
    lines = render_plan(*crowded, width=width).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= width
    cut = [line for line in lines if "... and " in line]
    assert len(cut) >= 4
    assert all(line.endswith(MORE) for line in cut)
    assert [*dict.fromkeys(_labels(lines[-lines[::-1].index("") :]))] == LAST


def test_verbose_shows_all_of_it(crowded: tuple[Plan, Review]) -> None:
    plan, review = crowded
    text = render_plan(plan, review, verbose=True, width=80)
    assert MORE not in text
    words = " ".join(text.split())
    assert plan.space is not None
    for each in (*plan.notes, *plan.warnings, *plan.data_lines, *plan.space.warnings):
        assert " ".join(each.split()) in words
    for name in (*plan.space.names, *(out.name for out in plan.space.left_out)):
        assert name in text
    for change in review.changes:
        assert change.key in text
    lines = text.splitlines()
    assert _labels(lines[-lines[::-1].index("") :])[0] == "route"
    assert _labels(lines)[-2:] == LAST[-2:]


@pytest.mark.parametrize("verbose", [False, True])
def test_what_decides_is_last(plan: Any, verbose: bool) -> None:
    found = plan(trials=7, time_budget_s="8h")
    review = make_review(found)
    lines = render_plan(found, review, verbose=verbose, width=80).splitlines()
    end = lines[-lines[::-1].index("") :]
    assert [label for label in _labels(end) if label != "data"] == [LAST[0], *LAST[2:]]
    if verbose:
        assert end == render_decision(found, review, 80).splitlines()
    assert end[-1] == "budget     7 trials, at most 8 h"


def test_the_first_trials_are_columns_beside_the_values(plan: Any) -> None:
    found = plan(trials=3, enqueue=[{"lr": 0.02}])
    review = make_review(found)
    lines = render_plan(found, review, width=80).splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("parameter"))
    assert lines[head].split() == ["parameter", "values", "default", "enqueued", "search"]
    row = next(line for line in lines[head:] if line.startswith("train.lr "))
    assert row.split()[-2] == "0.02"


def test_a_direct_run_shows_no_space(plan: Any) -> None:
    found = plan(policy="off")
    lines = render_plan(found, make_review(found), width=80).splitlines()
    end = _labels(lines[-lines[::-1].index("") :])
    assert (end[0], {*end[1:]}) == ("route", {"data"})
    assert not any(line.startswith("parameter") for line in lines)


def test_a_skill_that_declares_no_data_says_so(tmp_path: Path) -> None:
    found = make_plan(RunRequest(skill_dir=SKILLS / "peer_script", output=tmp_path / "run"))
    end = render_decision(found, make_review(found), 80).splitlines()
    assert _labels(end) == LAST
    assert end[1] == "data       none is declared by the skill"
