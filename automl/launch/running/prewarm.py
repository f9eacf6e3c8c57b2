"""Ray and the report's modules, started in threads so that the user does not wait for them.

Importing what the report of ten trials or more needs takes two seconds where Optuna finds
scikit-learn.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from automl.launch.plan import Plan
from automl.launch.running.capacity import trial_resources
from automl.search.preload import load_importance
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.forks import check_usable, has_joined
from automl.sweep.cluster.resources import this_machine


def begin_ray(background: BackgroundRay, plan: Plan) -> None:
    """Let ``background`` start a Ray for a sweep on this machine; do nothing for another plan.

    Raises:
        InputError: this machine cannot give what one trial needs, or this process cannot run Ray.
    """
    if plan.space is not None:
        check_usable()
    if plan.space is not None and plan.resource_options.address is None and not has_joined():
        trial_resources(plan, this_machine())
        background.begin()


_REPORT: Final = "automl.results.report.page"


@contextmanager
def loading(plan: Plan) -> Iterator[None]:
    """Import what the plan's report needs in a thread, and wait for it at the block's end."""
    thread = threading.Thread(target=_load, args=(plan.trials,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(trials: int | None) -> None:
    with suppress(Exception):  # the report says what is wrong
        importlib.import_module(_REPORT)
        load_importance(trials)
