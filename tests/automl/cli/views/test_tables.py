"""Tables on a terminal: heads of one line, no line wider than the screen, nothing lost unsaid."""

import pandas as pd
import pytest

from automl.cli.main import run_command_line
from automl.cli.views.tables import SHOW_MORE, fitted_text, frame_markdown, frame_text, trial_text
from automl.cli.views.terminal import UNLIMITED

_FRAME = pd.DataFrame(
    {
        "trial_id": ["0000", "0001"],
        "state": ["finished", "failed"],
        **{f"param.train.rate_{i}": [0.125 + i, 0.5 + i] for i in range(9)},
    }
)
_WIDE = pd.DataFrame(
    {
        "trial_id": ["0000", "0001"],
        "source": ["default", "search"],
        "state": ["finished", "running"],
        "mean_average_precision": [0.5, None],
        **{f"param.train.optim.rate_of_{i}": [0.125 + i, 0.5 + i] for i in range(16)},
        "param.train.optim.lr": [0.1, 0.2],
        "param.model.head.lr": [0.3, 0.4],
        "epochs": [3, 1],
        "time_s": [1.5, None],
        "start": ["then", "now"],
    }
)
_METRICS = ["mean_average_precision"]


@pytest.mark.parametrize("width", [30, 45, 80, 120])
def test_chosen_columns_follow_below_and_none_is_lost(width: int) -> None:
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
    whole = trial_text(_WIDE, _METRICS)
    assert "left out" not in whole
    assert all(name in whole for name in ("rate_of_0", "rate_of_15", "optim.lr", "head.lr"))


@pytest.mark.parametrize("width", [20, 60, 80, 100, 120, 200, 400])
def test_what_does_not_fit_is_named_below(width: int) -> None:
    text = trial_text(_WIDE, _METRICS, width)
    head, rule, *rows, _ = [line for line in text.splitlines() if not line.startswith("  ")] + [""]
    left_out = "" if "left out" not in text else text[text.index("left out") :]
    assert max(map(len, [head, rule, *rows[:2]])) <= max(width, len("trial_id"))
    assert head.split()[0] == "trial_id"
    shown = set(head.split())
    named = set(left_out.replace("left out:", "").partition(";")[0].replace(",", " ").split())
    known = {"source", "state", "epochs", "time_s", "optim.lr", "head.lr", *_METRICS}
    known |= {f"rate_of_{i}" for i in range(16)}
    assert not shown & named
    assert shown <= known | {"trial_id"}
    if " more;" not in " ".join(left_out.split()):
        assert shown | named == known | {"trial_id"}
    if left_out:
        assert SHOW_MORE in " ".join(left_out.split())


def test_of_a_narrow_screen_the_value_and_the_first_parameters_take_the_room() -> None:
    head = trial_text(_WIDE, _METRICS, 80).splitlines()[0].split()
    assert head[:4] == ["trial_id", "source", "state", "mean_average_precision"]
    assert head[4:] == ["rate_of_0", "rate_of_1"]


def test_a_long_text_is_cut_only_where_room_is_short() -> None:
    frame = pd.DataFrame({"trial_id": ["0000"], "param.model.path": ["x" * 50]})
    assert "x" * 31 + "…" in fitted_text(frame, list(frame.columns), width=80)
    assert "x" * 50 in fitted_text(frame, list(frame.columns), width=UNLIMITED)


def test_a_trainers_colours_and_line_ends_do_not_reach_the_screen() -> None:
    frame = pd.DataFrame({"trial_id": ["0000"], "failure": ["\x1b[31mfirst\x1b[0m\nsecond\x07"]})
    assert frame_text(frame).splitlines()[-1] == "    0000  first second"
    assert frame_markdown(frame).splitlines()[-1] == "| 0000 | first second |"


def test_counts_are_whole_and_shares_have_four_places() -> None:
    frame = pd.DataFrame({"trial_id": ["0000", "0001"], "queries": [36.0, None], "mAP": [1.0, 0.0]})
    assert [line.split() for line in frame_text(frame).splitlines()[-2:]] == [
        ["0000", "36", "1.0000"],
        ["0001", "-", "0.0000"],
    ]


def test_a_misspelt_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["rnu"]) == 2
    assert "No such command 'rnu'. Did you mean run?" in capsys.readouterr().err
