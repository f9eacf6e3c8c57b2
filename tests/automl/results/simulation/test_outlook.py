"""What ten more trials would bring: little where the best is found, more where it is not."""

from pathlib import Path

import pytest
from odd_runs import write_run

from automl.constants import COL_NUMBER
from automl.results.champion.verdict import verdict_lines
from automl.results.run import Run


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_verdict_says_what_more_trials_would_bring(tmp_path: Path, direction: str) -> None:
    run = Run(write_run(tmp_path / "run", 40, direction=direction))
    lines = verdict_lines(run, {})
    assert len(lines) <= 8
    more = dict(lines)["more"]
    assert more.startswith("10 more trials: +")
    assert " expected, 90 % below +" in more
    outlook = run.outlook
    assert outlook is not None
    assert 0 <= outlook.expected <= outlook.high
    assert outlook is run.outlook  # kept


def test_a_poor_champion_has_more_to_gain(tmp_path: Path) -> None:
    from automl.results.simulation.outlook import outlook_of

    run = Run(write_run(tmp_path / "run", 80, seed=2))
    ranked = sorted(run.rows, key=lambda row: float(row["score"]))
    found = []
    for row in (ranked[0], ranked[-1]):
        params = next(h for h in run.histories if h.number == row[COL_NUMBER]).start.params
        outlook = outlook_of(run.plan, run.histories, run.rows, run.objective, params)
        assert outlook is not None
        found.append(outlook.expected)
    assert found[0] > found[1] + 0.05


def test_few_trials_say_nothing(tmp_path: Path) -> None:
    run = Run(write_run(tmp_path / "run", 9))
    assert run.outlook is None
    assert "more" not in dict(verdict_lines(run, {}))
