"""The end of a trial's log: the traceback that the reason tells of, and nothing else."""

from pathlib import Path

import pytest

from automl.results.failures.log_end import raised_by

CAUGHT = """Traceback (most recent call last):
  File "a.py", line 1, in quiet
    hub()
KeyError: 'caught and printed'
"""
CHAINED = """Traceback (most recent call last):
  File "a.py", line 1, in load
    open(path)
FileNotFoundError: [Errno 2] No such file or directory: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 7, in <module>
    main()
  File "/s/b.py", line 5, in main
    raise skill.DataError("no crops") from error
skill.DataError: no crops
"""


def _raised(folder: Path, log: str, reason: str) -> tuple[str, ...]:
    (folder / "log.txt").write_text(log)
    return raised_by(folder / "log.txt", reason)


@pytest.mark.parametrize(
    "reason",
    ["no crops", "DataError: no crops", "b.py ended with exit code 1",
     "b.py ended with exit code 1; last lines of its log: main() | skill.DataError: no crops"],
)  # fmt: skip
def test_the_last_lines_come_first(tmp_path: Path, reason: str) -> None:
    assert _raised(tmp_path, CHAINED + "Killing children\n", reason) == (
        "skill.DataError: no crops",
        's/b.py:5 in main: raise skill.DataError("no crops") from error',
        "b.py:7 in <module>: main()",
    )


def test_another_traceback_is_not_the_reason(tmp_path: Path) -> None:
    assert _raised(tmp_path, CAUGHT, "RuntimeError: CUDA error") == ()
    assert _raised(tmp_path, CHAINED + CAUGHT, "no crops")[0] == "skill.DataError: no crops"
    assert raised_by(tmp_path / "none.txt", "exit code 1") == ()


def test_without_a_traceback_the_last_lines(tmp_path: Path) -> None:
    log = "one\ntwo\n\nthree\nsegmentation fault\n"
    assert _raised(tmp_path, log, "t:run left with exit code 3") == (
        "segmentation fault",
        "three",
        "two",
    )
    assert _raised(tmp_path, log, "metric score is nan at epoch 1") == ()


def test_a_log_is_data(tmp_path: Path) -> None:
    broken = b'\xff\x00Traceback (most recent call last):\n  File "x", line 1'
    (tmp_path / "log.txt").write_bytes(broken)
    assert raised_by(tmp_path / "log.txt", "ValueError: no") == ()
    secret = CAUGHT.replace("caught and printed", "s3://me:pass-word@host")
    assert "pass-word" not in str(_raised(tmp_path, secret, "exit code 1"))
