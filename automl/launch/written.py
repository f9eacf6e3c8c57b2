"""What a direct run wrote: the files that a user ran an evaluation, inference or export for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from automl.constants import LOG_FILE, SPEC_FILE, STATUS_FILE, TRIALS_FOLDER
from automl.launch.plan import Plan
from automl.spec.nested import get_path
from automl.trial.job import trial_id

_OURS: Final = (SPEC_FILE, STATUS_FILE, LOG_FILE)


def written_outputs(plan: Plan) -> tuple[Path, ...]:
    """Return the files and folders that a direct run left, its own records aside.

    Those that the spec names as outputs of the action come first, wherever they lie; then what else
    is in the folder of its one trial. Folders without content are left out.
    """
    folder = plan.output / TRIALS_FOLDER / trial_id(0)
    found = dict.fromkeys(path for path in _declared(plan, folder) if _holds(path))
    rest = (path for path in sorted(folder.glob("*")) if _is_theirs(path) and _holds(path))
    return (*found, *(path for path in rest if path not in found))


def _declared(plan: Plan, folder: Path) -> Iterator[Path]:
    for key in plan.skill.action(plan.action).outputs:
        value = get_path(plan.spec, key, None)
        path = folder / plan.placed[key] if key in plan.placed else Path(str(value or ""))
        if value and path.absolute() != folder.absolute():
            yield path


def _is_theirs(path: Path) -> bool:
    return path.name not in _OURS and not path.name.startswith((".", "config."))


def _holds(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))
