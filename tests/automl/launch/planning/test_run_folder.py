"""Where a run lives, and what cannot be."""

from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.launch.planning.run_folder import check_place, output_of
from automl.launch.request import RunRequest

URL = "s3://bucket/runs"


def test_a_path_is_where_the_runs_folder_lies() -> None:
    new = Path("runs/skill-1")
    assert output_of("/nfs/sweeps", new) == Path("/nfs/sweeps/skill-1")
    assert output_of(URL, new) == output_of(None, new) == new


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"storage": "/nfs", "output": Path("/x")}, "give one"),
        ({"storage": "s3://me:pass-word@b/x"}, "--storage 's3://\\*\\*\\*@b/x' holds a password"),
        ({"storage": URL, "confirm": 1}, "--confirm works on the checkpoints of several"),
        ({"storage": URL, "algorithm": "pbt"}, "--algorithm pbt works on"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_place(RunRequest(**options))


@pytest.mark.parametrize(
    "options", [{}, {"storage": URL, "output": Path("x")}, {"storage": "/nfs"}]
)
def test_what_can_be(options: dict[str, Any]) -> None:
    check_place(RunRequest(**options))
