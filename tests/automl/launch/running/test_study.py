"""A sampler's memory that is damaged or lost is made anew, and proposes what it would have."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_runs import make_sweep

from automl.launch.resume import resume_plan
from automl.launch.running.search import resumed_recorder
from automl.results.run import Run, read_run


def _next(folder: Path) -> tuple[list[Any], list[str]]:
    """What a resumed sweep starts next, and the words of its notices."""
    notices: list[Any] = []
    plan = resume_plan(read_run(folder), add_trials=2)
    recorder = resumed_recorder(plan, notices.append, Run(folder).events, None, 0.0)
    starts = [recorder.start() for _ in range(3)]
    told = [notice.words for notice in notices if hasattr(notice, "words")]
    return [(s.number, s.ticket, s.source, s.values) for s in starts if s], told


@pytest.mark.parametrize("algorithm", ["tpe", "random", "cmaes", "gp"])
@pytest.mark.parametrize("done", [True, False])
def test_it_proposes_what_it_would_have(
    bowl: Path, data: Path, tmp_path: Path, algorithm: str, done: bool
) -> None:
    points = [{"lr": 0.02}, {"lr": 0.03}]
    run = make_sweep(
        tmp_path / "run", bowl, data, done=done, algorithm=algorithm, enqueue=points, seed=3
    )
    files = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    journal = run / "study.journal"
    undisturbed, told = _next(run)
    assert not told
    for content in (None, b"", files[journal][:-400], b"[]\n", files[journal].replace(b"3", b"4")):
        for path, before in files.items():
            path.write_bytes(before)
        journal.unlink() if content is None else journal.write_bytes(content)
        assert _next(run)[0] == undisturbed


def test_it_says_so_and_keeps_the_old_one(bowl: Path, data: Path, tmp_path: Path) -> None:
    run = make_sweep(tmp_path / "run", bowl, data, done=False)
    journal = run / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:3], *lines[4:]])
    journal.write_bytes(damaged)
    _, (said,) = _next(run)
    assert said == (
        f"{journal} is damaged: line 4 is not what was written, or one before it is lost: the"
        " sampler's memory is made anew from the ledger (study.journal.damaged is the old one)"
    )
    assert (run / "study.journal.damaged").read_bytes() == damaged
    for entry in journal.read_text().splitlines():
        assert json.loads(entry)["crc"]
