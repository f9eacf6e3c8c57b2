"""Several processes that the first one starts end together, whoever fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import PATIENCE_S

from reid_model.actions.training.ranks import OwnGpuEnvironment

MakeSpec = Callable[..., dict[str, Any]]

# What `re_identification train` does on a machine with two devices, here two CPU processes; the
# second one is killed in its second epoch, as the kernel does when memory is short.
SCRIPT = """
import os, signal, sys, yaml
import reid_model.actions.train as train
from reid_model.actions.training.devices import Devices
from reid_model.module import ReIDModule

train.pick_devices = lambda *args: Devices("cpu", 2, 2, "two processes")
before = ReIDModule.on_train_epoch_start

def on_train_epoch_start(self):
    before(self)
    if self.current_epoch == 1 and self.global_rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)

ReIDModule.on_train_epoch_start = on_train_epoch_start
try:
    train.run(yaml.safe_load(open(sys.argv[1])))
finally:
    print("left behind:", {"LOCAL_RANK", "WORLD_SIZE"} & set(os.environ))
"""


# The second process leaves a second after the first one's work is done.
LINGERING = """
import os, sys, time
from pathlib import Path

if os.environ.get("LOCAL_RANK") == "1":
    time.sleep(float(sys.argv[2]))
    Path(sys.argv[1]).touch()
    sys.exit()
from lightning_fabric.plugins.environments import LightningEnvironment
from reid_model.actions.training import ranks

ranks._PATIENCE_S = 2.0
ranks.RankLauncher(LightningEnvironment(), 2, 1, print).launch(lambda: None)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "left"), [("1", True), ("600", False)])
def test_the_first_process_ends_after_the_others(tmp_path: Path, seconds: str, left: bool) -> None:
    (tmp_path / "script.py").write_text(LINGERING)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "left"), seconds]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    assert (tmp_path / "left").exists() == left


@pytest.mark.slow
def test_a_lost_process_ends_the_run_with_a_failure_record(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    spec = make_spec(**{"dataset.batch_size": 8, "train.num_epochs": 50})
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec))
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "spec.yaml")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert ended.returncode == 1, ended.stderr
    records = [json.loads(line) for line in (tmp_path / "run/status.json").read_text().splitlines()]
    assert [record["status"] for record in records] == ["STARTED", "RUNNING", "FAILURE"]
    assert "TrainingError: process 1 ended with code -9" in records[-1]["message"]
    assert "left behind: set()" in ended.stdout


def test_a_process_that_sees_its_own_gpu_only_is_a_machine_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("RANK", "3"), ("LOCAL_RANK", "3"), ("WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    environment = OwnGpuEnvironment()
    assert (environment.local_rank(), environment.node_rank()) == (0, 3)
    assert (environment.global_rank(), environment.world_size()) == (3, 4)
