"""Options of the command line over a config file's."""

from pathlib import Path

import click
import pytest

from automl.cli.commands.run import run
from automl.cli.config_file import read_request
from automl.errors import InputError
from automl.launch.options import parse_duration
from automl.launch.request import OPTIONS, RunRequest
from automl.spec.keys import ParsedText


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
    request = read_request(options, config)
    assert (request.trials, request.seed, request.time_budget_s) == (9, 7, 7200)
    assert request.overrides == {"num_epochs": ParsedText(4, "4"), "batch_size": 8}
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
        ("data: [[1]]", r"sweep.yaml: data: must be one number or text, is \[1\]"),
        ("cpus-per-trial: many", "cpus_per_trial: 'many' is not a valid float"),
        ("time-budget: soon", "time_budget: the time 'soon' is none of"),
        ("isolate: 'yes'", "isolate: must be true or false, is 'yes'"),
        ("search: [[lr]]", "search: must be one number or text"),
        ("range: {lr: 5}", "range: lr must be text as on the command line"),
        ("choices: {kind: 5}", "choices: kind must be text as on the command line"),
        ("cpus-per-trial: 1\ncpus_per_trial: 2", "two keys say cpus_per_trial: give it once"),
        ("policy: off\nautoml_policy: on", "two keys say policy: give it once"),
        ("output: ''", "sweep.yaml: output: is empty: give a path, or leave it out"),
        ("a: [", "cannot read the config file .*: not valid YAML at line 1 column 5: "),
    ],
)
def test_bad_configs(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(text)
    with pytest.raises(InputError, match=words):
        read_request({}, config)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("data: /a", ("/a",)),
        ("data: [/a, eval=/b]", ("/a", "eval=/b")),
        ("data: {train: [/a, /c], eval: /b}", {"train": ("/a", "/c"), "eval": ("/b",)}),
    ],
)
def test_data_roots_by_source(tmp_path: Path, text: str, data: object) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(text)
    assert read_request({}, config).data == data
    assert read_request({"data": ("/own",)}, config).data == ("/own",)


