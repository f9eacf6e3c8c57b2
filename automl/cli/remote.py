"""``automl run --address ray://...``: the same command line, run on the cluster's head node."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from automl.cli.grouped_help import GroupedCommand
from automl.errors import InputError, RunError
from automl.interrupts import heard_signals
from automl.launch.request import OPTIONS
from automl.skill.overlay_file import NONE

if TYPE_CHECKING:
    from automl.sweep.cluster.remote_driver import Remote


LARGEST: Final = 8 << 20
_DECLINED: Final = 130  # as after Ctrl-C at the question
_ADDRESS: Final = "--address"
_FILES: Final = ("--config", *(option.flag for option in OPTIONS.values() if option.sent))
_NO_OVERLAY: Final = (OPTIONS["overlay"].flag, NONE)  # a word, whatever files there are
_ARGUMENTS: Final = "automl.arguments"
_SIGNALS: Final = 2  # that the driver understands: the first stops it soon, the second at once
Pair = tuple[str, str | None]


class KeepsArguments(GroupedCommand):
    """A command that keeps its arguments as they were typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and keep them for :func:`run_on_head`."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


def run_on_head(address: str, *, ask: bool) -> int:
    """Run this command line on the head of the cluster; return the exit code.

    Args:
        address: ``ray://HOST[:PORT]``.
        ask: whether to show the plan and ask before the start.

    Raises:
        InputError: there is no such cluster, or the command line cannot run there.
        RunError: the connection broke.
    """
    context = click.get_current_context()
    pairs = read_pairs(context.meta[_ARGUMENTS], _options_with_values(context.command.params))
    if ask:
        code = _drive(address, [*pairs, ("--plan", None)])
        if code:
            return code
        if not wants_start():
            return _DECLINED
    return _drive(address, pairs)


def wants_start() -> bool:
    """Ask whether the plan above is to be carried out; where it is not, say that nothing starts."""
    if click.confirm("Start?", default=True):
        return True
    click.echo("automl: not started", err=True)
    return False


def _options_with_values(parameters: Sequence[click.Parameter]) -> set[str]:
    return {
        name
        for parameter in parameters
        if isinstance(parameter, click.Option) and not parameter.is_flag
        for name in parameter.opts
    }


def read_pairs(arguments: Sequence[str], with_values: Collection[str]) -> list[Pair]:
    """Return (option, value) of a valid command line; a flag's value is None.

    ``with_values`` names the options that take a value.
    """
    words, pairs = iter(arguments), list[Pair]()
    for word in words:
        name, equals, value = word.partition("=")
        if name not in with_values:
            pairs.append((word, None))
        else:
            pairs.append((name, value if equals else next(words)))
    return pairs


def files_to_send(pairs: Sequence[Pair]) -> list[str]:
    """Return the files here that ``--config`` and the options that are ``sent`` name.

    Raises:
        InputError: one is larger than :data:`LARGEST` bytes.
    """
    named = [value for name, value in pairs if value and _may_be_file(name, value)]
    found = [path for path in dict.fromkeys(named) if Path(path).is_file()]
    for path in found:
        if Path(path).stat().st_size > LARGEST:
            raise InputError(f"{path} is too large to be sent along: copy it to the cluster")
    return found


def _may_be_file(name: str, value: str) -> bool:
    return name in _FILES and (name, value) != _NO_OVERLAY


def arguments_on_head(pairs: Sequence[Pair], sent: Mapping[str, str]) -> list[str]:
    """Return the command line for the head, with its own cluster and its copies of the files."""
    words = ["run"]
    for name, value in pairs:
        if name == _ADDRESS:
            continue
        if value is None:
            words.append(name)
        else:
            words += [name, sent.get(value, value) if _may_be_file(name, value) else value]
    return [*words, _ADDRESS, "auto"]


def resume_words(pairs: Sequence[Pair], address: str) -> str:
    """Return the command that resumes the sweep, whose folder may not be known yet."""
    given = dict(pairs)
    folder = given.get("--resume") or given.get("--output") or "DIR"
    hint = "" if folder != "DIR" else " (DIR: the run's folder as printed above)"
    return f"automl run --resume {shlex.quote(folder)} --address {address}{hint}"


def _drive(address: str, pairs: Sequence[Pair]) -> int:
    from automl.sweep.cluster.remote_driver import remote_driver

    files = [(path, _read(path)) for path in files_to_send(pairs)]
    with remote_driver(address) as driver:
        try:
            code = _run(driver, address, pairs, files)
        except InputError:  # nothing ran: there is no log to keep
            driver.call("close")
            raise
        driver.call("close")
    return code


def _run(
    driver: Remote, address: str, pairs: Sequence[Pair], files: Sequence[tuple[str, bytes]]
) -> int:
    """Start the command line on the head with copies of these files, and wait for its end."""
    from automl.sweep.cluster.remote_driver import exit_code

    _check_skill(driver, pairs)
    paths = driver.call("receive", files)
    sent = {path: there for (path, _), there in zip(files, paths, strict=True)}
    place = driver.call("start", arguments_on_head(pairs, sent))
    click.echo(
        f"automl: the driver runs on {place.host} in {place.cwd}; paths are that machine's",
        err=True,
    )
    try:
        return exit_code(_follow(driver))
    except (RunError, KeyboardInterrupt) as error:
        raise RunError(
            f"{str(error) or 'left'}; the driver on {place.host} ends with its connection, its log"
            f" lies for a day in {place.folder}; then: {resume_words(pairs, address)}"
        ) from error


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _check_skill(driver: Remote, pairs: Sequence[Pair]) -> None:
    folders = [value for name, value in pairs if name == "--skill-dir"]
    for folder in driver.call("missing", folders):
        raise InputError(
            f"--skill-dir {folder}: no such folder on the cluster's head node: copy it there"
        )


def _follow(driver: Remote) -> int:
    """Print what the driver prints, pass on signals to it, and return its exit code."""
    with _signals() as pending:
        while True:
            printed = driver.call("read")
            _write(sys.stdout, printed.out)
            _write(sys.stderr, printed.err)
            if printed.code is not None:
                return int(printed.code)
            while pending:
                driver.call("signal", pending.pop(0))


def _write(stream: Any, data: bytes) -> None:
    if data:
        stream.buffer.write(data)
        stream.flush()


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals for the driver while the block runs; the third one interrupts it.

    A driver there may ignore SIGHUP, so this machine's hang-up is SIGTERM to it.
    """
    pending: list[int] = []
    count = 0

    def on_signal(number: int, frame: Any) -> None:
        nonlocal count
        count += 1
        if count > _SIGNALS:
            raise KeyboardInterrupt
        pending.append(signal.SIGTERM if number == signal.SIGHUP else number)

    before = {number: signal.signal(number, on_signal) for number in heard_signals()}
    try:
        yield pending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
