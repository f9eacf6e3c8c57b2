"""Options of the command line over a config file's."""

from pathlib import Path

import pytest

from automl.cli.options import read_request
from automl.cli.run import run
from automl.errors import InputError
from automl.launch.duration import parse_duration

ASIDE = ["config", "resume_dir", "add_trials", "allow_changed", "plan_only", "yes", "as_json"]
PARAMETERS = [p for p in run.params if p.name not in ASIDE]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("45m", 2700), ("8h", 28800), (1.5, 1.5)]
)
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "8 hours", "h", "nan", "inf", "-infd"])
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
        ("trails: 5", r"unknown options 'trails'; did you mean .*trials\?"),
        ("xyzzy: 5", "unknown options 'xyzzy'; known: action"),
        ("- a list", "must hold a mapping"),
        ("set: num_epochs=3", "set: must be a mapping"),
        ("seed: abc", "sweep.yaml: seed: 'abc' is not a valid integer"),
        ("trials: 2.5", "sweep.yaml: trials: '2.5' is not a valid integer"),
        ("trials: true", "sweep.yaml: trials: must be one number or text, is True"),
        ("data: [1]", r"sweep.yaml: data: must be one number or text, is \[1\]"),
        ("cpus-per-trial: many", "cpus_per_trial: 'many' is not a valid float"),
        ("time-budget: soon", "time_budget: the time 'soon' is none of"),
        ("isolate: 'yes'", "isolate: must be true or false, is 'yes'"),
        ("search: [[lr]]", "search: must be one number or text"),
        ("range: {lr: 5}", "range: lr must be text as on the command line"),
        ("choices: {kind: 5}", "choices: kind must be text as on the command line"),
        ("a: [", "cannot read the config file .*: not valid YAML at line 1 column 5: "),
    ],
)
def test_bad_configs(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(text)
    with pytest.raises(InputError, match=words):
        read_request({}, config, PARAMETERS)


def test_a_config_is_read_as_the_command_line_is(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(
        "policy: off\ntrials: '5'\noutput: 5\nsearch: train.lr\nprior: [a, b]\nisolate: false\n"
        "range: {lr: '0.1:0.2'}\nchoices: {kind: [round]}\nenqueue: {lr: 0.1}\ntime_budget: 90\n"
    )
    request = read_request({}, config, PARAMETERS)
    assert (request.policy, request.trials, request.output) == ("off", 5, Path("5"))
    assert (request.search, request.prior, request.isolate) == (("train.lr",), ("a", "b"), False)
    assert (request.ranges, request.choices) == ({"lr": "0.1:0.2"}, {"kind": ["round"]})
    assert (request.enqueue, request.time_budget_s) == (({"lr": 0.1},), 90.0)
    config.write_text("policy: on")
    assert read_request({}, config, PARAMETERS).policy == "on"
