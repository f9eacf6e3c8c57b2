"""Runs side by side: best, median, cost, time to a value, and what is paired with what."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.trial.ledger.writer import Ledger

HOUR = 3600.0


def _run(
    folder: Path,
    scores: Sequence[float | None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    algorithm: str = "tpe",
    direction: str = "maximize",
    seed: int = 1,
) -> Path:
    """A run whose trials take an hour each, report once, and are failed where there is no score."""
    folder.mkdir(parents=True)
    plan = {"metric": "score", "direction": direction, "seed": seed, "algorithm": algorithm}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    clock = iter(range(10_000))
    monkeypatch.setattr("time.time", lambda: 0.0)
    monkeypatch.setattr("time.monotonic", lambda: next(clock) * HOUR / 2)
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.session()
    for number, score in enumerate(scores):
        ledger.start(number, "default" if number == 0 else "search", {"lr": number}, number)
        if score is not None:
            ledger.epoch(number, 1, {"score": score})
        ledger.end(number, "finished" if score is not None else "failed", gpu_count=2)
    monkeypatch.undo()
    return folder


def test_one_row_per_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = _run(tmp_path / "one", [0.2, 0.4, 0.9], monkeypatch)
    two = _run(tmp_path / "two", [0.3, None, 0.5], monkeypatch)
    frame = automl.compare([one, two]).set_index("run")
    assert list(frame["best"]) == [0.9, 0.5]
    assert list(frame["median"]) == [0.4, 0.4]
    assert frame["gain"].tolist() == pytest.approx([0.7, 0.2])
    assert frame["failed"].tolist() == [0, 1]
    assert frame["reach"].tolist() == [0.5, 0.5]
    assert frame.loc["one", "hours_to_reach"] == 4.0
    assert frame.loc["two", "trials_to_reach"] == 3
    assert frame.loc["one", "trial_hours"] == 3.0
    assert frame.loc["one", "gpu_hours"] == 6.0
    assert automl.compare([one, two], reach=0.95)["hours_to_reach"].isna().all()


def test_dtypes_of_a_run_without_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = automl.compare(_run(tmp_path / "none", [], monkeypatch))
    assert str(frame["best"].dtype) == "float64"
    assert str(frame["trials_to_reach"].dtype) == "Int64"
    assert frame["trials"].tolist() == [0]
    pairs = automl.compare_pairs(tmp_path / "none")
    assert (len(pairs), str(pairs["run_a"].dtype)) == (0, "string")


def test_lower_is_better(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = _run(tmp_path / "one", [0.9, 0.2, 0.5], monkeypatch, direction="minimize")
    two = _run(tmp_path / "two", [0.8, 0.4, 0.6], monkeypatch, direction="minimize")
    frame = automl.compare([one, two])
    assert frame["best"].tolist() == [0.2, 0.4]
    assert frame["gain"].tolist() == pytest.approx([0.7, 0.4])
    assert frame["reach"].tolist() == [0.4, 0.4]
    assert frame["trials_to_reach"].tolist() == [2, 2]


def test_the_same_configurations_are_paired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = _run(tmp_path / "one", [0.1 * n for n in range(8)], monkeypatch)
    two = _run(tmp_path / "two", [0.1 * n + 0.05 for n in range(7)], monkeypatch)
    (pair,) = automl.compare_pairs([one, two]).to_dict("records")
    assert (pair["paired_by"], pair["pairs"], pair["wins_b"]) == ("parameters", 7, 7)
    assert pair["mean_gain"] == pytest.approx(0.05)
    assert pair["p_value"] == pytest.approx(2 / 2**7)


def test_settings_with_the_same_seeds_are_paired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        _run(tmp_path / f"{name}{seed}", [score], monkeypatch, algorithm=name, seed=seed)
        for name, scores in (("tpe", (0.5, 0.6, 0.7)), ("gp", (0.6, 0.5)))
        for seed, score in enumerate(scores)
    ]
    pair = automl.compare_pairs(runs).iloc[0]
    assert (pair["run_a"], pair["run_b"]) == ("tpe+none", "gp+none")
    assert (pair["paired_by"], pair["pairs"]) == ("seed", 2)
    assert (pair["wins_a"], pair["wins_b"]) == (1, 1)


def test_runs_that_optimise_different_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = _run(tmp_path / "one", [0.9], monkeypatch)
    two = _run(tmp_path / "two", [0.8], monkeypatch, direction="minimize")
    with pytest.raises(InputError, match="optimise different things"):
        automl.compare([one, two])
    assert run_command_line(["compare", str(one), str(two)]) == 2
    assert "two: minimize score" in capsys.readouterr().err
    assert run_command_line(["compare", str(one), "--reach", "0.5"]) == 0
    assert "hours to reach score 0.5" in capsys.readouterr().out


def test_the_columns_are_chosen_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(_run(tmp_path / name, [0.2, 0.9], monkeypatch)) for name in ("one", "two")]
    chosen = ["--columns", "run,best,seed"]
    assert run_command_line(["compare", *runs, *chosen]) == 0
    head, _, first, *_ = capsys.readouterr().out.splitlines()
    assert (head.split(), first.split()) == (["run", "best", "seed"], ["one", "0.9000", "1"])
    assert run_command_line(["compare", *runs, *chosen, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "run,best,seed"
    assert run_command_line(["compare", *runs, "--columns", "bst"]) == 2
    assert "did you mean best" in capsys.readouterr().err
