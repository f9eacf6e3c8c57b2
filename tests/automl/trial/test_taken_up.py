"""A trial that starts again after its driver died: what it reported counts, wherever it stands."""

import json
import sys
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.errors import TrialError
from automl.skill import Action
from automl.trial.child.reports import Reports
from automl.trial.job import TrialJob
from automl.trial.metric_watch import RecordedTrial
from automl.trial.mode import TrialMode
from automl.trial.run import Lineage, run_trial

# What a trainer does in its folder, which is its working directory here.
ONCE = "open('metrics.json', 'w').write('{\"score\": 0.9}')"
NOTHING_LEFT = "pass"
STARTED = "open('started', 'w')"
NEW = RecordedTrial()


def _status(epoch: int, score: float) -> str:
    record = {"status": "RUNNING", "epoch": epoch, "kpi": {"score": score}}
    return json.dumps(record) + "\n"


def _run(
    run: Path,
    code: str,
    recorded: RecordedTrial = NEW,
    resume_keys: tuple[str, ...] = (),
    told: list[tuple[int, dict[str, float]]] | None = None,
) -> list[tuple[int, dict[str, float]]]:
    """Run trial 0 of ``code`` and return the epochs that it handed on; ``told`` gets them too."""
    setup = "import os, sys; os.chdir(sys.argv[1])\n"
    job = TrialJob(
        action=Action("train", (sys.executable, "-c", setup + code, "{results_dir}")),
        skill_dir=SKILLS / "bowl",
        run_dir=run,
        spec={"results_dir": "", "epochs": 3, "resume": None},
        placed={"results_dir": "."},
        resume_keys=resume_keys,
        metric="score",
        needs_metric=True,
        mode=TrialMode.CHILD,
        epochs_key="epochs",
    )
    heard = [] if told is None else told
    lineage = Lineage(recorded=recorded)
    run_trial(job, 0, {}, lambda epoch, kpi: heard.append((epoch, dict(kpi))), lineage)
    return heard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "trials" / "0000"
    folder.mkdir(parents=True)
    return folder


def test_the_same_file_written_anew_is_new(tmp_path: Path, folder: Path) -> None:
    assert _run(tmp_path, ONCE) == [(1, {"score": 0.9})]
    again = _run(tmp_path, ONCE, RecordedTrial(starts=1))
    assert again == [(1, {"score": 0.9})] * 2, "once for the old file, once for the new one"
    assert _run(tmp_path, ONCE, RecordedTrial(1, frozenset({"score"}), 1)) == [(1, {"score": 0.9})]


