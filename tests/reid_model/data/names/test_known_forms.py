"""Person and camera come from the crop's own name."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pytest

from reid_model.data.names.known_forms import identity_of


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("gallery/0002_c1s1_000451_03.jpg", (2, 1)),
        ("gallery/-1_c3s2_000451_03.jpg", (-1, 3)),
        ("gallery/0000_c6s4_000451_03.jpg", (0, 6)),
        ("gallery/0001_c2_f0046182.jpg", (1, 2)),
        ("gallery/1501_c12s1_1.png", (1501, 12)),
        ("test/0000_001_15_0303morning_0015_0.jpg", (0, 15)),
        ("run7_c3/0042_c5s1_000001_00.jpg", (42, 5)),
        ("0042/c5s1_000001_00.jpg", (42, 5)),
        ("0099_c9/0042_c5.jpg", (42, 5)),
        ("gallery/0042_cam5_0001.jpg", (42, 5)),
        ("gallery/-1_camera-5_0001.jpg", (-1, 5)),
        ("person 0042/cam5_001.jpg", (42, 5)),
        ("id-42/Camera_5.png", (42, 5)),
        ("-1/C5_001.jpg", (-1, 5)),
        ("0001/0001C1T0002F003.jpg", (1, 1, "0002")),
        ("00-1/00-1C6T0001F001.jpg", (-1, 6, "0001")),
        ("0000/0000C2T0013F004.jpg", (0, 2, "0013")),
    ],
)
def test_known_forms(path: str, identity: tuple[Any, ...]) -> None:
    assert identity_of(PurePath(path)) == (*identity, "")[:3]


@pytest.mark.parametrize(
    "path",
    [
        "run7_c3/portrait.jpg",
        "people/c5s1_000001_00.jpg",
        "a/x0002_c1.jpg",
        "7/7.jpg",
        "anna/cam1_1.jpg",
        "7/cat5.jpg",
    ],
)
def test_other_names_have_no_identity(path: str) -> None:
    assert identity_of(PurePath(path)) is None