def test_a_config_is_read_as_the_command_line_is(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(
        "policy: off\ntrials: '5'\noutput: 5\nsearch: train.lr\nprior: [a, b]\nisolate: false\n"
        "range: {lr: '0.1:0.2'}\nchoices: {kind: [round]}\nenqueue: {lr: 0.1}\ntime_budget: 90\n"
    )
    request = read_request({}, config)
    assert (request.policy, request.trials, request.output) == ("off", 5, Path("5"))
    assert (request.search, request.prior, request.isolate) == (("train.lr",), ("a", "b"), False)
    assert (request.ranges, request.choices) == ({"lr": "0.1:0.2"}, {"kind": ["round"]})
    assert (request.enqueue, request.time_budget_s) == (({"lr": 0.1},), 90.0)
    for text in ("policy: on", "automl_policy: on", "automl-policy: 'on'"):
        config.write_text(text)
        assert read_request({}, config).policy == "on"


def test_numbers_of_a_config_may_have_an_exponent(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(
        "trials: 1e2\nseed: 1_000\ntime_budget: 1e3\ncpus_per_trial: 5e-1\nkeep_best: 2.0\n"
        "resource: {tpu: 5e-1}\n"
    )
    request = read_request({}, config)
    assert (request.trials, request.seed, request.time_budget_s) == (100, 1000, 1000.0)
    assert (request.cpus_per_trial, request.keep_best, request.resources) == (0.5, 2, {"tpu": 0.5})
    context = run.make_context("run", ["--trials", "1e1", "--gpus-per-trial", "5e-1"])
    assert (context.params["trials"], context.params["gpus_per_trial"]) == (10, 0.5)


def test_a_key_twice_in_a_config_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text("set:\n  lr: 1\n  lr: 2\n")
    with pytest.raises(InputError, match="line 3 column 3: the key lr stands there twice"):
        read_request({}, config)


SAME = [
    (["--skill-dir", "a", "--action", "train", "--data", "b", "--spec", "c"],
     "{skill-dir: a, action: train, data: b, spec: c}"),
    (["--set", "lr=one", "--policy", "on", "--request", "train", "--algorithm", "pbt",
      "--recipe", "bot"],
     "{set: {lr: one}, policy: on, request: train, algorithm: pbt, recipe: bot}"),
    (["--scheduler", "asha", "--enqueue", "p", "--prior", "a", "--prior", "b", "--allow-repeats"],
     "{scheduler: asha, enqueue: p, prior: [a, b], allow-repeats: true}"),
    (["--stop", "x>=1", "--patience", "3", "--logger", "wandb", "--confirm", "2", "--repeats", "4"],
     "{stop: x>=1, patience: 3, logger: wandb, confirm: 2, repeats: 4}"),
    (["--trials", "5", "--time-budget", "5m", "--retries", "0", "--oom-retries", "0"],
     "{trials: 5, time-budget: 5m, retries: 0, oom_retries: 0}"),
    (["--trial-timeout", "9", "--stall-timeout", "8s", "--keep-checkpoints", "all"],
     "{trial_timeout: 9, stall_timeout: 8s, keep-checkpoints: all}"),
    (["--keep-best", "2", "--metric-pattern", "a(.)", "--no-probe", "--isolate", "--venv", "v"],
     "{keep-best: 2, metric-pattern: a(.), probe: false, isolate: true, venv: v}"),
    (["--eval-command", "score --fast"], "{eval-command: score --fast}"),
    (["--objective", "evaluate:f1"], "{objective: 'evaluate:f1'}"),
    (["--container", "i:1", "--container-arg", "a=8"], "{container: 'i:1', container_arg: a=8}"),
    (["--max-concurrent", "2", "--cpus-per-trial", "1", "--gpus-per-trial", "0.5"],
     "{max-concurrent: 2, cpus-per-trial: 1, gpus-per-trial: 0.5}"),
    (["--resource", "rack=2", "--search", "lr", "--range", "lr=1:2", "--choices", "k=a,b"],
     "{resource: {rack: 2}, search: lr, range: {lr: '1:2'}, choices: {k: 'a,b'}}"),
    (["--weights", "k=1,2", "--allow-disabled", "--metric", "a:max", "--metric", "b"],
     "{weights: {k: '1,2'}, allow-disabled: true, metric: [a:max, b]}"),
    (["--overlay", "o"], "{overlay: o}"),
    (["--mode", "max", "--strict"], "{mode: max, strict: true}"),
    (["--seed", "0", "--address", "auto", "--storage", "s3://b", "--parent", "r", "--output", "o"],
     "{seed: 0, address: auto, storage: 's3://b', parent: r, output: o}"),
    (["--cache-dir", "c"], "{cache-dir: c}"),
    (["--advisor", "a b", "--advisor-share", "0.5", "--advisor-timeout", "2m"],
     "{advisor: a b, advisor-share: 0.5, advisor-timeout: 2m}"),
    (["--holdout", "0.2", "--no-refit", "--final-data", "eval=/a", "--final-data", "/b"],
     "{holdout: 0.2, refit: false, final-data: [eval=/a, /b]}"),
    (["--holdout", "off", "--refit"], "{holdout: off, refit: true}"),
    (["--parent-job", "j", "--continue"], "{parent-job: j, continue: true}"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text"), SAME)
def test_a_config_says_the_same_as_the_command_line(
    tmp_path: Path, words: list[str], text: str
) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(text)
    given = run.make_context("run", list(words)).params
    options = {name: value for name, value in given.items() if name in OPTIONS}
    typed = read_request(options, None)
    assert typed == read_request({}, config)
    assert typed != RunRequest()


def test_every_option_is_among_them() -> None:
    typed = {word for words, _ in SAME for word in words}
    assert not [p for p in run.params if p.name in OPTIONS and not typed & _words(p)]


def _words(parameter: click.Parameter) -> set[str]:
    return {*parameter.opts, *parameter.secondary_opts}
