"""The spec that a trial was trained with, also where its file is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automl.checked_yaml import damaged, read_checked
from automl.constants import SPEC_FILE, TRIALS_FOLDER
from automl.errors import DamagedFileError
from automl.results.files.shapes import SPEC
from automl.results.run import Run
from automl.space.inactive import reset_inactive
from automl.spec.nested import merge, set_path
from automl.trial.job import trial_id


def read_spec(path: Path, run: Run, number: int | None) -> dict[str, Any] | None:
    """Return the spec in a file of a run, None where nothing lies there.

    A damaged one is made anew from the run's plan and ledger; ``number``: the trial that it is of.

    Raises:
        DamagedFileError: it is damaged, and the ledger knows no such trial.
    """
    try:
        return read_checked(path, SPEC)
    except DamagedFileError:
        spec = None if number is None else _made_anew(run, number)
        if spec is None:
            raise
        return spec


def spec_of(run: Run, number: int) -> dict[str, Any]:
    """Return the spec of a trial of a run; made anew from plan and ledger where its file is lost.

    Raises:
        DamagedFileError: the ledger knows no such trial.
    """
    path = run.folder / TRIALS_FOLDER / trial_id(number) / SPEC_FILE
    spec = read_spec(path, run, number)
    spec = _made_anew(run, number) if spec is None else spec
    if spec is None:
        raise damaged(path, "it is missing")
    return spec


def _made_anew(run: Run, number: int) -> dict[str, Any] | None:
    """The run's spec with the parameters, files and folders of a trial; None of an unknown one."""
    history = next((each for each in run.histories if each.number == number), None)
    if history is None:
        return None
    spec = merge({}, run.plan["spec"])
    for name, value in {**history.start.params, **history.changed}.items():
        set_path(spec, name, value)
    if run.is_sweep:
        reset_inactive(spec, run.space.inactive)
    for key, relative in run.plan.get("placed", {}).items():
        set_path(spec, key, str(run.folder / TRIALS_FOLDER / trial_id(number) / relative))
    return spec
