"""Room on the disk is checked before anything is drawn."""

from pathlib import Path

import pytest

from reid_model.errors import DataError
from reid_model.synthetic import make_data
from reid_model.synthetic.request import Request, check_room


def test_a_full_disk_is_noticed_beforehand(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="MiB are free; free some room"):
        check_room(tmp_path / "not" / "there", needed=2**62)
    assert list(tmp_path.iterdir()) == []


def test_the_guess_of_the_room_is_generous_but_not_wild(tmp_path: Path) -> None:
    request = Request(ids=4, cameras=2, images_per_camera=2, height=64, width=32, seed=0)
    summary = make_data(
        tmp_path / "out", ids=4, cameras=2, images_per_camera=2, height=64, width=32, seed=0
    )
    written = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.jpg"))
    guess = request.bytes_needed(sum(split.images for split in summary.splits))
    assert written <= guess <= 4 * written
