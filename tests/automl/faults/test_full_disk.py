"""A disk that is full while a command writes: one error, and the same command again does it all."""

import shutil
from pathlib import Path

import pytest
from small_disk import fill, make_room
from small_runs import make_sweep

import automl
from automl.cli.main import run_command_line

MADE_AT_THE_END = ("best", "trials.parquet", "epochs.parquet", ".tables.json", "report.html")


@pytest.fixture
def done(small_disk: Path, bowl: Path, data: Path) -> Path:
    return make_sweep(small_disk / "run", bowl, data, done=True)


def _fails(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert run_command_line([*words]) == 1
    said = capsys.readouterr().err
    assert said.count("the disk of ") == 1
    assert "Traceback" not in said
    return said.splitlines()[-1]


def test_what_follows_the_trials_on_a_full_disk(
    done: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Full from the session's line on, in the tables, and at the closing line."""
    monkeypatch.setenv("AUTOML_STATE_DIR", str(tmp_path / "state"))
    table, spec = automl.load_trials(done), (done / "best" / "spec.yaml").read_bytes()
    ledger = (done / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    for free_pages in (0, 3, 7):
        for name in MADE_AT_THE_END:
            made = done / name
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        (done / "ledger.jsonl").write_bytes(b"".join(ledger[:-1]))  # without the closing line
        fill(done.parent, free_pages)
        said = _fails(capsys, "run", "--resume", str(done), "--yes")
        assert f"{done} failed: " in said
        assert "No space left on device" in said
        assert f"go on with  automl run --resume {done}" in said
        make_room(done.parent)
        assert run_command_line(["run", "--resume", str(done), "--yes"]) == 0
        assert automl.load_trials(done).equals(table)
        assert (done / "best" / "spec.yaml").read_bytes() == spec
        assert all((done / name).exists() for name in MADE_AT_THE_END)


def test_a_repair_on_a_full_disk_changes_nothing(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = done / "ledger.jsonl"
    content = bytearray(ledger.read_bytes())
    content[len(content) // 2] ^= 1
    ledger.write_bytes(content)
    fill(done.parent, 0)
    said = _fails(capsys, "repair", str(done))
    assert "No space left on device: when it works again and has room" in said
    assert ledger.read_bytes() == content
    make_room(done.parent)
    assert run_command_line(["repair", str(done)]) == 0
    assert (done / "ledger.jsonl.damaged").read_bytes() == content
