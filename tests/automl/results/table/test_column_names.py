"""Names of columns: every short name that a table shows finds its column again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.constants import COLUMNS, PARAM_PREFIX
from automl.errors import InputError
from automl.results.table.column_names import (
    find_column,
    find_columns,
    parameter_names,
    short_names,
)

WORDS = st.sampled_from(["lr", "optim", "head", "state", "loss", "epochs", "param", "kpi"])
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(".".join)


@given(params=st.sets(NAMES, max_size=12), others=st.sets(NAMES, max_size=6))
def test_every_short_name_finds_its_column(params: set[str], others: set[str]) -> None:
    columns = [*COLUMNS, *(others - COLUMNS), *(PARAM_PREFIX + name for name in params)]
    columns = list(dict.fromkeys(columns))
    short = short_names(columns)
    assert list(short) == columns
    assert [find_column(short[column], columns) for column in columns] == columns
    assert len(set(short.values())) == len(columns)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["train.optim.lr", "train.steps"], ["lr", "steps"]),
        (["train.optim.lr", "model.head.lr"], ["optim.lr", "head.lr"]),
        (["a.optim.lr", "b.optim.lr"], ["a.optim.lr", "b.optim.lr"]),
        (["lr", "optim.lr"], ["lr", "optim.lr"]),
        (["train.state", "train.epochs"], ["train.state", "train.epochs"]),
        (["state"], ["param.state"]),
    ],
)
def test_parameters_are_called_by_their_shortest_end(names: list[str], short: list[str]) -> None:
    assert list(parameter_names(names).values()) == short


def test_a_metric_keeps_its_name_and_its_end_is_not_given_away() -> None:
    columns = ["mAP@0.5", "val.loss", "param.train.loss"]
    assert list(short_names(columns).values()) == ["mAP@0.5", "val.loss", "train.loss"]


def test_all_stands_for_every_column_unless_one_is_called_so() -> None:
    assert find_columns("all", ["a", "b"]) == ["a", "b"]
    assert find_columns(" all ", ["a", "all"]) == ["all"]
    assert find_columns("b,all", ["a", "b"]) == ["a", "b"]
    with pytest.raises(InputError, match="no column 'al'"):
        find_columns("a,al", ["a", "b"])
