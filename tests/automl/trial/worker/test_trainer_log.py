"""What a trainer logs in this process is in its log file, and nowhere that nobody asked for."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from automl.trial.worker.entrypoint import call_entrypoint
from automl.trial.worker.trainer_log import trainer_log

CODE = """
import logging
LOG = logging.getLogger(__name__)
def run(spec, report):
    print("\\x1b[32mprinted\\x1b[0m")
    LOG.debug("detail")
    LOG.info("told")
    LOG.warning("odd")
"""


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())


@contextmanager
def _no_setup() -> Iterator[logging.Logger]:
    """The root logger without the handlers that the test runner adds when a test begins."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    try:
        yield root
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _run(folder: Path, name: str) -> str:
    package = folder / name
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "train.py").write_text(CODE)
    call_entrypoint(f"{name}.train:run", folder, {}, lambda record: None, folder / "log.txt")
    return (folder / "log.txt").read_text()


def test_without_a_setup_it_goes_where_prints_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _no_setup():
        assert _run(tmp_path, "logs_alone") == "printed\ntold\nWARNING: odd\n"
    shown = capsys.readouterr()
    assert shown.out == "printed\ntold\n"  # no terminal
    assert shown.err == "WARNING: odd\n"
    logger = logging.getLogger("logs_alone")
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


@pytest.mark.parametrize(("no_color", "shown"), [("", "\x1b[32mprinted\x1b[0m"), ("1", "printed")])
def test_a_terminal_has_the_trainers_colours_unless_nobody_wants_them(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str,
    shown: str,
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    text = _run(tmp_path, f"colourful{no_color}")
    assert capsys.readouterr().out.splitlines()[0] == shown
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("level", "heard"),
    [(logging.WARNING, ["odd"]), (logging.INFO, ["told", "odd"]), (logging.ERROR, [])],
)
def test_a_users_setup_is_left_as_it_is(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    level: int,
    heard: list[str],
) -> None:
    mine = _Heard()
    with _no_setup() as root:
        root.addHandler(mine)
        root.setLevel(level)
        text = _run(tmp_path, f"logs_for_a_user_{level}")
    assert "told\nWARNING: odd\n" in text
    assert mine.words == heard
    assert capsys.readouterr().err == ""


def test_a_level_that_the_user_sets_holds() -> None:
    logger, file = logging.getLogger("logs_little"), io.StringIO()
    logger.setLevel(logging.ERROR)
    with trainer_log("logs_little", file):
        logger.warning("odd")
    assert file.getvalue() == ""
    assert logger.level == logging.ERROR
