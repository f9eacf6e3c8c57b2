"""Status records of our trainer and of others that write numbers as text."""

import math

import pytest

from automl.errors import TrialError
from automl.trial.status_record import StatusRecord, check_metric, parse_line, parse_record


def test_a_running_record() -> None:
    record = parse_record({"status": "RUNNING", "epoch": 3, "kpi": {"mAP": 0.5, "note": "x"}})
    assert record == StatusRecord("RUNNING", "", 3, {"mAP": 0.5})


def test_numbers_written_as_text_count() -> None:
    assert parse_record({"kpi": {"mAP": "0.25", "name": "run 1"}}).kpi == {"mAP": 0.25}


@pytest.mark.parametrize("line", ["", "not json", "[1, 2]", '{"status": "RUN'])
def test_lines_that_are_no_record(line: str) -> None:
    assert parse_line(line) is None


def test_booleans_are_no_numbers() -> None:
    assert parse_record({"epoch": True, "kpi": {"ok": True}}) == StatusRecord("RUNNING")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_metric_that_is_not_finite_fails_the_trial(value: float) -> None:
    with pytest.raises(TrialError, match="metric mAP is .* at epoch 2"):
        check_metric(StatusRecord("RUNNING", "", 2, {"mAP": value}), "mAP")
    check_metric(StatusRecord("RUNNING", "", 2, {"loss": value}), "mAP")
