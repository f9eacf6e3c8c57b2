"""The end of a log, for the message of a sweep that stops early."""

from pathlib import Path

from automl.trial.child.files import log_tail


def test_the_last_lines(tmp_path: Path) -> None:
    folder = tmp_path / "trials" / "0003"
    folder.mkdir(parents=True)
    assert log_tail(folder) == ""
    (folder / "log.txt").write_text("x" * 20_000 + "\none\n\ntwo\nthree\n")
    assert log_tail(folder, lines=2) == "last lines of trials/0003/log.txt:\n  two\n  three"
