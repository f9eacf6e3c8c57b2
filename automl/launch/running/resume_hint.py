"""How a run goes on that Ctrl-C or SIGTERM ends while none of its trials runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from automl.constants import PLAN_FILE
from automl.interrupts import stage
from automl.launch.plan import Plan


@contextmanager
def interrupt_explained(plan: Plan) -> Iterator[None]:
    """Add how to resume the run of ``plan`` to what a signal prints and to KeyboardInterrupt."""
    try:
        with stage(go_on=partial(how_to_go_on, plan)):
            yield
    except KeyboardInterrupt as stop:
        stop.args = (how_to_go_on(plan),)
        raise


def how_to_go_on(plan: Plan) -> str:
    """Return, in words, the command that resumes a run; empty where it has to start over."""
    resumable = plan.space is not None or plan.resume_keys
    if not (resumable and (plan.output / PLAN_FILE).exists()):
        return ""
    return f"go on with  automl run --resume {shlex.quote(str(plan.output))}"
