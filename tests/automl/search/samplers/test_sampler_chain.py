"""A sampler that fails, wherever it does, costs its suggestion and never the sweep."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler, RandomSampler

from automl.search.algorithm import ALGORITHMS
from automl.search.journal import JournalError, SweepJournal
from automl.search.samplers.factory import SAMPLERS, DrawContext
from automl.search.samplers.failures import SamplerFailed
from automl.search.study import Study
from automl.space import Float, Integer, Space

PARAMETERS = (
    Float(name="lr", low=0.0, high=1.0, default=0.5),
    Integer(name="steps", low=1, high=100, default=10),
)
BASE = {"lr": 0.5, "steps": 10}
PLACES = ("infer_relative_search_space", "sample_relative", "sample_independent")


class _Failing(RandomSampler):  # type: ignore[misc]
    """Draws ``lr`` together with others, and fails at one place."""

    def __init__(
        self, context: DrawContext, place: str, error: Callable[[], BaseException]
    ) -> None:
        super().__init__(seed=context.mixed)
        self._fails(place, error)

    def _fails(self, place: str, error: Callable[[], BaseException]) -> None:
        def fail(*arguments: Any) -> Any:
            raise error()

        setattr(self, place, fail)

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, Any]:
        return {"lr": optuna.distributions.FloatDistribution(0.0, 1.0)}

    def sample_relative(self, study: optuna.Study, trial: Any, search_space: Any) -> dict[str, Any]:
        return {"lr": self._rng.rng.uniform()}


class _Senseless(RandomSampler):  # type: ignore[misc]
    def sample_independent(self, *arguments: Any) -> Any:
        return float("nan")


def _failing(
    place: str, error: Callable[[], BaseException] = lambda: ValueError("Bracketing values\nxa=0")
) -> Callable[[DrawContext], BaseSampler]:
    return lambda context: _Failing(context, place, error)


def _unmade(context: DrawContext) -> BaseSampler:
    raise ImportError("no torch")


WAYS: dict[str, Callable[[DrawContext], BaseSampler]] = {
    **{place: _failing(place) for place in PLACES},
    "its making": _unmade,
    "a value that is none": lambda context: _Senseless(seed=context.mixed),
}


def _study(folder: Path, algorithm: str, heard: list[SamplerFailed]) -> Study:
    folder.mkdir(exist_ok=True)
    return Study(
        folder / "study.journal", space=Space(parameters=PARAMETERS), base=BASE,
        algorithm=algorithm, direction="maximize", seed=1, listener=heard.append,
    )  # fmt: skip


def _run(study: Study, count: int) -> list[dict[str, Any]]:
    drawn = []
    for _ in range(count):
        suggestion = study.ask()
        assert suggestion is not None
        study.tell(suggestion.ticket, "finished", suggestion.values["lr"])
        drawn.append(suggestion.values)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_the_next_one_proposes_and_a_resume_behaves_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    monkeypatch.setitem(SAMPLERS, "gp", WAYS[way])  # type: ignore[misc]
    caplog.set_level(logging.DEBUG, "automl.search")
    heard: list[SamplerFailed] = []
    whole = _run(_study(tmp_path / "a", "gp", heard), 8)
    assert [(each.sampler, each.instead) for each in heard] == [("gp", "tpe")]
    assert len(caplog.records) == 8
    assert all(record.exc_info for record in caplog.records)
    assert len({str(values) for values in whole}) == 8
    again = []
    for _ in range(4):
        study = _study(tmp_path / "b", "gp", heard)
        study.resume(())
        again += _run(study, 2)
    assert again == whole


def test_without_tpe_chance_proposes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gp", "tpe"):
        monkeypatch.setitem(SAMPLERS, name, WAYS["sample_relative"])  # type: ignore[misc]
    heard: list[SamplerFailed] = []
    assert len(_run(_study(tmp_path, "gp", heard), 3)) == 3
    assert [each.words for each in heard] == [
        "sampler gp failed (ValueError: Bracketing values): tpe proposes instead",
        "sampler tpe failed (ValueError: Bracketing values): random proposes instead",
    ]


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "random"])
def test_every_algorithm_has_one_that_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    turn = "bayes" if algorithm == "portfolio" else algorithm
    monkeypatch.setitem(SAMPLERS, turn, _unmade)  # type: ignore[misc]
    heard: list[SamplerFailed] = []
    study = Study(
        tmp_path / "study.journal", space=Space(parameters=PARAMETERS[1:]), base=BASE,
        algorithm=algorithm, direction="maximize", seed=1, listener=heard.append,
    )  # fmt: skip
    study.enqueue({"steps": 7}, "enqueued")
    drawn = [study.ask() for _ in range(3)]
    assert [each is not None for each in drawn] == [True] * 3
    assert drawn[0] is not None
    assert drawn[0].values == {"steps": 7}
    assert [each.sampler for each in heard] == ([algorithm] if algorithm != "grid" else [])


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_is_no_failure_of_a_sampler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    monkeypatch.setitem(SAMPLERS, "gp", _failing("sample_independent", error))  # type: ignore[misc]
    heard: list[SamplerFailed] = []
    with pytest.raises(error):
        _study(tmp_path, "gp", heard).ask()
    assert not heard


def test_a_full_disk_is_no_failure_of_a_sampler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sampler that writes into the journal does not go on behind half an entry."""
    heard: list[SamplerFailed] = []
    study = _study(tmp_path, "tpe", heard)
    _run(study, 6)

    def full(journal: SweepJournal, logs: Any) -> None:
        if any("tpe:relative_params" in str(log) for log in logs):
            raise JournalError(28, "No space left on device", "study.journal")
        write(journal, logs)

    write = SweepJournal.append_logs
    monkeypatch.setattr(SweepJournal, "append_logs", full)
    with pytest.raises(JournalError):
        study.ask()
    assert not heard
