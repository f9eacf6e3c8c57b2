"""Calling a skill's Python entrypoint in this process: ``module:function(spec, report)``."""

from __future__ import annotations

import ast
import gc
import importlib.util
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final, TextIO, cast

from automl.errors import SkillError, TrialError
from automl.trial.secrets import mask
from automl.trial.status_record import Report, parse_record
from automl.trial.worker.trainer_log import trainer_log

_CODES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # a terminal's: colours, cursor moves
_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
_NO_CODES: Final = re.compile(r"(?!)")
ENDED_BY_SIGNAL: Final = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def check_entrypoint(reference: str, skill_dir: Path) -> None:
    """Check that the function which ``module:function`` names is there, without importing it.

    A trainer takes seconds to import. The function is looked for at the top of its module's source,
    and so are the packages that this imports; where one is lacking, the module is imported after
    all, which says what is wrong.

    Raises:
        SkillError: the module or the function does not exist.
    """
    module_name, _, function_name = reference.partition(":")
    _make_importable(skill_dir)
    try:
        found = importlib.util.find_spec(module_name)
        source = found.loader.get_source(module_name)  # type: ignore[union-attr]
        names = _top_functions(ast.parse(source))
    except Exception:  # no module, no source, bad syntax: importing says what is wrong
        names = set()
    if function_name not in names:
        load_entrypoint(reference, skill_dir)


def _top_functions(module: ast.Module) -> set[str]:
    """The functions that a module defines at its top; none where it imports what is not there."""
    wanted = (part for part in module.body if isinstance(part, ast.Import | ast.ImportFrom))
    if not all(map(_is_there, chain.from_iterable(map(_packages, wanted)))):
        return set()
    return {part.name for part in module.body if isinstance(part, ast.FunctionDef)}


def _packages(part: ast.Import | ast.ImportFrom) -> list[str]:
    """The top packages of an import; none for one that is relative."""
    if isinstance(part, ast.Import):
        return [alias.name.partition(".")[0] for alias in part.names]
    return [] if part.level else [(part.module or "").partition(".")[0]]


def _is_there(package: str) -> bool:
    return package in sys.modules or importlib.util.find_spec(package) is not None


def _make_importable(skill_dir: Path) -> None:
    if str(skill_dir) not in sys.path:
        sys.path.append(str(skill_dir))


def load_entrypoint(
    reference: str, skill_dir: Path, what: str = "entrypoint"
) -> Callable[..., Any]:
    """Return the function that ``module:function`` names; the skill directory is importable.

    ``what``: the skill's word for it, for messages.

    Raises:
        SkillError: the module or the function does not exist, or importing the module fails.
    """
    module_name, _, function_name = reference.partition(":")
    _make_importable(skill_dir)
    try:
        with _importing(module_name):
            module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise SkillError(
            f"{what} {reference}: module {error.name} cannot be imported; install it or put it"
            f" into {skill_dir}"
        ) from error
    except (Exception, SystemExit) as error:  # whatever foreign code does when it is imported
        raise SkillError(
            f"{what} {reference}: {module_name} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise SkillError(f"{what} {reference}: {module_name} has no function {function_name!r}")
    return cast(Callable[..., Any], function)


@contextmanager
def _importing(module_name: str) -> Iterator[None]:
    """Pause the garbage collector while a trainer is imported, a fifth of whose time it takes.

    The objects of the first import stay for good, so they are frozen. Those of later imports are
    not: they may be garbage of the trial before.
    """
    if module_name in sys.modules:
        yield
        return
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def call_entrypoint(
    reference: str,
    skill_dir: Path,
    spec: Mapping[str, Any],
    report: Report,
    log: Path,
    heading: str = "",
) -> None:
    """Run the entrypoint on ``spec``; each status record goes to ``report``.

    What it prints, and logs under its package's name, goes to the file ``log``, and so does the
    traceback of what it raises, below the line ``heading``.

    Raises:
        TrialError: the trainer left with an exit code other than 0.
        KeyboardInterrupt: the trainer left as one that got SIGINT or SIGTERM does.
    """
    run = load_entrypoint(reference, skill_dir)
    stopped = False

    def take(raw: Any) -> None:
        nonlocal stopped
        try:
            report(parse_record(raw))
        except BaseException:
            stopped = True
            raise

    package = reference.partition(":")[0].partition(".")[0]
    with (
        log.open("a", buffering=1) as stream,
        _printing_to(stream),
        trainer_log(package, stream),
    ):
        try:
            run(dict(spec), report=take)
        except SystemExit as end:
            if stopped:
                raise  # a scheduler's stop, on its way through the trainer
            _judge(reference, end)
        except Exception as error:
            if not stopped:
                _write_traceback(error, stream, heading)
            raise


def _write_traceback(error: Exception, log: TextIO, heading: str) -> None:
    """Add the traceback from the trainer's own frames on to the trial's log, without secrets."""
    own = error.__traceback__.tb_next if error.__traceback__ else None
    with suppress(OSError):
        text = "".join(traceback.format_exception(type(error), error, own))
        log.write(heading + mask(text))


def _judge(reference: str, end: SystemExit) -> None:
    """Raise the error that a trainer's ``sys.exit`` stands for; return after exit code 0."""
    if end.code in ENDED_BY_SIGNAL and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt from end
    if end.code not in (None, 0):
        raise TrialError(f"{reference} left with exit code {end.code}") from end


class _Tee:
    """Writes to a file, without colours, and to the stream that was there before.

    A stream that is no terminal gets none either, and with ``NO_COLOR`` a terminal too.
    """

    def __init__(self, file: TextIO, stream: TextIO) -> None:
        self._file = file
        self._stream = stream
        on_terminal = _COLOURS if os.environ.get("NO_COLOR") else _NO_CODES
        self._unwanted = on_terminal if stream.isatty() else _CODES

    def write(self, text: str) -> int:
        self._file.write(_CODES.sub("", text))
        self._stream.write(self._unwanted.sub("", text))
        return len(text)

    def flush(self) -> None:
        self._file.flush()
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _printing_to(file: TextIO) -> Iterator[None]:
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Tee(file, out)), cast(TextIO, _Tee(file, err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
