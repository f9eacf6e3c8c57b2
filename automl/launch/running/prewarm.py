"""What a sweep's local Ray is told while the launch is still prepared.

The report's modules, imported beside the first trials.

They take a second where Optuna finds scikit-learn, which a user would wait for at the end.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from automl.launch.plan import Plan
from automl.launch.running.capacity import trial_resources
from automl.sweep.cluster.background import BackgroundRay, has_joined
from automl.sweep.cluster.preload import Preload
from automl.sweep.cluster.resources import CPU, this_machine
from automl.trial.mode import TrialMode

_IDLE_AT_MOST: Final = 0.5  # of the workers, one for each CPU, that load what they never run


def begin_ray(ahead: BackgroundRay, plan: Plan) -> None:
    """Let ``ahead`` start a Ray for a sweep on this machine; do nothing for another plan.

    Raises:
        InputError: this machine cannot give what one trial needs.
    """
    if plan.space is not None and plan.resource_options.address is None and not has_joined():
        ahead.begin(_preload(plan))


def _preload(plan: Plan) -> Preload | None:
    """The trainer, where most workers will run trials of it and no GPU is to be set up before."""
    capacity = this_machine()
    resources = trial_resources(plan, capacity)
    execution = plan.skill.action(plan.action).execution
    if plan.mode.mode != TrialMode.IN_PROCESS or execution is None or not execution.entrypoint:
        return None
    if resources.gpus or resources.concurrency < _IDLE_AT_MOST * capacity.total(CPU):
        return None
    threads = max(1, int(resources.cpus))
    return Preload(execution.entrypoint, str(plan.skill.directory), threads)


_REPORT: Final = "automl.results.report.page"


@contextmanager
def loading() -> Iterator[None]:
    """Import in a thread what the report needs; it is over at the block's end."""
    thread = threading.Thread(target=_load, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load() -> None:
    with suppress(Exception):  # the report says what is wrong
        importlib.import_module(_REPORT)
