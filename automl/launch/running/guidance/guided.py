"""Wraps a study: its next trial may also come from the user, an advisor or other sweeps.

What is proposed goes through the study's own queue, so that its journal, a resume and the sampler
take it for any other trial. A queue that is not empty, as at the start and after a kill, comes
first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automl.constants import TrialSource, TrialState
from automl.errors import InputError
from automl.launch.plan import Plan
from automl.launch.planning.initial_points import check_point
from automl.launch.running.guidance.advisor import Advisor, Answer
from automl.launch.running.guidance.inbox import read_point, waiting_points
from automl.launch.running.guidance.run_history import RunHistory
from automl.search.study import Study
from automl.search.suggestion import Suggestion
from automl.sweep.notices import Listener, ProposalNotice
from automl.sweep.proposer import Proposer
from automl.trial.ledger.events import AdviceEvent, LedgerEvent, StartEvent

if TYPE_CHECKING:
    from automl.launch.running.guidance.prior_points import PriorPoints

KNOWN: Final = "it was tried before, or comes next"
Point = Mapping[str, Any]
RecordAdvice = Callable[[str, Sequence[Point], Sequence[str]], object]


class GuidedProposer:
    """A study and whoever proposes beside its sampler; see :class:`automl.sweep.proposer.Proposer`.

    Attributes:
        record: writes what was proposed, and why it is not tried, into the ledger.
    """

    def __init__(
        self, study: Study, plan: Plan, events: Sequence[LedgerEvent], listener: Listener
    ) -> None:
        """``events``: those of the ledger that belong to the search."""
        self.record: RecordAdvice = lambda source, points, refused: None
        self._study, self._plan, self._listener = study, plan, listener
        self._options = plan.sweep_options.advisor
        self._advisor = Advisor(self._options, plan.output) if self._options else None
        self._history = RunHistory(plan)
        starts = {e.number: e.source for e in events if isinstance(e, StartEvent)}
        self._started = len(starts)
        self._advised = sum(source == TrialSource.ADVISOR for source in starts.values())
        self._points = deque(point for point in _advised(events) if not study.knows(point))
        self._priors = _priors(plan)
        self._news = True  # since the advisor was asked last
        self._told: set[str] = set()
        self._taken: set[Path] = set()

    def ask(self) -> Suggestion | None:
        """Return the next trial: somebody's point, else the sampler's; None where there is none."""
        self._consult()  # while the ledger has all trials that the study knows
        self._collect()
        if not self._study.queued:
            self._queue_point()
        suggestion = self._study.ask()
        if suggestion is not None:
            self._started += 1
            self._advised += suggestion.source == TrialSource.ADVISOR
        return suggestion

    def reject(self, ticket: int) -> None:
        """Note that a suggestion cannot fit into memory."""
        self._started -= 1
        self._study.reject(ticket)

    def tell(self, ticket: int, outcome: TrialState, value: float | None, **more: Any) -> None:
        """Note how a trial ended; the advisor may be asked again."""
        self._study.tell(ticket, outcome, value, **more)
        self._news = True
        self._consult()

    def close(self) -> None:
        """End the advisor, and tell what it and users proposed for which no trial was left."""
        if self._advisor is not None:
            self._advisor.close()
        for points, whose in (
            (self._points, "of the advisor"),
            (waiting_points(self._plan.output), "of automl propose"),
        ):
            if points:
                words = f"points {whose} that no trial has taken: {len(points)}"
                self._listener(ProposalNotice(f"{words}; a run that goes on tries them"))

    def _queue_point(self) -> None:
        """Let the study's next trial be a point of the user's, the advisor's, or other sweeps'."""
        for file in waiting_points(self._plan.output):
            if file not in self._taken and self._take_file(file):
                return
        while self._points and self._may_advise(self._started + 1):
            if self._enqueue(self._points.popleft(), TrialSource.ADVISOR):
                return
        if self._priors is not None:
            point = self._priors.propose(self._study.results, self._started, self._study.knows)
            if point is not None:
                self._study.enqueue(point, TrialSource.PRIOR)

    def _take_file(self, file: Path) -> bool:
        """Queue the point of a file, and return whether it was; the file has no use after that."""
        self._taken.add(file)
        source = TrialSource.ENQUEUED
        try:
            point = self._checked(read_point(file), "the point")
        except ValueError as error:
            self._refuse(source, str(error))
        else:
            if self._enqueue(point, source):
                self.record(source, [point], [])
                self._listener(
                    ProposalNotice(f"the next trial is a point of automl propose: {file.stem}")
                )
                with suppress(OSError):
                    file.unlink()
                return True
        with suppress(OSError):
            file.rename(file.with_suffix(".refused"))
        return False

    def _enqueue(self, point: Point, source: TrialSource) -> bool:
        if self._study.enqueue(point, source):
            return True
        self._refuse(source, KNOWN)
        return False

    def _refuse(self, source: TrialSource, why: str) -> None:
        self.record(source, [], [why])
        self._tell_refused(source, why)

    def _tell_refused(self, source: TrialSource, why: str) -> None:
        """Tell why something is not tried, each reason once."""
        who = "advisor" if source == TrialSource.ADVISOR else "automl propose"
        words = f"{who}: not tried: {why}" if source != TrialSource.ADVISOR else f"{who}: {why}"
        if words not in self._told:
            self._told.add(words)
            self._listener(ProposalNotice(words, warns=True))

    def _checked(self, point: Point, where: str) -> Point:
        """Return the whole configuration of a point.

        Raises:
            ValueError: it cannot be run.
        """
        plan = self._plan
        assert plan.space is not None
        leaves = plan.skill.schema(plan.action).leaves
        try:
            found = check_point(
                point, where, plan.space, plan.spec, leaves, plan.skill.info.shorthand
            )
        except InputError as error:
            raise ValueError(" ".join(str(error).split())) from None
        if unfit := plan.costs.unfit(found):
            raise ValueError(f"{where}: {unfit}")
        return found

    def _may_advise(self, trials: int) -> bool:
        return self._options is not None and self._options.allows(self._advised, trials)

    def _consult(self) -> None:
        """Ask the advisor, if there is news and one of the next two trials may be its own.

        It answers while trials run: the sweep never waits for it.
        """
        self._collect()
        advisor, most = self._advisor, self._plan.trials
        if advisor is None or advisor.busy or self._points or not self._news:
            return
        ahead = self._started + 2
        if most is not None and self._started >= most:
            return
        if self._may_advise(ahead if most is None else min(ahead, most)):
            self._news = False
            trial = self._started
            advisor.ask(lambda: self._history.request(trial))

    def _collect(self) -> None:
        """Take the advisor's answer, if there is one: each point is checked and recorded."""
        answer = self._advisor.collect() if self._advisor else None
        if answer is None:
            return
        points, refused = self._sorted(answer)
        if points or refused:
            self.record(TrialSource.ADVISOR, points, refused)
        for why in refused:
            self._tell_refused(TrialSource.ADVISOR, why)
        self._points.extend(points)

    def _sorted(self, answer: Answer) -> tuple[list[Point], list[str]]:
        """The points that can be tried, and why others are not."""
        points: list[Point] = []
        refused = [answer.failure] if answer.failure else []
        for number, given in enumerate(answer.points, start=1):
            try:
                point = self._checked(given, f"point {number} of its answer")
            except ValueError as error:
                refused.append(str(error))
                continue
            if self._study.knows(point):
                refused.append(f"point {number} of its answer: {KNOWN}")
            else:
                points.append(point)
        return points, refused

    @property
    def waits(self) -> bool:
        """Whether the next trial must wait for others."""
        return self._study.waits

    @property
    def needed(self) -> frozenset[int]:
        """The trials from whose checkpoints others may still continue."""
        return self._study.needed

    @property
    def reported(self) -> frozenset[int]:
        """The tickets of all trials that reported a metric."""
        return self._study.reported

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Note an epoch's metric."""
        self._study.report(ticket, epoch, value)

    def is_over(self, ticket: int) -> bool:
        """Return whether a trial's end is known already."""
        return self._study.is_over(ticket)

    def resume(self, tickets: Collection[int]) -> None:
        """Clear up what a dead driver left running, but for ``tickets``, which run again."""
        self._study.resume(tickets)


def _priors(plan: Plan) -> PriorPoints | None:
    if not plan.sweep_options.weighed:
        return None
    from automl.launch.running.guidance.prior_points import stored_priors  # loads SciPy: a second

    return stored_priors(plan)


def _advised(events: Sequence[LedgerEvent]) -> list[Point]:
    """The advisor's points that earlier sessions were to try."""
    said = [e for e in events if isinstance(e, AdviceEvent) and e.source == TrialSource.ADVISOR]
    return [point for event in said for point in event.points]


@contextmanager
def closed_advice(proposer: Proposer) -> Iterator[None]:
    """End what advises a proposer at the end of the block; nothing where nobody does."""
    try:
        yield
    finally:
        if isinstance(proposer, GuidedProposer):
            proposer.close()
