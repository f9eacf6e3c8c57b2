"""The trials of a run that goes on, read from its ledger for an advisor, each line once."""

from __future__ import annotations

from typing import Any

from automl.constants import LEDGER_FILE
from automl.launch.plan import Plan
from automl.launch.running.guidance.message import request_of
from automl.results.champion.confirmation_plan import split_confirmation
from automl.trial.history import trial_histories
from automl.trial.ledger.follow import LedgerFollower
from automl.trial.ledger.writer import seconds_used


class RunHistory:
    """Composes what an advisor is told; one thread at a time uses it."""

    def __init__(self, plan: Plan) -> None:
        """The ledger of the plan's run need not be there yet."""
        self._plan = plan
        self._follower: LedgerFollower | None = None

    def request(self, trial: int) -> dict[str, Any]:
        """Return what the advisor is told before trial ``trial``.

        Raises:
            DamagedLedgerError: the ledger cannot be read.
        """
        path = self._plan.output / LEDGER_FILE
        if self._follower is None or self._follower.read_on() is None:
            self._follower = LedgerFollower(path, path.read_bytes())
        events, _ = split_confirmation(self._follower.events)
        histories = trial_histories(events)
        return request_of(self._plan, histories, trial, seconds_used(events))
