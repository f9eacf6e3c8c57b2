"""The disk that checkpoints need: said in the plan, refused where it isn't there, watched later."""

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.launch.running.capacity import check_disk, disk_need
from automl.trial.files.disk import CheckpointSize, DiskWatch, checkpoint_size_from, in_words

MIB = 2**20
SAYS = """

def check(spec):
    return ["crops", {"checkpoint_bytes": 3 * 2**20, "checkpoints_per_trial": 2}]
"""


@pytest.fixture
def talkative(bowl: Path) -> Path:
    """The bowl, which says how large its checkpoints are."""
    trainer = bowl / "bowl_trainer.py"
    (bowl / "talkative_bowl.py").write_text(trainer.read_text() + SAYS)
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:check", "talkative_bowl:check"))
    return bowl


@pytest.fixture
def plan(talkative: Path, data: Path, tmp_path: Path) -> Any:
    def made(**options: Any) -> Plan:
        output = tmp_path / "run"
        request = RunRequest(skill_dir=talkative, data=str(data), output=output, **options)
        return make_plan(request)

    return made


@pytest.mark.parametrize(
    ("options", "trials_worth"),
    [
        ({}, 1 + 4),
        ({"keep_best": 3}, 3 + 4),
        ({"keep_best": 30, "trials": 6}, 6 + 4),
        ({"keep_checkpoints": "none"}, 4),
        ({"keep_checkpoints": "all", "trials": 12}, 12 + 4),
        ({"keep_checkpoints": "all", "time_budget_s": 60.0}, 4),
    ],
)
def test_kept_and_running_trials_count(
    plan: Any, options: dict[str, Any], trials_worth: int
) -> None:
    need = disk_need(plan(**options), 4)
    assert need.needed == trials_worth * 2 * 3 * MIB


def test_a_disk_that_is_too_small_is_refused_with_nothing_written(
    plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    made = plan()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(29 * MIB))
    words = "too small: up to 30.0 MiB for checkpoints .1 kept and 4 running; 2 of 3.0 MiB a trial"
    with pytest.raises(InputError, match=words):
        check_disk(made, 4)
    assert check_disk(made, 3).needed == 24 * MIB
    assert not made.output.exists()


def test_the_review_says_it(
    talkative: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", "--skill-dir", str(talkative), "--data", str(data), "--plan"]
    arguments += ["--output", str(tmp_path / "run"), "--max-concurrent", "1"]
    assert run_command_line(arguments) == 0
    assert (
        "\ndisk       up to 12.0 MiB for checkpoints (1 kept and 1 run" in capsys.readouterr().out
    )
    assert run_command_line([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["review"]["disk"]["needed"] == 12 * MIB
    assert document["checkpoints"] == {"bytes": 3 * MIB, "per_trial": 2}


def test_a_skill_that_says_nothing(bowl: Path, data: Path, tmp_path: Path) -> None:
    request = RunRequest(skill_dir=bowl, data=str(data), output=tmp_path / "run")
    need = check_disk(make_plan(request), 2)
    assert need.needed is None
    assert need.reason.startswith("unknown: the skill does not say how large a checkpoint is")


@pytest.mark.parametrize(
    ("fact", "size"),
    [
        ({"checkpoint_bytes": 5}, CheckpointSize(5)),
        ({"checkpoint_bytes": 5, "checkpoints_per_trial": 3}, CheckpointSize(5, 3)),
        ({"checkpoint_bytes": 0}, None),
        ({"checkpoint_bytes": "5"}, None),
        ({"images": 5}, None),
    ],
)
def test_what_a_skill_may_say(fact: dict[str, Any], size: CheckpointSize | None) -> None:
    assert checkpoint_size_from(fact) == size


def test_what_trials_left_is_what_the_next_will_leave(tmp_path: Path) -> None:
    free = 100
    watch = DiskWatch(tmp_path, lambda path: free)
    for number, size in enumerate((60, 40)):
        trial = tmp_path / str(number) / "train"
        trial.mkdir(parents=True)
        (trial / "model_epoch_001.pth").write_bytes(b"w" * size)
        (trial / "latest.pth").symlink_to("model_epoch_001.pth")
        (trial / "log.txt").write_bytes(b"l" * 500)
        watch.ended(trial.parent)
    assert watch.shortage() == ""
    free = 59
    assert "a trial leaves 60 bytes of checkpoints, 59 bytes are free" in watch.shortage()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_ends_before_the_disk_is_full(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiskWatch.__init__, "__defaults__", (lambda path: 1,))
    result = automl.run(
        skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=9, max_concurrent=1
    )
    assert result.status == "failed"
    assert "is nearly full: a trial leaves" in result.message
    assert list(result.trials["state"]) == ["finished"]


def test_bytes_in_words() -> None:
    assert [in_words(n) for n in (5, 2048, 3 * MIB, 2**31)] == [
        "5 bytes", "2.0 KiB", "3.0 MiB", "2.0 GiB",
    ]  # fmt: skip
