"""Tables on a terminal: what does not fit side by side follows below, whole lines each."""

import pandas as pd
import pytest

from automl.cli.main import run_command_line
from automl.cli.views.tables import frame_text
from automl.cli.views.terminal import UNLIMITED

_FRAME = pd.DataFrame(
    {
        "trial_id": ["0000", "0001"],
        "state": ["finished", "failed"],
        **{f"param.train.rate_{i}": [0.125 + i, 0.5 + i] for i in range(9)},
    }
)


@pytest.mark.parametrize("width", [30, 45, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_no_column_is_lost(width: int) -> None:
    text = frame_text(_FRAME, width)
    assert max(map(len, text.splitlines())) <= width
    for i in range(9):
        assert text.count(f" {0.125 + i:g}") == text.count(f" {0.5 + i:g}") == 1
    rules = [line for line in text.splitlines() if line.strip().startswith("─")]
    assert text.count("0000") == text.count("0001") == len(rules)


def test_too_narrow_for_anything_is_one_column_at_a_time() -> None:
    assert frame_text(_FRAME, 1).count("0001") == len(_FRAME.columns) - 1


def test_elsewhere_a_table_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert frame_text(_FRAME) == frame_text(_FRAME, UNLIMITED)
    assert frame_text(_FRAME).count("0001") == 1


def test_counts_are_whole_and_shares_have_four_places() -> None:
    frame = pd.DataFrame({"trial_id": ["0000", "0001"], "queries": [36.0, None], "mAP": [1.0, 0.0]})
    assert [line.split() for line in frame_text(frame).splitlines()[-2:]] == [
        ["0000", "36", "1.0000"],
        ["0001", "-", "0.0000"],
    ]


def test_a_misspelt_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["rnu"]) == 2
    assert "No such command 'rnu'. Did you mean run?" in capsys.readouterr().err