@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metrics.json", '{"score": 0.9}'),
        ("log.txt", "score: 0.9\n"),
        ("status.json", '{"status": "RUNNING", "kpi": {"score": 0.9}}\n'),
        ("train/status.json", '{"status": "RUNNING", "epoch": 1, "kpi": {"score": 0.9}}\n'),
    ],
)
def test_a_trainer_with_nothing_left_to_do_has_the_value_it_had(
    tmp_path: Path, folder: Path, name: str, text: str, starts: int
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    assert _run(tmp_path, NOTHING_LEFT, RecordedTrial(starts=starts)) == [(1, {"score": 0.9})]


def test_what_the_ledger_holds_counts_where_the_files_are_gone(
    tmp_path: Path, folder: Path
) -> None:
    assert _run(tmp_path, NOTHING_LEFT, RecordedTrial(2, frozenset({"score"}), 1)) == []
    with pytest.raises(TrialError, match="metric score was never reported; reported: loss"):
        _run(tmp_path, NOTHING_LEFT, RecordedTrial(2, frozenset({"loss"}), 1))


def test_an_epoch_that_only_the_file_holds_is_told_before_the_trial_goes_on(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "status.json").write_text(_status(1, 0.1) + _status(2, 0.2))
    (folder / "model_epoch_002_step_1.pth").write_bytes(b"whole")
    code = "open('status.json', 'a').write('" + _status(3, 0.3).replace("\n", "\\n") + "')"
    told = _run(tmp_path, code, RecordedTrial(1, frozenset({"score"}), 1))
    assert told == [(2, {"score": 0.2}), (3, {"score": 0.3})]


def test_only_the_latest_run_of_several_is_caught_up_with(tmp_path: Path, folder: Path) -> None:
    earlier = _status(1, 0.5) + _status(2, 0.6) + _status(3, 0.7)
    (folder / "status.json").write_text(earlier + _status(1, 0.1) + _status(2, 0.2))
    told = _run(tmp_path, NOTHING_LEFT, RecordedTrial(1, frozenset({"score"}), 2))
    assert told == [(2, {"score": 0.2})]


def test_a_trial_that_trained_all_epochs_is_not_started(tmp_path: Path, folder: Path) -> None:
    complete = RecordedTrial(3, frozenset({"score"}), 1)
    assert _run(tmp_path, STARTED, complete) == []
    assert not (folder / "started").exists()
    _run(tmp_path, STARTED, RecordedTrial(2, frozenset({"score"}), 1))
    assert (folder / "started").exists()


@pytest.mark.parametrize(
    ("checkpoint", "content", "starts"),
    [
        (None, b"", True),
        ("model_epoch_002_step_1.pth", b"whole", True),
        ("model_epoch_003_step_1.pth", b"", True),
        ("model_epoch_003_step_1.pth", b"whole", False),
        ("last.pth", b"whole", False),
    ],
)
def test_a_trial_without_its_last_checkpoint_is_started(
    tmp_path: Path, folder: Path, checkpoint: str | None, content: bytes, starts: bool
) -> None:
    if checkpoint:
        (folder / checkpoint).write_bytes(content)
    complete = RecordedTrial(3, frozenset({"score"}), 1)
    _run(tmp_path, STARTED, complete, resume_keys=("resume",))
    assert (folder / "started").exists() == starts


@pytest.mark.parametrize(("checkpoint", "first"), [("last.pth", 3), (None, 1)])
def test_epochs_without_numbers_go_on_where_the_trial_does(
    tmp_path: Path, folder: Path, checkpoint: str | None, first: int
) -> None:
    if checkpoint:
        (folder / checkpoint).write_bytes(b"whole")
    told = _run(tmp_path, "print('score: 0.4')", RecordedTrial(2, frozenset({"score"}), 1))
    assert told == [(first, {"score": 0.4})]


def test_a_last_record_adds_what_the_epoch_lacked(tmp_path: Path) -> None:
    code = """
open('status.json', 'a').write('{"status": "RUNNING", "epoch": 1, "kpi": {"loss": 2.0}}\\n'
    '{"status": "SUCCESS", "kpi": {"loss": 2.0, "score": 0.9}}\\n')
"""
    assert _run(tmp_path, code) == [(1, {"loss": 2.0}), (1, {"score": 0.9})]


@pytest.mark.parametrize(
    "code",
    [
        "print('score: 0.9', end='')",
        'open(\'status.json\', \'a\').write(\'{"status": "RUNNING", "kpi": {"score": 0.9}}\')',
        "open('metrics.json', 'a').write('{\"score\": 0.7}\\n{\"score\": 0.9}')",
    ],
)
def test_the_last_line_needs_no_newline(tmp_path: Path, code: str) -> None:
    assert _run(tmp_path, code)[-1][1] == {"score": 0.9}


def test_the_last_line_of_a_failed_trainer_is_not_trusted(tmp_path: Path) -> None:
    told: list[tuple[int, dict[str, float]]] = []
    code = "print('score: 0.8', flush=True); print('score: 0.9', end=''); sys.exit(1)"
    with pytest.raises(TrialError, match="ended with exit code 1"):
        _run(tmp_path, code, told=told)
    assert told == [(1, {"score": 0.8})]


def test_a_status_file_that_is_written_anew_is_read_from_its_start(folder: Path) -> None:
    file, log = folder / "status.json", folder / "log.txt"
    log.touch()
    file.write_text(_status(1, 0.5))
    reports = Reports(folder, log, "score")
    file.write_text(_status(1, 0.7) + _status(2, 0.8))
    assert [record.kpi["score"] for record in reports.new_records()] == [0.7, 0.8]
    file.write_text(_status(1, 0.7) + _status(2, 0.8))
    assert [record.kpi["score"] for record in reports.new_records()] == [0.7, 0.8]
    assert reports.new_records() == []


def test_values_that_are_told_again_begin_with_epoch_one(tmp_path: Path, folder: Path) -> None:
    """Also where what the trial reported meanwhile named its epochs."""
    (folder / "log.txt").write_text("score: 0.5\nscore: 0.6\n")
    record = json.dumps({"status": "RUNNING", "epoch": 2, "kpi": {"loss": 2.0}})
    told = _run(tmp_path, f"open('status.json', 'a').write('{record}\\n')", RecordedTrial(starts=2))
    assert told == [(2, {"loss": 2.0}), (1, {"score": 0.5}), (2, {"score": 0.6})]
