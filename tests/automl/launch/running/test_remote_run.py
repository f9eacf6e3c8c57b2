"""What a storage refuses is told: it costs no finished sweep, and brings no traceback."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.errors import DamagedLedgerError, InputError, RunError
from automl.launch.running.remote_run import StoredRun, fetched_run
from automl.trial.files.url_storage import Storage


def test_a_storage_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError("the bucket is closed")

    monkeypatch.setattr(Storage, "pull", refuse)
    monkeypatch.setattr(Storage, "drop_checkpoints", refuse)
    run = StoredRun("memory://team/sweep", tmp_path)
    recorder: Any = SimpleNamespace(best=(0.5, 2), retention=SimpleNamespace())
    run.serve(recorder)
    recorder.fetch(2)
    recorder.retention.drop_elsewhere(3)
    printed = caplog.text
    assert "the bucket is closed: the files of trial 0002 stay there" in printed
    assert "the bucket is closed: the checkpoints of trial 0003 stay there" in printed
    with pytest.raises(RunError, match=rf"the bucket is closed; .* --resume {tmp_path}"):
        run.fetch_best(recorder)
    recorder.best = None
    run.fetch_best(recorder)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that lies at a URL; the working folder is empty."""
    (tmp_path / "there" / "one").mkdir(parents=True)
    for name in ("plan.yaml", "ledger.jsonl"):
        (tmp_path / "there" / "one" / name).write_text("x")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return f"file://{tmp_path / 'there' / 'one'}"


def test_what_is_fetched_for_a_look_does_not_stay(url: str) -> None:
    folder = Path("runs/one")
    with fetched_run(url, keep=False) as fetched:
        assert (fetched, (folder / "plan.yaml").exists()) == (folder, True)
    assert not folder.exists()
    with pytest.raises(InputError, match="the skill changed"), fetched_run(url, keep=True):
        raise InputError("the skill changed")
    assert not folder.exists()
    with fetched_run(url, keep=True):
        pass
    assert (folder / "ledger.jsonl").exists()
    with pytest.raises(InputError, match="holds this run already"), fetched_run(url, keep=False):
        pass
    assert (folder / "ledger.jsonl").exists()
    with fetched_run(str(folder), keep=False) as fetched:
        assert fetched == folder
    assert (folder / "ledger.jsonl").exists()


def test_what_can_be_repaired_stays(url: str) -> None:
    with pytest.raises(DamagedLedgerError), fetched_run(url, keep=False):
        raise DamagedLedgerError("runs/one/ledger.jsonl is damaged: automl repair runs/one")
    assert Path("runs/one/ledger.jsonl").exists()


def test_a_folder_that_was_there_is_never_removed(url: str) -> None:
    Path("runs/one").mkdir(parents=True)
    Path("runs/one/mine").write_text("x")
    with fetched_run(url, keep=False):
        pass
    assert Path("runs/one/mine").exists()
