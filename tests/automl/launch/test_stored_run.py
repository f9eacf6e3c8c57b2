"""What a storage refuses is told: it costs no finished sweep, and brings no traceback."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.errors import RunError
from automl.launch.stored_run import StoredRun
from automl.trial.storage import Storage


def test_a_storage_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError("the bucket is closed")

    monkeypatch.setattr(Storage, "pull", refuse)
    monkeypatch.setattr(Storage, "drop_checkpoints", refuse)
    run = StoredRun("memory://team/sweep", tmp_path)
    recorder: Any = SimpleNamespace(best=(0.5, 2), retention=SimpleNamespace())
    run.serve(recorder)
    recorder.fetch(2)
    recorder.retention.also(3)
    printed = capsys.readouterr().out
    assert "the bucket is closed: the files of trial 0002 stay there" in printed
    assert "the bucket is closed: the checkpoints of trial 0003 stay there" in printed
    with pytest.raises(RunError, match=rf"the bucket is closed; .* --resume {tmp_path}"):
        run.fetch_best(recorder)
    recorder.best = None
    run.fetch_best(recorder)
