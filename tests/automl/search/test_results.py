"""What a study says of its own trials that are over, for those who propose beside its sampler."""

import math
from pathlib import Path

import pytest

from automl.constants import Fault, TrialState
from automl.search.study import Study
from automl.space import Float, Space

SPACE = Space(parameters=(Float(name="lr", low=1e-4, high=1.0, log=True, default=0.1),))
BASE = {"lr": 0.1}


@pytest.mark.parametrize(("direction", "sign"), [("minimize", 1.0), ("maximize", -1.0)])
def test_finished_stopped_and_diverged_trials_count_and_those_of_other_sweeps_do_not(
    tmp_path: Path, direction: str, sign: float
) -> None:
    study = Study(
        tmp_path / "study.journal", space=SPACE, base=BASE, algorithm="random",
        direction=direction, seed=0, durable=False,
    )  # fmt: skip
    study.add_known("other#0", {"lr": 0.5}, 7.0)
    ends = [TrialState.FINISHED] * 3 + [TrialState.STOPPED, TrialState.FAILED, TrialState.FAILED]
    faults = ["", "", "", "", Fault.NAN, Fault.BUG]
    asked = []
    for place, (end, fault) in enumerate(zip(ends, faults, strict=True)):
        suggestion = study.ask()
        assert suggestion is not None
        asked.append(suggestion.values)
        for epoch in range(1, 5 if end is TrialState.FINISHED else 3):
            study.report(suggestion.ticket, epoch, sign * (place + 1.0) / epoch)
        value = sign * (place + 1.0) / 4 if end is TrialState.FINISHED else None
        study.tell(suggestion.ticket, end, value, fault=fault)
    assert study.ask() is not None  # one that still runs
    found = study.results
    assert [values for values, _ in found] == asked[:5]
    assert [value for _, value in found[:3]] == [0.25, 0.5, 0.75]
    assert found[3][1] > 0.5  # it was the worst of all at the epoch at which it was stopped
    assert found[4][1] == math.inf
