"""What Tune's callbacks leave behind of a trial that ended."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from ray.tune.trainable.metadata import _TrainingRunMetadata

from automl.sweep.callbacks import RecordingCallback
from automl.sweep.workers.actor import NUMBER
from automl.trial.timeouts import Limits, TimeoutWatch


@pytest.mark.parametrize("end", ["on_trial_complete", "on_trial_error"])
def test_averages_of_an_ended_trial_are_dropped(end: str) -> None:
    metadata: Any = _TrainingRunMetadata()
    metadata.update_metric("score", 0.5)
    assert metadata.metric_analysis
    assert metadata.metric_n_steps
    trial = SimpleNamespace(
        config={NUMBER: 0}, run_metadata=metadata, last_result={"done": True}, error_file=None
    )
    recorder = Mock()
    getattr(RecordingCallback(recorder, TimeoutWatch(Limits())), end)(0, [], trial)
    assert not metadata.metric_analysis
    assert not metadata.metric_n_steps
    recorder.end.assert_called_once()
