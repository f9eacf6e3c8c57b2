"""A run that is followed while it grows is at each moment what a reader finds who comes then."""

import itertools
import shutil
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.errors import InputError
from automl.results.followed_run import FollowedRun
from automl.results.progress import run_progress
from automl.results.run import Run, read_run
from automl.trial.ledger.writer import Ledger

LEDGERS = sorted((SKILLS.parent / "ledgers").rglob("*.jsonl"))
PLAN = "metric: score\ndirection: maximize\ntrials: 3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


def _all_of(run: Run) -> tuple[object, ...]:
    return run.events, run.histories, run.rows, run_progress(run)


def _two_trials(folder: Path) -> Ledger:
    ledger = Ledger(folder / "ledger.jsonl")
    for number in range(2):
        ledger.start(number, "search", {"lr": 0.1})
        ledger.epoch(number, 1, {"score": 0.5 + number})
    ledger.end(0, "finished")
    return ledger


@pytest.mark.parametrize("golden", LEDGERS, ids=lambda path: path.stem)
def test_it_is_what_a_fresh_reader_finds_wherever_a_line_is_cut(folder: Path, golden: Path) -> None:
    """Retries, resumed sessions and populations are in these ledgers."""
    followed, content = FollowedRun(folder), golden.read_bytes()
    steps = itertools.chain(range(0, len(content), 97), [len(content)])
    for end in steps:
        (folder / "ledger.jsonl").write_bytes(content[:end])
        assert _all_of(followed.read()) == _all_of(read_run(folder))
    assert followed.read().events


def test_lines_and_rows_that_were_read_are_kept(folder: Path) -> None:
    ledger, followed = _two_trials(folder), FollowedRun(folder)
    before = followed.read()
    ledger.epoch(1, 2, {"score": 0.25})
    after = followed.read()
    assert after.events[0] is before.events[0]
    assert after.rows[0] is before.rows[0]
    assert [row["epochs"] for row in after.rows] == [1, 2]


def test_another_ledger_or_plan_is_read_anew(folder: Path, tmp_path: Path) -> None:
    _two_trials(folder)
    followed = FollowedRun(folder)
    assert followed.read().objective.metric == "score"
    (folder / "plan.yaml").write_text(PLAN.replace("score", "loss"))
    assert _all_of(followed.read()) == _all_of(read_run(folder))
    other = tmp_path / "other"
    other.mkdir()
    Ledger(other / "ledger.jsonl").start(0, "default", {"lr": 0.2})
    shutil.copyfile(other / "ledger.jsonl", folder / "ledger.jsonl")  # the same file, shorter
    assert _all_of(followed.read()) == _all_of(read_run(folder))
    _two_trials(other).path.replace(folder / "ledger.jsonl")  # as a repair puts it there
    assert _all_of(followed.read()) == _all_of(read_run(folder))


def test_damage_is_told_each_time_until_it_is_repaired(folder: Path) -> None:
    ledger, followed = _two_trials(folder), FollowedRun(folder)
    whole = ledger.path.read_bytes()
    followed.read()
    ledger.path.write_bytes(whole + b"{}\n")
    for _ in range(2):
        with pytest.raises(InputError, match="is damaged at line 6"):
            followed.read()
    ledger.path.write_bytes(whole)
    assert _all_of(followed.read()) == _all_of(read_run(folder))
