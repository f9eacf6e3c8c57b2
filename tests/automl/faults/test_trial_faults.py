"""Sweeps in which trial after trial meets another mishap: each recorded, none ends the sweep."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from project_paths import SKILLS

import automl

# the number of the trial that meets it, and the mishap
PROCESS = {1: "hang", 2: "kill_once", 3: "kill"}
TRAINER = {1: "crash", 2: "nan", 3: "silent", 4: "disk", 5: "oom"}
EXPECTED = {
    "hang": ("failed", "timeout", "reported nothing for --stall-timeout 4 s"),
    "kill_once": ("finished", "", ""),
    "kill": ("failed", "infrastructure", "worker process has died"),
    "crash": ("failed", "bug", "RuntimeError: the bowl broke"),
    "nan": ("failed", "nan", "metric score is nan at epoch 1"),
    "silent": ("failed", "bug", "metric score was never reported"),
    "disk": ("failed", "infrastructure", "No space left on device"),
    "oom": ("finished", "", ""),
}
RETRIED = {"kill_once", "kill", "disk", "oom"}

pytestmark = pytest.mark.slow


def _sweep(folder: Path, mishaps: dict[int, str], **options: Any) -> Path:
    """A sweep of two more trials than meet a mishap."""
    (folder / "crops").mkdir()
    automl.run(
        skill_dir=SKILLS / "bowl",
        output=folder / "run",
        overrides={
            "dataset.folder": str(folder / "crops"),
            "fault": ",".join(f"{name}-at-{number}" for number, name in mishaps.items()),
        },
        trials=len(mishaps) + 2,
        keep_best=2,
        algorithm="random",
        **options,
    )
    return folder / "run"


def _events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


def _check_each_is_told_apart(run: Path, mishaps: dict[int, str]) -> None:
    """Each is recorded and ends no sweep; only what may pass is tried again; all history stays."""
    table = automl.load_trials(run).set_index("number")
    assert list(table.index) == list(range(len(mishaps) + 2))
    ends: dict[int, list[str]] = {}
    for event in _events(run):
        if event["event"] == "end":
            ends.setdefault(event["number"], []).append(event["state"])
    for number, name in mishaps.items():
        state, fault, words = EXPECTED[name]
        row = table.loc[number]
        assert (row["state"], row["fault"]) == (state, fault), row["failure"]
        assert words in row["failure"]
        assert row["changed"] == ("train.parts=2" if name == "oom" else "")
        assert ends[number] == (["retried", state] if name in RETRIED else [state])
    others = table.drop(index=list(mishaps))
    assert set(others["state"]) == {"finished"}
    assert set(others["fault"]) == {""}
    assert set(others["changed"]) == {""}
    assert all(ends[number] == ["finished"] for number in others.index)


def _check_the_best_two_keep_their_checkpoints(run: Path) -> None:
    table = automl.load_trials(run)
    ranked = table[table["state"] == "finished"].sort_values("score", ascending=False)
    kept = {path.parent.name for path in (run / "trials").rglob("*.pth")}
    assert kept == set(ranked["trial_id"][:2])


@pytest.mark.usefixtures("shared_ray")
def test_mishaps_of_a_process(tmp_path: Path) -> None:
    run = _sweep(tmp_path, PROCESS, max_concurrent=2, stall_timeout_s=4.0)
    _check_each_is_told_apart(run, PROCESS)
    _check_the_best_two_keep_their_checkpoints(run)


@pytest.mark.usefixtures("trials_here")
def test_mishaps_of_a_trainer(tmp_path: Path) -> None:
    run = _sweep(tmp_path, TRAINER)
    _check_each_is_told_apart(run, TRAINER)
    _check_the_best_two_keep_their_checkpoints(run)
    before = automl.load_trials(run)
    pd.testing.assert_frame_equal(before, automl.resume(run).trials)
