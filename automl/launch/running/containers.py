"""The containers of a run: made ready before its first trial, gone after its last."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from automl.launch.plan import Plan
from automl.trial.child_start import container_home
from automl.trial.container.check import ready_container
from automl.trial.container.leftovers import remove_leftovers

LOG = logging.getLogger(__name__)


@contextmanager
def containers_of(plan: Plan) -> Iterator[None]:
    """Make this machine ready for a plan's containers; at the end remove what is left of them.

    Without containers it does nothing.

    Raises:
        InputError: the image cannot be pulled, or a container cannot run here.
    """
    for container, program in plan.containers:
        ready_container(container, program, plan.output, container_home())
    try:
        yield
    finally:
        for container, _ in plan.containers:
            for name in remove_leftovers(container):
                LOG.warning("the container %s outlived its trial, and is removed", name)
