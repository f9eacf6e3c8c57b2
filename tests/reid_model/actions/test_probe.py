"""The trainer's probe: seconds of a real step, memory where there is a GPU, no file anywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.probe import measure

MakeSpec = Callable[..., dict[str, Any]]


def test_a_few_steps_are_timed_and_nothing_is_left(make_spec: MakeSpec, tmp_path: Path) -> None:
    dtype, draws = torch.get_default_dtype(), torch.get_rng_state()
    before = sorted(tmp_path.rglob("*"))
    extras = {"dataset.num_instances": 2, "train.accumulate": 2, "train.ema_decay": 0.9}
    cost = measure(make_spec(**extras))
    assert sorted(tmp_path.rglob("*")) == before
    assert cost["steps_per_epoch"] == 2  # 32 crops, 16 in a batch, 8 in each of its parts
    assert cost["seconds_per_step"] > 0
    assert cost["seconds_fixed"] > 0
    assert torch.get_default_dtype() == dtype
    assert torch.equal(torch.get_rng_state(), draws)
    if not torch.cuda.is_available():
        assert (cost["peak_bytes"], cost["memory_limit"]) == (None, None)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_memory_grows_with_the_batch(make_spec: MakeSpec) -> None:
    peaks = [measure(make_spec(**{"dataset.batch_size": size}))["peak_bytes"] for size in (8, 32)]
    assert 0 < peaks[0] < peaks[1]
