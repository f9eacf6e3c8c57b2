"""What an advisor is told, by its published schema, and what it may answer."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from guided_runs import bowl_plan
from jsonschema import Draft202012Validator
from project_paths import ROOT

from automl.launch.running.guidance.message import (
    MOST_POINTS,
    AnswerError,
    encode,
    parse_answer,
    request_of,
)
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EndEvent, EpochEvent, StartEvent

SCHEMAS = ROOT / "schemas" / "cli"


def _schema(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _params(lr: float) -> dict[str, Any]:
    return {"train.lr": lr, "train.momentum": 0.5, "train.kind": "round"}


HISTORIES = trial_histories(
    [
        StartEvent(1.0, 0, 0, "default", _params(0.1)),
        EpochEvent(2.0, 0, 1, {"score": 0.4, "score_se": 0.02}),
        EpochEvent(3.0, 0, 2, {"score": 0.3, "score_se": 0.03}),
        EndEvent(3.0, 0, "finished"),
        StartEvent(4.0, 1, 1, "search", _params(0.9)),
        EndEvent(5.0, 1, "failed", "out of memory\nat line 3", "out_of_memory"),
        StartEvent(6.0, 2, 2, "advisor", _params(0.2)),
        EpochEvent(7.0, 2, 1, {"score": math.inf}),
    ]
)


def test_a_request_holds_space_history_incumbent_and_budget(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, time_budget_s=60)
    told = json.loads(encode(request_of(plan, HISTORIES[:2], 3, 15.0)))
    _schema("advisor-request").validate(told)
    assert [each["name"] for each in told["space"]] == ["train.lr", "train.momentum", "train.kind"]
    assert told["history"][0] == told["incumbent"] == {
        "trial": 0, "source": "default", "state": "finished", "params": _params(0.1),
        "value": 0.4, "se": 0.02, "epochs": 2, "fault": "", "failure": "",
    }  # fmt: skip
    assert told["history"][1]["failure"] == "out of memory"
    assert told["budget"] == {"trials": 8, "trials_left": 5, "seconds": 60.0, "seconds_left": 45.0}


def test_what_json_has_no_number_for_is_null(tmp_path: Path) -> None:
    told = json.loads(encode(request_of(bowl_plan(tmp_path), HISTORIES, 3, 0.0)))
    _schema("advisor-request").validate(told)
    assert told["history"][2]["value"] is None
    assert told["history"][2]["state"] == "running"


@pytest.mark.parametrize(
    "content",
    ['{"points": []}', '{"version": 1, "points": [{"train.lr": 0.1}], "why": "a try"}'],
)
def test_answers_that_the_schema_allows_are_read(content: str) -> None:
    _schema("advisor-answer").validate(json.loads(content))
    assert parse_answer(content.encode()) == json.loads(content)["points"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("I would try 0.1", "no JSON"),
        ("{" * 100_000, "no JSON"),
        ('{"points": [{"lr": ' + "9" * 5000 + "}]}", "no JSON"),
        ('[{"lr": 1}]', 'key "points"'),
        ('{"points": {"lr": 1}}', "no list of mappings"),
        ('{"points": [1]}', "no list of mappings"),
        ('{"points": [{"lr": 1, "lr": 2}]}', "'lr' twice"),
        ('{"version": 2, "points": []}', "of version 2"),
        (json.dumps({"points": [{}] * (MOST_POINTS + 1)}), "more than 100"),
    ],
)
def test_what_is_no_answer_says_why(content: str, why: str) -> None:
    with pytest.raises(AnswerError, match=why):
        parse_answer(content.encode())


def test_silence_is_an_answer_without_points() -> None:
    assert parse_answer(b" \n") == []
    with pytest.raises(AnswerError, match="no JSON"):
        parse_answer(b"\xff\xfe")
