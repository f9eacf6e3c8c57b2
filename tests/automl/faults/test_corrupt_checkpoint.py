"""A trial that is taken up again goes on from a whole checkpoint, and says what it passed over."""

from pathlib import Path

from automl.skill import Action
from automl.trial.job import TrialJob


def _job(run: Path, *resume_keys: str) -> TrialJob:
    return TrialJob(
        action=Action("train"),
        skill_dir=run,
        run_dir=run,
        spec={"train": {"resume": ""}},
        placed={},
        resume_keys=resume_keys,
        metric="score",
        needs_metric=True,
        mode="in_process",
    )


def test_the_one_before_is_taken_and_the_log_says_so(tmp_path: Path) -> None:
    job = _job(tmp_path, "train.resume")
    folder = job.folder(3)
    folder.mkdir(parents=True)
    (folder / "model_epoch_001.pth").write_bytes(b"weights")
    (folder / "model_epoch_002.pth").write_bytes(b"PK\x03\x04 cut short")
    spec = job.trial_spec(3, {})
    assert spec["train"]["resume"] == str(folder / "model_epoch_001.pth")
    assert (folder / "log.txt").read_text() == (
        "automl: damaged checkpoint model_epoch_002.pth: the trial goes on from"
        " model_epoch_001.pth\n"
    )


def test_from_zero_where_none_is_whole(tmp_path: Path) -> None:
    job = _job(tmp_path, "train.resume")
    job.folder(0).mkdir(parents=True)
    (job.folder(0) / "model_epoch_001.pth").write_bytes(b"")
    assert job.trial_spec(0, {})["train"]["resume"] == ""
    assert "starts from zero" in (job.folder(0) / "log.txt").read_text()


def test_a_skill_that_cannot_resume_is_told_nothing(tmp_path: Path) -> None:
    job = _job(tmp_path)
    job.folder(0).mkdir(parents=True)
    (job.folder(0) / "model_epoch_001.pth").write_bytes(b"")
    assert job.trial_spec(0, {}) == {"train": {"resume": ""}}
    assert not (job.folder(0) / "log.txt").exists()
