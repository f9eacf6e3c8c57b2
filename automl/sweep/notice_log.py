"""What happens to trials, as records of Python's logging: what ``automl.run`` tells by default."""

from __future__ import annotations

import logging

from automl.constants import TrialState
from automl.search.samplers.failures import SamplerFailed
from automl.sweep.notices import (
    ConfirmBegun,
    EpochDone,
    LedgerMended,
    MetricAmbiguous,
    Notice,
    ProposalNotice,
    RefitBegun,
    StartMeasured,
    StudyMadeAnew,
    TrialEnded,
    TrialRetried,
    TrialStarted,
)

LOG = logging.getLogger(__name__)


def log_notice(notice: Notice) -> None:
    """Log a notice: epochs as DEBUG, what goes wrong as WARNING, the rest as INFO."""
    match notice:
        case TrialStarted():
            LOG.info("trial %04d starts (%s): %s", notice.number, notice.source, notice.params)
        case EpochDone():
            LOG.debug("trial %04d epoch %d: %s", notice.number, notice.epoch, notice.kpi)
        case TrialEnded():
            _log_end(notice)
        case TrialRetried():
            why = f"{notice.fault}: {notice.failure}"
            LOG.warning("trial %04d runs again (%s)", notice.number, why)
        case (
            ConfirmBegun() | RefitBegun() | ProposalNotice(warns=False) | StartMeasured(warns=False)
        ):
            LOG.info("%s", notice.words)
        case LedgerMended():
            LOG.warning("the last line of ledger.jsonl was torn, and is cut off")
        case (
            ProposalNotice()
            | MetricAmbiguous()
            | SamplerFailed()
            | StartMeasured()
            | StudyMadeAnew()
        ):
            LOG.warning("%s", notice.words)


def _log_end(end: TrialEnded) -> None:
    if end.state == TrialState.FAILED:
        LOG.warning("trial %04d failed: %s", end.number, end.failure)
        return
    value = "no value" if end.value is None else f"best {end.value:.6g}"
    LOG.info("trial %04d %s, %s, %.1f s", end.number, end.state, value, end.seconds)
