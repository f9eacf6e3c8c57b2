"""The end of a run as text: what is said depends on what can still be done."""

from pathlib import Path

import pytest
import yaml
from odd_runs import write_run

from automl.cli.main import run_command_line
from automl.cli.views.result import render_result
from automl.launch.result import RunResult
from automl.results.report.write import write_report
from automl.results.run import Run
from automl.trial.ledger.writer import Ledger


def _interrupted(folder: Path, *, sweep: bool, trials: int) -> str:
    space = {"parameters": []} if sweep else None
    plan = {"metric": "score", "direction": "maximize", "space": space}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    for number in range(trials):
        ledger.start(number, "default", {})
        ledger.end(number, "interrupted")
    return render_result(RunResult(Run(folder), "interrupted"))


@pytest.mark.parametrize("trials", [0, 1, 2])
def test_an_interrupted_sweep_says_how_to_go_on(tmp_path: Path, trials: int) -> None:
    text = _interrupted(tmp_path, sweep=True, trials=trials)
    assert f"cut short  {tmp_path}\n" in text
    assert text.endswith(f"automl run --resume {tmp_path}")


def test_an_interrupted_direct_run_cannot_go_on(tmp_path: Path) -> None:
    assert _interrupted(tmp_path, sweep=False, trials=1) == f"cut short  {tmp_path}"


def test_a_direct_run_without_a_metric_is_shown(tmp_path: Path) -> None:
    plan = {"metric": "", "direction": "maximize", "space": None}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "default", {})
    ledger.end(0, "finished")
    result = RunResult(Run(tmp_path), "done")
    assert render_result(result) == f"done       {tmp_path}"


def test_an_early_end_is_said_wherever_one_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = "all 2 configurations of the space are tried: 2 of 10 trials"
    folder = write_run(tmp_path / "run", 2, closed="")
    Ledger(folder / "ledger.jsonl").closed("done", early=early)
    (folder / "best").mkdir(exist_ok=True)
    assert f"early      {early}\n" in render_result(RunResult(Run(folder), "done", early=early))
    assert run_command_line(["status", str(folder)]) == 0
    assert f"done: {early}\n" in capsys.readouterr().out
    assert early in write_report([Run(folder)], tmp_path / "report.html").read_text()


@pytest.mark.parametrize(("sweep", "word"), [(True, "champion"), (False, "result")])
def test_only_a_sweep_has_a_champion_and_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sweep: bool, word: str
) -> None:
    space = {"parameters": []} if sweep else None
    plan = {"metric": "score", "direction": "maximize", "space": space}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    facts = {"trial": {"trial_id": "0001"}, "metric": "score", "value": 0.5, "baseline": 0.25,
             "checkpoint": None}  # fmt: skip
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number, (source, score) in enumerate((("default", 0.25), ("search", 0.5))):
        ledger.start(number, source, {"lr": number})
        ledger.epoch(number, 1, {"score": score})
        ledger.end(number, "finished")
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "provenance.yaml").write_text(yaml.safe_dump(facts))
    assert run_command_line(["best", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{word:<10} trial 0001  score 0.5000")
    assert ("defaults: 0.2500" in shown) == ("none was kept" in shown) == sweep


EXACT = {"mAP_se": 0.021, "mAP_resolution": 0.0278}


def test_a_run_of_another_action_shows_what_it_measured_and_wrote(tmp_path: Path) -> None:
    plan = {"metric": "score", "direction": "maximize", "space": None}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "default", {})
    ledger.epoch(0, 1, {"mAP": 0.25, "num_valid_queries": 36.0, "deviation": 1.5e-6, **EXACT})
    ledger.end(0, "finished")
    wrote = (tmp_path / "curve.png", tmp_path / "matches.png")
    result = RunResult(Run(tmp_path), "done", outputs=wrote)
    assert render_result(result).splitlines() == [
        "result     mAP 0.2500 ± 0.0210  num_valid_queries 36  deviation 1.50e-06",
        f"wrote      {wrote[0]}",
        f"           {wrote[1]}",
        f"done       {tmp_path}",
    ]


def test_the_table_at_the_end_is_what_trials_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "run", 3)
    (folder / "best").mkdir()
    assert run_command_line(["trials", str(folder)]) == 0
    assert render_result(RunResult(Run(folder), "done")).startswith(capsys.readouterr().out)
