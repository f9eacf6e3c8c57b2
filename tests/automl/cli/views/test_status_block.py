"""A run's progress as a block of lines, and the live view that redraws it."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from automl.cli.views.live import live_lines
from automl.cli.views.status_block import format_duration, progress_block, sparkline
from automl.cli.views.terminal import to_text
from automl.results.champion.decide import Champion, Verdict
from automl.results.ending import Ending
from automl.results.failures.groups import Failures
from automl.results.progress import RunningTrial, RunProgress
from automl.trial.objective import Objective

CHAMPION = Champion(
    row={"trial_id": "0004", "score": 0.75},
    trial="0004",
    searched=0.75,
    se=None,
    reached=0.75,
    defaults=0.25,
    gain=0.5,
    fresh=0,
    verdict=Verdict.UNDECIDED,
    effect=None,
    reasons=(),
)
RUNNING = RunProgress(
    objective=Objective("score", "maximize"),
    states={"finished": 6, "failed": 1, "running": 10},
    budget=20,
    best={"trial_id": "0004", "score": 0.75, "param.train.optim.lr": 0.001},
    decision=CHAMPION,
    under_way=tuple(
        RunningTrial(f"{n:04d}", 1, 0.5 if n == 7 else None, 970.0) for n in range(7, 17)
    ),
    last=995.0,
    ending=Ending("interrupted", goes_on=True),
    used_s=3600.0,
    pace=7 / 3600,
    curve=(0.25, 0.25, 0.5, 0.75),
    longest=8,
    labels={"train.optim.lr": "lr"},
)


def text(progress: RunProgress, driver: str | None) -> str:
    return to_text(progress_block(progress, Path("runs/x"), driver, 1000.0))


def test_a_run_that_goes_on() -> None:
    told = [line.rstrip() for line in text(RUNNING, "process 1 on here").splitlines()]
    assert told[:6] == [
        "state      running",
        "trials     7 of 20 ended (1 failed, 6 finished, 10 running)",
        "best       trial 0004  score 0.7500  (defaults: 0.2500)",
        "           lr=0.001",
        "curve      0.2500 ▁▁▅█ 0.7500  best so far, 4 trials",
        "under way  trial 0007  epoch 1/8  score 0.5000  30 s",
    ]
    assert told[6] == "           trial 0008  epoch 1/8  30 s"
    assert told[13] == "           and 2 more"
    assert (
        told[14]
        == "pace       7 trials an hour; about 1 h 51 min left at this pace; 1 h 0 min so far"
    )
    assert told[15:] == ["last word  5 s ago", "driver     process 1 on here"]


def test_a_confirmed_champion_is_shown_by_its_mean() -> None:
    again = replace(RUNNING, decision=replace(CHAMPION, reached=0.7, defaults=0.3, fresh=3))
    told = text(again, None).splitlines()
    mean = "best       trial 0004  score 0.7000 (mean of 3 fresh trainings)  (defaults: 0.3000)"
    assert told[2].rstrip() == mean


def test_a_direct_run_has_a_result_and_no_defaults() -> None:
    told = text(replace(RUNNING, sweep=False), "process 1 on here").splitlines()
    assert told[2].rstrip() == "result     trial 0004  score 0.7500"
    assert told[3].startswith("curve ")


def test_until_its_first_epoch_a_trial_is_starting() -> None:
    starting = replace(RUNNING, under_way=(RunningTrial("0007", 0, None, 970.0),))
    assert "under way  trial 0007  starting  30 s" in text(starting, "process 1 on here")
    dead = [line.rstrip() for line in text(starting, None).splitlines()]
    assert "under way  trial 0007  no epoch" in dead


def test_until_a_trial_ended_the_probe_says_what_is_left() -> None:
    probed = replace(RUNNING, pace=None, used_s=60.0, probed_s=(660.0, 7260.0))
    assert "pace       about 10 min to 2 h 0 min left, by the probe" in text(probed, "process 1")
    assert "by the probe" not in text(replace(probed, pace=0.1), "process 1")
    assert "by the probe" not in text(probed, None)


def test_a_dead_run_is_not_promised_an_end() -> None:
    told = text(RUNNING, None)
    assert "pace" not in told
    assert "time       1 h 0 min" in told
    assert "7 of 20 ended (1 failed, 6 finished, 10 interrupted)" in told
    assert "trial 0007  epoch 1/8  score 0.5000" in [
        line.rstrip()[11:] for line in told.splitlines()
    ]
    assert "none: go on with  automl run --resume runs/x" in told


def test_a_failed_run_says_why_and_where_to_look() -> None:
    failures = tuple(Failures(4 - n, f"000{n}", "bug", f"Error: {n}") for n in range(4))
    failed = replace(RUNNING, ending=Ending("failed", "all alike\nlog", True), failures=failures)
    told = [line.rstrip() for line in text(failed, None).splitlines()]
    assert told[0] == "state      failed: all alike"
    assert "failed     4 trials  bug: Error: 0  (trials/0000/log.txt)" in told
    assert "           and 1 more cause, which the report explains: 1 bug" in told
    assert told[-1].endswith("none: mend the cause, then go on with  automl run --resume runs/x")
    assert "failed     4 trials  bug: Error: 0  (trials/0000/log.txt)" in text(failed, "process 1")


def test_a_run_that_is_done_needs_nothing() -> None:
    told = text(replace(RUNNING, states={"finished": 20}, ending=Ending("done")), None)
    assert told.startswith("state      done")
    assert "driver" not in told


def test_a_sparkline_ends_with_the_last_value() -> None:
    assert sparkline([]) == ""
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    falling = sparkline([float(100 - i) for i in range(100)], width=8)
    assert falling == "█▇▆▅▄▃▂▁"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (61, "1 min"), (3600, "1 h 0 min"), (12000, "3 h 20 min"), (187200, "2 d 4 h")],
)
def test_durations_as_people_say_them(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


def test_the_live_view_leaves_the_last_state(tmp_path: Path) -> None:
    stream = io.StringIO()
    with live_lines(tmp_path, stream):
        (tmp_path / "plan.yaml").write_text("metric: score\ndirection: maximize\ntrials: 3\n")
    assert "0 of 3 ended (none started)" in stream.getvalue()
