"""The plan warns of a machine that has less than the skill says it needs."""

from pathlib import Path

import pytest

from automl.errors import SkillError
from automl.launch.planning.hardware import hardware_notes, local_hardware_notes
from automl.skill import Hardware, load_skill, packaged_skill_dir
from automl.skill.info_file import read_info

NEEDS = Hardware(gpus=1, recommended_gpus=2, gpu_memory_gb=16, note="large batches help")


@pytest.mark.parametrize(
    ("gpus", "memories", "words"),
    [
        (0, (), "this machine has no GPUs; the skill needs 1 GPU, recommends 2 of 16 GB each"),
        (1, (24.0,), "this machine has 1 GPU;"),
        (2, (24.0, 8.0), "a GPU here has 8 GB;"),
        (1, (8.0,), "this machine has 1 GPU and a GPU here has 8 GB;"),
    ],
)
def test_what_is_missing_is_said(gpus: int, memories: tuple[float, ...], words: str) -> None:
    (note,) = hardware_notes(NEEDS, gpus, memories)
    assert note.startswith("WARNING: ")
    assert words in note
    assert note.endswith("(large batches help)")


def test_nothing_is_said_where_it_is_enough_or_nothing_was_asked_for() -> None:
    assert hardware_notes(NEEDS, 2, (15.9, 80.0)) == ()
    assert hardware_notes(NEEDS, 2, ()) == ()
    assert local_hardware_notes(Hardware()) == ()


def test_the_packaged_skill_says_what_it_needs() -> None:
    hardware = load_skill(packaged_skill_dir()).info.hardware
    assert (hardware.gpus, hardware.recommended_gpus, hardware.gpu_memory_gb) == (1, 2, 16.0)


def test_an_amount_that_is_no_number_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "skill_info.yaml"
    file.write_text("name: a\nhardware: {gpus: two}\n")
    with pytest.raises(SkillError, match="hardware.gpus: must be a number, zero or more, is 'two'"):
        read_info(file)
