"""The ranks of trials on several devices: started once, reused from trial to trial.

They run in the bundles of the trial's placement group, which Tune owns, and belong to the trial's
actor, which Tune reuses (``reuse_actors``): whatever ends that actor ends them. A trial that fails
drops its pool. A trial that a scheduler stops returns at once, since Tune gives it two seconds; the
next trial waits until its ranks have ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ray
from ray.exceptions import RayError
from ray.util.placement_group import get_current_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from automl.errors import TrialError
from automl.sweep.workers.rank_actor import THREADS, Rank
from automl.trial.faults import cause_of_death, oom_kills
from automl.trial.status_record import Report
from automl.trial.worker.rank import RankCall, RankEnd, primary

LEAVE_S: Final = 30.0
ECHO_S: Final = 2.0


@dataclass(frozen=True)
class RankShape:
    """How many ranks a trial has, and the share of its resources that each gets."""

    size: int
    cpus: float
    gpus: float


class RankPool:
    """Processes that have imported one entrypoint and wait for trials.

    Attributes:
        leaving: whether a scheduler stopped the last trial, so that the ranks are fine.
    """

    def __init__(self, reference: str, skill_dir: Path, shape: RankShape) -> None:
        """Start the ranks in this actor's placement group.

        Raises:
            TrialError: one of them died, or cannot import the entrypoint.
        """
        self.made_for = (reference, skill_dir, shape)
        self._ranks = [_start(rank, shape) for rank in range(shape.size)]
        self._runs: list[Any] = []
        self.leaving = False
        gpus = [gpu for found in self._ask("gpus") for gpu in found]
        for rank, cause in enumerate(self._ask("prepare", reference, skill_dir, gpus)):
            if cause is not None:
                raise TrialError(f"rank {rank}: {cause.reason}", cause.fault)

    def ready(self) -> bool:
        """Wait until the ranks have ended the last trial; return whether they can run another."""
        left, late = ray.wait(self._runs, num_returns=len(self._runs), timeout=LEAVE_S)
        try:
            reusable = not late and all(end.is_reusable for end in ray.get(left))
            return reusable and all(port > 0 for port in self._ask("begin"))
        except (RayError, TrialError):
            return False

    def train(self, spec: Mapping[str, Any], report: Report, log: Path) -> None:
        """Run one trial; rank 0's records go to ``report``, and what that raises stops all ranks.

        Raises:
            TrialError: a rank failed or died.
        """
        reference, skill_dir, shape = self.made_for
        self.leaving = False
        port = self._ask("begin")[0]
        call = RankCall(reference, skill_dir, spec, log, shape.size, port)
        kills = oom_kills()
        self._runs = [rank.run.remote(call) for rank in self._ranks]
        failed = self._follow(report, kills)
        if failed is not None and failed.cause is not None:
            words = f"rank {failed.rank} of {shape.size}: {failed.cause.reason}"
            raise TrialError(words, failed.cause.fault)

    def drop(self) -> None:
        """Kill the ranks."""
        for rank in self._ranks:
            with suppress(RayError, ValueError):
                ray.kill(rank)

    def _follow(self, report: Report, kills: int) -> RankEnd | None:
        """Pass records on until every rank has ended; return the failure that ended it, if any."""
        pending = {run: rank for rank, run in enumerate(self._runs)}
        news = self._ranks[0].exchange.remote(None)
        while pending:
            ready, _ = ray.wait([*([news] if news is not None else []), *pending], num_returns=1)
            if ready[0] == news:
                news = self._pass_on(news, report)
                continue
            end = _end(pending.pop(ready[0]), ready[0], kills)
            if end.cause is not None:
                return primary([end, *self._others(pending, kills)])
        return None

    def _pass_on(self, news: Any, report: Report) -> Any:
        """Hand one record on and answer it; return what to wait for next, None at the end."""
        try:
            record = ray.get(news)
        except RayError:
            return None  # rank 0 died, as the result of its run shows
        if record is None:
            return None
        try:
            report(record)
        except BaseException:
            self.leaving = True
            self._ranks[0].exchange.remote(False)
            raise
        return self._ranks[0].exchange.remote(True)

    def _others(self, pending: Mapping[Any, int], kills: int) -> list[RankEnd]:
        """Return how other ranks end within :data:`ECHO_S` of a failure: one may be its cause."""
        deadline, found, left = time.monotonic() + ECHO_S, [], dict(pending)
        while left and (patience := deadline - time.monotonic()) > 0:
            ready, _ = ray.wait(list(left), num_returns=1, timeout=patience)
            found += [_end(left.pop(run), run, kills) for run in ready]
        return found

    def _ask(self, method: str, *arguments: Any) -> list[Any]:
        """Call ``method`` on every rank.

        Raises:
            TrialError: one of them died.
        """
        kills = oom_kills()
        calls = [getattr(rank, method).remote(*arguments) for rank in self._ranks]
        try:
            return list(ray.get(calls))
        except RayError as error:
            cause = _death(error, kills)
            raise TrialError(f"a rank: {cause.reason}", cause.fault) from error


_warm: RankPool | None = None


def call_on_ranks(
    reference: str,
    skill_dir: Path,
    spec: Mapping[str, Any],
    report: Report,
    log: Path,
    *,
    shape: RankShape,
    ready: Callable[[], None],
) -> None:
    """Run the entrypoint on this actor's ranks, as :func:`call_entrypoint` does in its process.

    ``ready`` is called once there are ranks that can begin.

    Raises:
        TrialError: a rank failed or died.
    """
    global _warm
    pool, _warm = _warm, None
    if pool is not None and (pool.made_for != (reference, skill_dir, shape) or not pool.ready()):
        pool.drop()
        pool = None
    pool = pool or RankPool(reference, skill_dir, shape)
    try:
        ready()
        pool.train(spec, report, log)
    except BaseException as error:
        if pool.leaving or isinstance(error, SystemExit):
            _warm = pool
        else:
            pool.drop()
        raise
    _warm = pool


def _start(rank: int, shape: RankShape) -> Any:
    """Start one rank in any of the placement group's bundles, which are alike."""
    where = PlacementGroupSchedulingStrategy(get_current_placement_group(), -1)
    actor = ray.remote(Rank).options(
        num_cpus=shape.cpus,
        num_gpus=shape.gpus,
        max_concurrency=THREADS,
        scheduling_strategy=where,
    )
    return actor.remote(rank)


def _end(rank: int, run: Any, kills: int) -> RankEnd:
    """How a rank's run ended, its death included."""
    try:
        end: RankEnd = ray.get(run)
    except RayError as error:
        return RankEnd(rank, _death(error, kills), time.monotonic(), died=True)
    return end


def _death(error: RayError, kills: int) -> Any:
    text = f"{type(error).__name__}: {error}"
    return cause_of_death(text, host_memory_ran_out=oom_kills() > kills)
