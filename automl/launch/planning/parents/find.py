"""Finds the run of ``--parent`` and ``--parent-job``: a run, a trial of one, here or at a URL."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from automl.checked_yaml import read_checked
from automl.constants import (
    BEST_FOLDER,
    COL_TRIAL,
    LEDGER_FILE,
    PLAN_FILE,
    SPEC_FILE,
    TRIALS_FOLDER,
)
from automl.errors import InputError
from automl.launch.planning.parents.parent_run import ParentRun, exported_model
from automl.launch.planning.run_folder import RUNS_FOLDER, is_url
from automl.launch.request import RunRequest
from automl.results.files.provenance import check_checkpoint, read_provenance
from automl.results.files.shapes import SPEC
from automl.results.files.spec import read_spec, spec_of
from automl.results.run import Run, read_run
from automl.spec.checkpoints import newest_checkpoint
from automl.trial.data.cache import cache_dir, locked
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import Staged
from automl.trial.files.url_storage import Storage, describe
from automl.trial.job import trial_id
from automl.trial.secrets import mask, refuse_password

_LISTED: Final = 5  # runs in an error message


def find_parent(request: RunRequest) -> ParentRun | None:
    """Return the parent of a request, None where it names none.

    Raises:
        InputError: it names two, there is no such run, or the run holds no checkpoint.
    """
    if request.parent is not None and request.parent_job is not None:
        raise InputError("--parent and --parent-job both name the parent run: leave one out")
    if request.parent_job is not None:
        return read_parent(_job_folder(request.parent_job, request))
    if request.parent is None:
        return None
    place = str(request.parent)
    return read_parent(_fetched(place) if is_url(place) else Path(place))


def read_parent(folder: Path) -> ParentRun:
    """Return the run in ``folder``, or the trial of a run.

    Raises:
        InputError: the folder is neither, or holds no checkpoint.
        DamagedFileError: a file is damaged that tells what the parent was.
    """
    folder = folder.absolute()
    place = _run_of(folder)
    run = read_run(place) if place else None
    last = _last_folder(run, folder) if run else folder
    path = _spec_file(folder, last) if place == folder else folder / SPEC_FILE
    if run is None and not path.is_file():
        raise InputError(f"--parent {folder}: no run's and no trial's folder: {path} is missing")
    if newest_checkpoint(folder) is None and exported_model(folder) is None:
        raise InputError(f"--parent {folder}: it holds no checkpoint (yet)")
    if run is None:
        return ParentRun(folder, folder, read_checked(path, SPEC) or {}, path)
    if not _is_trial(folder):
        check_checkpoint(run)
    return _parent_in(run, folder, last, path)


def _parent_in(run: Run, folder: Path, last: Path, spec_file: Path) -> ParentRun:
    """The parent in the folder of a run, or of its best or any other trial."""
    plan, number = run.plan, _number_in(last.name)
    spec = read_spec(spec_file, run, number)
    if spec is None:
        spec = spec_of(run, number or 0)
    sources = {key: Staged(**each) for key, each in plan.get("sources", {}).items()}
    roots = DataRoots.from_dict(plan.get("data_roots"))
    return ParentRun(
        folder,
        last,
        spec,
        spec_file,
        action=plan["action"],
        skill_dir=Path(plan["skill"]["directory"]),
        metric=plan["metric"] or None,
        direction=plan["direction"],
        sources=sources,
        roots=roots.for_sources([*roots.named, *(each.source for each in sources.values())]),
        reported=_reported(run, folder),
    )


def _reported(run: Run, folder: Path) -> dict[int, Mapping[str, float]]:
    """Return epoch -> metrics of the trial in ``folder``; empty where it is no single trial."""
    histories = [each for each in run.histories if trial_id(each.number) == folder.name]
    return {epoch.epoch: epoch.kpi for each in histories for epoch in each.epochs}


def _run_of(folder: Path) -> Path | None:
    """Return the run that ``folder`` is, or is a trial or the best of; None where no plan lies."""
    run = folder.parent.parent if _is_trial(folder) else folder
    run = folder.parent if folder.name == BEST_FOLDER else run
    return run if (run / PLAN_FILE).is_file() else None


def _is_trial(folder: Path) -> bool:
    return folder.parent.name == TRIALS_FOLDER


def _spec_file(run: Path, last: Path) -> Path:
    best = run / BEST_FOLDER / SPEC_FILE
    return best if os.path.lexists(best) else last / SPEC_FILE


def _last_folder(run: Run, folder: Path) -> Path:
    """Return the folder of the training that a run would go on with: its champion's."""
    facts = None if _is_trial(folder) else read_provenance(run)
    if facts is not None and facts.get("refit"):
        return run.folder / str(facts["refit"]["folder"])
    if facts is not None:
        return run.folder / TRIALS_FOLDER / str(facts["trial"][COL_TRIAL])
    first = folder / TRIALS_FOLDER / trial_id(0)
    return first if first.is_dir() else folder


