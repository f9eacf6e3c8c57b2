"""Repairs a damaged ledger: what can be read stays, and what is lost is told trial by trial."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from automl.constants import LEDGER_FILE, STUDY_FILE, TRIALS_FILE, TRIALS_FOLDER, RunStatus
from automl.launch.running.driver_lock import only_driver
from automl.launch.running.failures import disk_errors_explained
from automl.results.ledger_file import STAMP_FILE, ledger_content, stamped_length
from automl.results.run import Run, read_run
from automl.results.tables import write_tables
from automl.set_aside import free_place
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.job import trial_id
from automl.trial.ledger.events import ClosedEvent, LedgerEvent, encode_event
from automl.trial.ledger.lines import START, Damage, seal
from automl.trial.ledger.repair import Salvage, salvage
from automl.trial.ledger.writer import parse_ledger

_LEFT_OUT = "left out; its folder and number stay its own"
_ASKED = b'"op_code":4,'  # a trial of the study, in its journal
_GOES_ON = "it counts as cut short, and goes on when the run is resumed"


@dataclass(frozen=True)
class Repair:
    """What a repair did.

    Attributes:
        folder: the run's.
        lines: how many lines its ledger had.
        damages: what was not as it was written, in the order of the file.
        torn: whether the last line was incomplete, as a death leaves it.
        copy: the damaged ledger; None where it was whole, and nothing was written.
        lost: a trial's name -> what is lost of it, and what becomes of it.
        trials: how many trials the run has now.
        tables: whether its tables were made anew.
    """

    folder: Path
    lines: int
    damages: tuple[Damage, ...] = ()
    torn: bool = False
    copy: Path | None = None
    lost: dict[str, str] = field(default_factory=dict)
    trials: int = 0
    tables: bool = False


def repair_run(folder: Path) -> Repair:
    """Repair the ledger of the run in ``folder`` and make its tables anew.

    A run of which something is lost counts as interrupted: resumed, it trains what is missing.

    Raises:
        InputError: the folder is no run's, a driver works on it, or its ledger is lost: there is
            nothing to repair it from.
        RunError: the disk is full or failed.
    """
    read_run(folder)
    with disk_errors_explained(folder), only_driver(folder):
        content = ledger_content(folder, whole=False)
        shortened, found = len(content) < stamped_length(folder), salvage(content)
        if not (found.damages or found.torn or shortened):
            return Repair(folder, found.lines, trials=len(Run(folder).histories))
        copy = free_place(folder / LEDGER_FILE)
        _replace(copy, content)
        events = parse_ledger(found.content, folder / LEDGER_FILE)
        histories = trial_histories(events)
        lost = _words(folder, found, histories, shortened=shortened)
        last = _last_word(folder, events, histories, lost) if lost else b""
        _replace(folder / LEDGER_FILE, found.content + last)
        (folder / STAMP_FILE).unlink(missing_ok=True)
        run = Run(folder)
        tables = _tables_anew(run)
        return Repair(
            folder, found.lines, tuple(found.damages), found.torn, copy, lost,
            len(run.histories), tables,
        )  # fmt: skip


def _last_word(
    folder: Path,
    events: Sequence[LedgerEvent],
    histories: Sequence[TrialHistory],
    lost: Iterable[str],
) -> bytes:
    """Return the last line of a repaired ledger: interrupted, and the highest number ever used.

    Numbers of lost trials are known by their folders, the last ones by the study's journal.
    """
    numbers = {history.number for history in histories} | _numbers_of_folders(folder)
    numbers |= set(map(int, lost))
    tickets = [history.start.ticket or 0 for history in histories]
    journal = folder / STUDY_FILE
    asked = journal.read_bytes().count(_ASKED) if journal.is_file() else 0
    later = max(0, asked - 1 - max(tickets)) if tickets else asked
    known = max((history.number for history in histories), default=-1)
    highest = max([*numbers, known + later])
    why = f"automl repair: something is lost of trials {', '.join(lost)}"
    time = max((event.time for event in events), default=0.0)
    closed = ClosedEvent(time, RunStatus.INTERRUPTED, why, highest=max(highest, 0))
    return seal(len(events) + 1, encode_event(closed).encode()) + b"\n"


def _tables_anew(run: Run) -> bool:
    """Rebuild a run's tables where it has any; return whether it has."""
    if not (run.folder / TRIALS_FILE).exists():
        return False
    write_tables(run)
    return True


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and flush it to the disk."""
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)


def _words(
    folder: Path, found: Salvage, histories: list[TrialHistory], *, shortened: bool
) -> dict[str, str]:
    """What is lost of each trial, in words, by the trial's name."""
    kept = {history.number: history for history in histories}
    lost: dict[int, str] = {}
    for number, parts in found.lost.items():
        after = _LEFT_OUT if number not in kept or START in parts else ""
        if number in kept and kept[number].end is None:
            after = _GOES_ON
        lost[number] = "; ".join(filter(None, (", ".join(parts), after)))
    if shortened or any(damage.missing or damage.part[0] is None for damage in found.damages):
        for number in _numbers_of_folders(folder) - kept.keys() - lost.keys():
            lost[number] = f"all of it; {_LEFT_OUT}"
        for number in kept.keys() - lost.keys():
            if kept[number].end is None:
                lost[number] = f"perhaps its last epochs and its end; {_GOES_ON}"
    return {trial_id(number): lost[number] for number in sorted(lost)}


def _numbers_of_folders(folder: Path) -> set[int]:
    names = (each.name for each in (folder / TRIALS_FOLDER).glob("[0-9]*"))
    return {int(name) for name in names if name.isdecimal()}
