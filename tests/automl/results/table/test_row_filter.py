"""Conditions over rows: what they select, how missing values count, and what is refused."""

import pandas as pd
import pytest

from automl.errors import InputError
from automl.results.table.row_filter import select_rows

FRAME = pd.DataFrame(
    {
        "number": pd.Series([0, 1, 2, 3], dtype="Int64"),
        "state": pd.Series(["finished", "failed", "finished", "stopped"], dtype="string"),
        "score": pd.Series([0.5, None, 0.9, 0.7], dtype="float64"),
        "start": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"], utc=True),
        "param.train.optim.base_lr": pd.Series([1e-4, 1e-2, 2e-3, None], dtype="float64"),
        "param.train.flip": pd.Series([True, False, None, True], dtype="boolean"),
        "param.train.lambda": pd.Series([1, 2, 3, 4], dtype="Int64"),
        "param.a.x": pd.Series([1, 1, 2, 2], dtype="Int64"),
        "param.b.x": pd.Series([1, 2, 1, 2], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("param.train.optim.base_lr < 1e-3", [0]),
        ("base_lr >= 2e-3", [1, 2]),
        ("not base_lr < 1e-3", [1, 2]),
        ("base_lr == None", [3]),
        ("base_lr is not null and score is None", [1]),
        ("state in ('failed', 'stopped')", [1, 3]),
        ("'fin' in state", [0, 2]),
        ("state not in ['failed']", [0, 2, 3]),
        ("score > 0.6 or state == 'failed'", [1, 2, 3]),
        ("score > 0.6 or base_lr < 1", [0, 1, 2, 3]),
        ("0.5 <= score < 0.8", [0, 3]),
        ("(score + 0.1) * 2 > 1.5 and number % 2 == 0", [2]),
        ("-score < -0.6", [2, 3]),
        ("train.flip", [0, 3]),
        ("flip == false", [1]),
        ("start > '2026-01-02'", [2, 3]),
        ("`train.lambda` == 3", [2]),
        ("score / 0 > 1", []),
        ("a.x == b.x", [0, 3]),
        ("(score > 0.6) == true", [2, 3]),
    ],
)
def test_rows_that_meet_the_condition(condition: str, numbers: list[int]) -> None:
    assert list(select_rows(FRAME, condition)["number"]) == numbers


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("base_lt < 1", "did you mean param.train.optim.base_lr"),
        ("x < 1", "ambiguous; write one of: a.x, b.x"),
        ("__import__('os').system('true') == 0", "is not allowed here"),
        ("open('f').mode == 'r'", "is no column"),
        ("`no such` == __7__", "no column 'no such'"),
        ("state == finished", "a text stands in quotes: 'finished'"),
        ("score.__class__ == 1", "no column 'score.__class__'"),
        ("open('f') == 1", "is not allowed here"),
        ("[n for n in (1, 2)] == 1", "is not allowed here"),
        ("state[0] == 'f'", "is not allowed here"),
        ("(lambda: 1) == 1", "is not allowed here"),
        ("9 ** 9 ** 9 > 1", "too large"),
        ("state * 3 == 'x'", "cannot calculate with 'finished'"),
        ("state > 3", "cannot compare 'finished' with 3"),
        ("score", "neither true nor false"),
        ("score <", "cannot read the condition"),
        ("train.lambda == 3", "backticks"),
        ("base_lr < None", "== None or != None"),
        ("start > 'soon'", "is no date"),
        ("1" * 3000, "longer than"),
        ("(" * 900 + "1" + ")" * 900, "cannot read the condition"),
    ],
)
def test_conditions_that_are_refused(condition: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        select_rows(FRAME, condition)
    assert told in str(error.value)
