"""The command prints what the trainer logs; the library prints nothing."""

import logging

import pytest

from reid_model.actions.outputs import announce
from reid_model.printed_log import printed_log


def test_the_command_prints_and_the_library_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert announce("one", "", "two") == "one; two"
    assert capsys.readouterr().out == ""
    with printed_log():
        announce("three")
        logging.getLogger("reid_model.data").warning("few crops")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("three\n", "WARNING: few crops\n")
    logger = logging.getLogger("reid_model")
    assert (logger.handlers, logger.level) == ([], logging.NOTSET)
