"""A point of the user's enters a sweep that goes on, or is refused with what to do."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from guided_runs import bowl_plan
from sweep_here import run_here, without_ray

from automl.cli.commands.propose import propose as command
from automl.constants import PROPOSED_FOLDER
from automl.errors import AutoMLError
from automl.launch.running.guidance.inbox import put_point, waiting_points
from automl.launch.running.guidance.propose import propose
from automl.results.proposals import proposals_of
from automl.results.run import Run
from automl.sweep.notices import ProposalNotice, TrialEnded, TrialStarted


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ray(monkeypatch)


def _file(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "point.yaml"
    path.write_text(content)
    return path


class _User:
    """Does something once trial 1 has started."""

    def __init__(self, act: Any) -> None:
        self.act = act
        self.notices: list[Any] = []

    def __call__(self, notice: Any) -> None:
        self.notices.append(notice)
        if isinstance(notice, TrialStarted) and notice.number == 1:
            self.act()

    @property
    def said(self) -> list[str]:
        return [notice.words for notice in self.notices if isinstance(notice, ProposalNotice)]


def test_the_next_trials_are_the_users_points(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, trials=5)
    points = _file(tmp_path, "- {lr: 1e-2, kind: flat}\n- {train.momentum: 0.8}\n")
    user = _User(lambda: propose(plan.output, points))
    run_here(plan, listener=user)
    histories = Run(plan.output).histories
    assert [h.start.source for h in histories] == [
        "default", "search", "enqueued", "enqueued", "search",
    ]  # fmt: skip
    assert [dict(h.start.params) for h in histories[2:4]] == [
        {"train.lr": 0.01, "train.momentum": 0.5, "train.kind": "flat"},
        {"train.lr": 0.1, "train.momentum": 0.8, "train.kind": "round"},
    ]
    assert len(user.said) == 2
    assert not list((plan.output / PROPOSED_FOLDER).iterdir())
    assert proposals_of(Run(plan.output))["proposed"].words == "2 trials"


def test_a_point_for_which_no_trial_is_left_is_told_and_waits(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, trials=2)
    user = _User(lambda: put_point(plan.output, {"train.lr": 0.02}))
    run_here(plan, listener=user)
    assert user.said == [
        "points of automl propose that no trial has taken: 1; a run that goes on tries them"
    ]
    assert proposals_of(Run(plan.output))["proposed"].waiting == 1
    run_here(replace(plan, trials=3))
    assert Run(plan.output).histories[2].start.params["train.lr"] == 0.02


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"version": 1, "point": {"train.lr": 9}}', "cannot be run"),
        ('{"version": 1, "point": {"lr": 0.1}}', "before, or comes next"),
        ('{"version": 1, "point": [1]}', "no point of this version"),
        ('{"version": 2, "point": {}}', "no point of this version"),
        ("[1]", "no point of automl propose"),
        ("", "no point of automl propose"),
    ],
)
def test_what_the_driver_cannot_try_is_told_counted_and_kept(
    tmp_path: Path, content: str, why: str
) -> None:
    plan = bowl_plan(tmp_path, trials=4)

    def act() -> None:
        put_point(plan.output, {})
        waiting_points(plan.output)[0].write_text(content)

    user = _User(act)
    run_here(plan, listener=user)
    assert [history.start.source for history in Run(plan.output).histories[1:]] == ["search"] * 3
    assert len(user.said) == 1
    assert why in user.said[0]
    assert sum(proposals_of(Run(plan.output))["proposed"].refused.values()) == 1
    assert [file.suffix for file in (plan.output / PROPOSED_FOLDER).iterdir()] == [".refused"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{lr: 7}", "point 1 cannot be run"),
        ("{rate: 0.2}", "rate"),
        ("{lr: 0.2, train.lr: 0.3}", "give it once"),
        ("{lr: 0.1}", "point 1 equals trial 0000"),
        ("- {lr: 0.2}\n- {lr: 0.2}", "point 2 equals an earlier point"),
        ("[]", "must hold a list of mappings"),
        ("lr", "must hold a list of mappings"),
        ("{lr: [", "no file to read"),
    ],
)
def test_a_point_that_cannot_be_tried_is_refused_and_nothing_is_queued(
    tmp_path: Path, content: str, why: str
) -> None:
    plan = bowl_plan(tmp_path, trials=4)
    said: list[str] = []

    def act() -> None:
        with pytest.raises(AutoMLError) as error:
            propose(plan.output, _file(tmp_path, content))
        said.append(str(error.value))

    run_here(plan, listener=_User(act))
    assert why in said[0]
    assert not (plan.output / PROPOSED_FOLDER).exists()


def test_runs_that_take_no_point_say_what_to_do(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, trials=2)
    point = _file(tmp_path, "{lr: 0.2}")
    refusals: list[str] = []

    def act() -> None:
        with pytest.raises(AutoMLError) as error:
            propose(plan.output, point)
        refusals.append(str(error.value))

    run_here(plan, listener=_User(act))  # trial 1 is the last one
    assert "has started all its 2 trials" in refusals[0]
    assert f"--prior {plan.output} --enqueue {point}" in refusals[0]


def test_the_command_says_who_takes_the_point(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, trials=4)
    point = _file(tmp_path, "{lr: 0.2}")
    said: list[str] = []

    def act() -> None:
        words = [str(plan.output), "--point", str(point)]
        said.append(CliRunner().invoke(command, words, catch_exceptions=False).output)
        point.write_text("{lr: 0.3}")
        said.append(CliRunner().invoke(command, [*words, "--json"]).output)

    user = _User(act)
    run_here(plan, listener=user)
    assert said[0].startswith("queued     1 point: the next trials that start\n")
    assert f"automl run --resume {plan.output}" in said[0]
    assert json.loads(said[1])["queued"][0]["point"]["train.lr"] == 0.3
    ended = [notice.number for notice in user.notices if isinstance(notice, TrialEnded)]
    assert ended == [0, 1, 2, 3]
    rates = [history.start.params["train.lr"] for history in Run(plan.output).histories[2:]]
    assert rates == [0.2, 0.3]
