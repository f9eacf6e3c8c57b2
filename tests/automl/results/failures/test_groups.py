"""Failed trials by cause: one group for what differs in values only, explained once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from odd_runs import SPACE, SPEC

from automl.cli.main import run_command_line
from automl.results.failures.groups import failures_of, grouped
from automl.results.report.write import write_report
from automl.results.run import Run
from automl.trial.faults import Cause
from automl.trial.ledger.writer import Ledger

OBJECTIVE = {"metric": "score", "direction": "maximize", "space": SPACE, "spec": SPEC, "trials": 19}
TRACE = """epoch 1/9
Traceback (most recent call last):
  File "/home/me/skill/trainer.py", line 40, in main
    fit(spec)
  File "/home/me/skill/fit.py", line 12, in fit
    step = BATCH // loader
           ~~~~~~^^~~~~~~~
ZeroDivisionError: integer division or modulo by zero
"""


def write_failures(folder: Path, failed: Mapping[int, tuple[str, str]], trials: int = 19) -> Run:
    """A run whose trials ``failed`` (number -> fault, reason) had optim.name adam, others sgd."""
    folder.mkdir(exist_ok=True)
    (folder / "plan.yaml").write_text(yaml.safe_dump(OBJECTIVE))
    ledger = Ledger(folder / "ledger.jsonl")
    for number in range(trials):
        name = "adam" if number in failed else "sgd"
        params: dict[str, Any] = {"train.optim.name": name, "lr": 0.01 * (number % 5 + 1)}
        ledger.start(number, "search", params)
        if number in failed:
            fault, reason = failed[number]
            ledger.end(number, "failed", reason, fault=fault)
        else:
            ledger.epoch(number, 1, {"score": 0.1 * number})
            ledger.end(number, "finished")
    return Run(folder)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nan at epoch 1", "nan at epoch 3"),
        ("loss is nan after 1e-05", "loss is -inf after 2.5"),
        ("FileNotFoundError: no '/a b/0001.jpg'", "FileNotFoundError: no '/c/cat.jpg'"),
        ("OSError: cannot read /data/x/a.jpg: broken", "OSError: cannot read /tmp/b.png: broken"),
        ("ValueError: bad value 'adam'", 'ValueError: bad value "rms"'),
        ("RuntimeError: shape [3, 4] at 0x7ffe01", "RuntimeError: shape [3, 4, 5] at 0xab"),
        ("DataError: 3 crops are broken:\n  a.jpg", "DataError: 1 crops are broken:\n  b\n  c"),
        ("s3://me/x.tar is gone", "s3://you/deep/y.tar is gone"),
        (
            "train.py ended with exit code 1; last lines of its log: epoch 1 | ValueError: no 3",
            "train.py ended with exit code 1; last lines of its log: a | b | ValueError: no 45",
        ),
    ],
)
def test_reasons_that_differ_in_values_are_one_cause(one: str, other: str) -> None:
    assert Cause(one, "bug").key == Cause(other, "bug").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'backbone'", "KeyError: 'optimizer'"),
        ("AttributeError: 'Net' object has no attribute 'a'", "AttributeError: 'Net' object has no"
         " attribute 'b'"),
        ("CUDA out of memory", "No space left on device"),
        ("can't open it, won't try", "can't open it, don't ask"),
        ("a.py ended with exit code 1; last lines of its log: x | ValueError: no",
         "a.py ended with exit code 1; last lines of its log: x | TypeError: no"),
    ],
)  # fmt: skip
def test_reasons_that_name_different_things_are_two_causes(one: str, other: str) -> None:
    assert Cause(one, "bug").key != Cause(other, "bug").key


def test_groups_come_with_the_most_frequent_first(tmp_path: Path) -> None:
    told = {0: ("bug", "odd"), 1: ("nan", "nan at epoch 1"), 2: ("nan", "nan at epoch 3")}
    groups = grouped(write_failures(tmp_path, told).rows)
    assert [(g.count, g.trial, g.fault, g.reason, g.trials) for g in groups] == [
        (2, "0002", "nan", "nan at epoch 3", ("0001", "0002")),
        (1, "0000", "bug", "odd", ("0000",)),
    ]


def test_a_parameter_of_the_trial_is_no_part_of_the_cause(tmp_path: Path) -> None:
    reason = ("bug", "ValueError: adam takes no momentum")
    run = write_failures(tmp_path, {1: reason, 2: reason})
    rows = [dict(row) for row in run.rows]
    rows[2] |= {"param.train.optim.name": "rmsprop", "failure": "ValueError: rmsprop takes no"
                " momentum"}  # fmt: skip
    assert [group.count for group in grouped(rows)] == [2]


def test_one_story_in_status_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = {n: ("bug", f"trainer:main left with exit code {n}") for n in range(3, 10)}
    run = write_failures(tmp_path / "run", failed)
    log = tmp_path / "run" / "trials" / "0009" / "log.txt"
    log.parent.mkdir(parents=True)
    log.write_text(TRACE)
    (found,) = failures_of(run)
    assert found.raised == (
        "ZeroDivisionError: integer division or modulo by zero",
        "skill/fit.py:12 in fit: step = BATCH // loader",
        "skill/trainer.py:40 in main: fit(spec)",
    )
    story = [
        "7 trials  bug: ZeroDivisionError: integer division or modulo by zero",
        "at skill/fit.py:12 in fit: step = BATCH // loader",
        "7 of 7 had name=adam; 0 of 12 others",
    ]
    assert run_command_line(["status", str(run.folder)]) == 0
    told = capsys.readouterr().out
    page = write_report([run], tmp_path / "report.html").read_text()
    for words in story:
        assert words in told
        assert words.rpartition(": ")[2] in page
    assert "trials/0009/log.txt" in page
