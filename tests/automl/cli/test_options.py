"""Options of the command line over a config file's."""

from pathlib import Path

import pytest

from automl.cli.options import parse_duration, read_request
from automl.cli.run import run
from automl.errors import InputError

ASIDE = ["config", "resume_dir", "add_trials", "allow_changed", "plan_only", "yes", "as_json"]
PARAMETERS = [p for p in run.params if p.name not in ASIDE]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("45m", 2700), ("8h", 28800), (1.5, 1.5)]
)
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "8 hours", "h"])
def test_durations_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="none of 90s, 45m, 8h, 2d"):
        parse_duration(text)


def test_the_command_line_wins_over_the_config(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text("trials: 5\nseed: 7\ntime-budget: 2h\nset: {num_epochs: 3, batch_size: 8}\n")
    options = {"trials": 9, "overrides": ("num_epochs=4",), "search": (), "seed": None}
    request = read_request(options, config, PARAMETERS)
    assert (request.trials, request.seed, request.time_budget_s) == (9, 7, 7200)
    assert request.overrides == {"num_epochs": 4, "batch_size": 8}
    assert request.search is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trails: 5", "unknown options .*trails.*trials"),
        ("- a list", "must hold a mapping"),
        ("set: num_epochs=3", "set must be a mapping"),
        ("a: [", "cannot read the config file"),
    ],
)
def test_bad_configs(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(text)
    with pytest.raises(InputError, match=words):
        read_request({}, config, PARAMETERS)


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(InputError, match="must read NAME=VALUE"):
        read_request({"ranges": ("base_lr",)}, None, PARAMETERS)
