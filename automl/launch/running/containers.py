"""The containers of a run: made ready before its first trial, gone after its last."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from automl.launch.plan import Plan
from automl.trial.child_start import container_home, container_program
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
    container = plan.container
    if container is None:
        yield
        return
    program = container_program(plan.skill.action(plan.action))
    ready_container(container, program, plan.output, container_home())
    try:
        yield
    finally:
        for name in remove_leftovers(container):
            LOG.warning("the container %s outlived its trial, and is removed", name)