def _number_in(name: str) -> int | None:
    """The number of the trial whose folder has a name; None where it is no trial's."""
    return int(name) if name.isdecimal() else None


def _job_folder(job: str, request: RunRequest) -> Path:
    """Return the folder of the run named ``job``, or of its trial ``job/ID``, beside this run's.

    Raises:
        InputError: no run there, or more than one, has that name or ends with it.
    """
    runs = Path(request.output).absolute().parent if request.output else Path(RUNS_FOLDER)
    name, _, trial = job.partition("/")
    known = sorted(path.parent.name for path in runs.glob(f"*/{PLAN_FILE}"))
    found = [each for each in known if each == name] or [
        each for each in known if name and each.endswith(f"-{name}")
    ]
    if len(found) != 1:
        what = f"{', '.join(found)} all end so" if found else "no such run"
        newest = ", ".join(known[-_LISTED:]) or "none"
        raise InputError(f"--parent-job {job}: {what} in {runs}; the last of its runs: {newest}")
    folder = runs / found[0]
    return folder / TRIALS_FOLDER / trial if trial else folder


def _fetched(url: str) -> Path:
    """Return the cache folder of a run or trial at a URL, with the files that a parent needs.

    Raises:
        InputError: the URL cannot be read, or holds no run and no trial.
    """
    refuse_password(url, "--parent")
    head, _, name = url.rstrip("/").rpartition("/")
    is_trial = head.endswith(f"/{TRIALS_FOLDER}")
    run_url = head.removesuffix(f"/{TRIALS_FOLDER}") if is_trial else url.rstrip("/")
    folder = cache_dir() / "parents" / hashlib.sha256(run_url.encode()).hexdigest()[:16]
    wanted = [f"{TRIALS_FOLDER}/{name}"] if is_trial else [BEST_FOLDER]
    try:
        with locked(folder):
            _pull(Storage(run_url), folder, wanted)
    except InputError:
        raise
    except Exception as error:  # each filesystem has its own errors
        raise InputError(f"--parent {mask(url)}: {describe(error)}") from error
    return folder / wanted[0] if is_trial else folder


def _pull(storage: Storage, folder: Path, wanted: list[str]) -> None:
    plan = storage.read_text(PLAN_FILE)
    if not plan:
        raise InputError(f"--parent {mask(storage.url)}: no run lies there: it has no {PLAN_FILE}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN_FILE).write_text(plan, encoding="utf-8")
    (folder / LEDGER_FILE).write_text(storage.read_text(LEDGER_FILE), encoding="utf-8")
    for below in wanted:
        storage.pull(below, folder / below, checkpoints=True)
    if newest_checkpoint(folder) is None:  # a run whose end is not written yet
        first = f"{TRIALS_FOLDER}/{trial_id(0)}"
        storage.pull(first, folder / first, checkpoints=True)
