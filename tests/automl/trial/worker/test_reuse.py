"""What one trial does to its process, the next never sees."""

import importlib.util
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

import automl
from automl.trial.worker.reuse import Footprint, TrialProcess, leak_reason

SKILL = SKILLS / "mischief"
FRESH = Footprint(memory=0, gpu_memory=0, open_files=10)


@pytest.fixture
def train() -> Callable[..., dict[str, float]]:
    """The mischievous trainer in one worker, each trial in a thread of its own, as in Tune."""
    found = importlib.util.spec_from_file_location("mischief", SKILL / "mischief_trainer.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    worker = TrialProcess()

    def run(mood: str, folder: Path) -> dict[str, float]:
        told: dict[str, Any] = {}

        def trial() -> None:
            with worker.trial(folder / "log.txt"), suppress(SystemExit):
                module.run({"train": {"mood": mood}, "results_dir": str(folder)}, told.update)

        thread = threading.Thread(target=trial)
        thread.start()
        thread.join()
        return {**told["kpi"], "worn": worker.leak_reason}

    return run


def test_a_wild_trial_between_two_calm_ones_changes_nothing(
    train: Callable[..., dict[str, float]], tmp_path: Path
) -> None:
    before = train("calm", tmp_path)
    train("wild", tmp_path)
    assert train("calm", tmp_path) == before
    assert before["worn"] == ""


def test_a_thread_that_goes_on_wears_the_worker_out(
    train: Callable[..., dict[str, float]], tmp_path: Path
) -> None:
    assert train("hoarding", tmp_path)["worn"] == "1 threads of the trial go on (hoard)"
    assert "this worker is replaced after the trial: 1 threads" in (tmp_path / "log.txt").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Footprint(2**31, 0, 10), "its memory grew by 2048 MiB over its trials"),
        (Footprint(0, 2**29, 10), "its GPU memory grew by 512 MiB over its trials"),
        (Footprint(0, 0, 1000), "990 files of its trials are still open"),
        (Footprint(2**20, 2**20, 20), ""),
    ],
)
def test_what_is_kept_beyond_a_limit_wears_a_worker_out(now: Footprint, why: str) -> None:
    assert leak_reason(FRESH, now) == why


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_one_actor_runs_calm_wild_calm_and_a_worn_one_is_replaced(tmp_path: Path) -> None:
    moods = [("wild", 0), ("calm", 1), ("hoarding", 0), ("calm", 2)]
    points = [{"train.mood": mood, "train.salt": salt} for mood, salt in moods]
    result = automl.run(
        skill_dir=SKILL, trials=5, enqueue=points, max_concurrent=1, output=tmp_path / "run"
    )
    rows = result.trials.sort_values("number").to_dict("records")
    assert [row["state"] for row in rows] == ["finished"] * 5
    calm = [
        {name: value for name, value in row.items() if name in _found(rows)}
        for row in rows
        if row["param.train.mood"] == "calm"
    ]
    assert calm[0] == calm[1]
    assert len({row["pid"] for row in rows[:4]}) == 1
    assert rows[4]["pid"] != rows[0]["pid"]
    log = tmp_path / "run" / "trials" / "0003" / "log.txt"
    assert "this worker is replaced after the trial" in log.read_text(encoding="utf-8")
    started = [line for line in (tmp_path / "run" / "ledger.jsonl").read_text().splitlines()]
    assert sum('"event": "start"' in line for line in started) == 5


def _found(rows: list[dict[str, Any]]) -> set[str]:
    """The columns of what a trial finds of its process."""
    names = [name for name in rows[0] if not name.startswith("param.")]
    kept = ("trial_id", "number", "state", "source", "start", "end", "time_s")
    return set(names) - set(kept)
