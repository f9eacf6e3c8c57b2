"""One sweep in which trial after trial meets another mishap: each recorded, none ends the sweep."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from project_paths import SKILLS

import automl

MISHAPS = {
    1: "crash", 2: "nan", 3: "silent", 4: "hang", 5: "kill_once", 6: "kill", 7: "disk", 8: "oom",
}  # fmt: skip
EXPECTED = {
    1: ("failed", "bug", "RuntimeError: the bowl broke"),
    2: ("failed", "nan", "metric score is nan at epoch 1"),
    3: ("failed", "bug", "metric score was never reported"),
    4: ("failed", "timeout", "reported nothing for --stall-timeout 4 s"),
    5: ("finished", "", ""),
    6: ("failed", "infrastructure", "worker process has died"),
    7: ("failed", "infrastructure", "No space left on device"),
    8: ("finished", "", ""),
}

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_ray")]


@pytest.fixture(scope="module")
def swept(join_ray: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    join_ray()
    folder = tmp_path_factory.mktemp("faults")
    (folder / "crops").mkdir()
    bowl = SKILLS / "bowl"
    automl.run(
        skill_dir=bowl,
        output=folder / "run",
        overrides={
            "dataset.folder": str(folder / "crops"),
            "fault": ",".join(f"{name}-at-{number}" for number, name in MISHAPS.items()),
        },
        trials=10,
        max_concurrent=2,
        stall_timeout_s=4.0,
        keep_best=2,
        algorithm="random",
    )
    return folder / "run"


def _events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


def test_each_mishap_is_told_apart(swept: Path) -> None:
    table = automl.load_trials(swept).set_index("number")
    assert list(table.index) == list(range(10))
    for number, (state, fault, words) in EXPECTED.items():
        row = table.loc[number]
        assert (row["state"], row["fault"]) == (state, fault), row["failure"]
        assert words in row["failure"]
    assert table["changed"].to_dict() == {n: "train.parts=2" if n == 8 else "" for n in range(10)}
    others = table.drop(index=list(EXPECTED))
    assert set(others["state"]) == {"finished"}
    assert set(others["fault"]) == {""}


def test_only_what_may_pass_is_tried_again_and_its_history_stays(swept: Path) -> None:
    states: dict[int, list[str]] = {}
    for event in _events(swept):
        if event["event"] == "end":
            states.setdefault(event["number"], []).append(event["state"])
    assert states[5] == ["retried", "finished"]
    assert states[6] == ["retried", "failed"]
    assert states[7] == ["retried", "failed"]
    assert states[8] == ["retried", "finished"]
    assert all(len(states[number]) == 1 for number in (0, 1, 2, 3, 4, 9))


def test_the_best_two_keep_their_checkpoints(swept: Path) -> None:
    table = automl.load_trials(swept)
    ranked = table[table["state"] == "finished"].sort_values("score", ascending=False)
    kept = {path.parent.name for path in (swept / "trials").rglob("*.pth")}
    assert kept == set(ranked["trial_id"][:2])


def test_a_resumed_table_is_the_same(swept: Path) -> None:
    before = automl.load_trials(swept)
    after = automl.resume(swept).trials
    pd.testing.assert_frame_equal(before, after)
