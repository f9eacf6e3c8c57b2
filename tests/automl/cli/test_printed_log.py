"""The command line prints the log's warnings; the library adds no handler and prints nothing."""

import logging
import subprocess
import sys

import pytest

from automl.cli.printed_log import printed_log
from automl.sweep.notice_log import log_notice
from automl.sweep.notices import EpochDone, TrialEnded, TrialRetried, TrialStarted

LOG = logging.getLogger("automl.sweep.test")


def test_warnings_are_printed_and_secrets_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("automl")
    before = list(logger.handlers), logger.level, logger.propagate
    with printed_log():
        LOG.info("not asked for")
        LOG.warning("no %s at s3://me:secret@host/x", "bucket")
        logger.setLevel(logging.DEBUG)
        LOG.debug("a detail")
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert first.startswith("automl: no bucket at ")
    assert "secret" not in first
    assert second == "automl.sweep.test: a detail"
    assert (list(logger.handlers), logger.level, logger.propagate) == before


def test_what_happens_to_trials_is_logged_by_its_weight(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "automl")
    for notice in (
        TrialStarted(3, "search", {"lr": 0.1}),
        EpochDone(3, 1, {"score": 0.5}),
        TrialRetried(3, "the node died", "infrastructure"),
        TrialEnded(3, "finished", 0.5, "", 2.0),
        TrialEnded(4, "failed", None, "no crops", 2.0, "data"),
    ):
        log_notice(notice)
    assert [record.levelname for record in caplog.records] == [
        "INFO", "DEBUG", "WARNING", "INFO", "WARNING",
    ]  # fmt: skip
    assert caplog.messages[2] == "trial 0003 runs again (infrastructure: the node died)"
    assert caplog.messages[3:] == [
        "trial 0003 finished, best 0.5, 2.0 s",
        "trial 0004 failed: no crops",
    ]


def test_importing_the_library_sets_up_nothing() -> None:
    code = (
        "import logging, automl, reid_model\n"
        "for name in ('automl', 'reid_model', None):\n"
        "    logger = logging.getLogger(name)\n"
        "    print(logger.handlers, logger.level, logger.propagate)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["[] 0 True", "[] 0 True", "[] 30 True"]
    assert shown.stderr == ""
