"""A direct run records the GPUs that it worked on."""

from pathlib import Path

import pytest

import automl
from automl.launch.running import direct
from automl.sweep.cluster.resources import Capacity, Node


@pytest.mark.parametrize(("isolate", "gpus"), [(False, 3), (True, 1)])
def test_the_gpus_of_a_direct_run(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    isolate: bool,
    gpus: int,
) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace('command: "false"', 'command: "true"'))
    monkeypatch.setattr(direct, "gpus_used", lambda: 3)
    here = Capacity((Node("here", {"CPU": 2.0, "GPU": 2.0}),))
    monkeypatch.setattr(direct, "this_machine", lambda: here)
    result = automl.run(
        skill_dir=bowl, data=data, output=tmp_path / "run", policy="off", isolate=isolate
    )
    assert list(result.trials["gpu_count"]) == [gpus]
