"""Files named with --output: what cannot be written is refused before the work, nothing is lost."""

import os
from pathlib import Path

import pytest

from automl.errors import InputError
from automl.results.output_file import check_output, write_output

ENDINGS = (".csv", ".json")


def _refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        check_output(path, ENDINGS)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rows.xls", "no ending '.xls' is known; it may be .csv, .json"),
        ("rows", "the name has no ending; it may be .csv, .json"),
        ("rows.csv.gz", "no ending '.gz' is known"),
        ("missing/rows.csv", "there is no folder"),
        ("file.txt/rows.csv", "is no folder"),
        ("folder", "it is a folder"),
        ("folder.csv", "it is a folder"),
        ("run/plan.csv", ""),
        (f"{'x' * 300}.csv", "File name too long"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str, words: str) -> None:
    for folder in ("folder", "folder.csv", "run"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file.txt").write_text("kept")
    before = sorted(tmp_path.rglob("*"))
    if words:
        assert words in _refusal(tmp_path / name)
    else:
        check_output(tmp_path / name, ENDINGS)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_runs_own_files_are_kept(tmp_path: Path) -> None:
    table = tmp_path / "trials.parquet"
    check_output(table)
    (tmp_path / "plan.yaml").write_text("{}")
    with pytest.raises(InputError, match="the run's own file"):
        check_output(table)
    spec = tmp_path / "trials" / "0003" / "spec.yaml"
    spec.parent.mkdir(parents=True)
    with pytest.raises(InputError, match="the run's own file"):
        check_output(spec, (".yaml",))
    link = tmp_path / "mine.csv"
    link.symlink_to(tmp_path / "ledger.jsonl")
    assert "the run's own file" in _refusal(link)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_without_permission(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("kept")
    file.chmod(0o400)
    assert "Permission denied" in _refusal(file)
    tmp_path.chmod(0o500)
    assert "Permission denied" in _refusal(tmp_path / "new.csv")


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_output(link, b"new")
    assert (file.read_text(), link.is_symlink()) == ("new", True)
    assert file.stat().st_mode & 0o777 == 0o640

    def full(self: Path, content: bytes) -> int:
        os.truncate(self, 0) if self.exists() else None
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_output(file, b"newer")
    assert file.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "rows.csv"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    path = Path(f"/dev/fd/{writing}")
    check_output(path, ENDINGS)
    write_output(path, b"rows")
    os.close(writing)
    assert os.read(reading, 10) == b"rows"
    os.close(reading)
