"""Drawn bodies: what belongs to the identity shows, and each side shows something else."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reid_model.synthetic.body.figure import Figure, Placement, draw_figure
from reid_model.synthetic.body.person import Bag, Hair, Hat, Lower, Pattern, Person, Upper
from reid_model.synthetic.body.pose import Pose
from reid_model.synthetic.geometry import View
from reid_model.synthetic.palette import CLOTH

SIZE = (96, 192)
PLACE = Placement(scale=0.9, left=0.5, top=0.05)
STANDING = Pose(phase=0.0, stride=0.1)
FRONT, BACK, LEFT = 0.0, math.pi, math.pi / 2
PLAIN = Person(
    top=CLOTH[4],
    bottom=CLOTH[3],
    accent=CLOTH[1],
    upper=Upper.SHIRT,
    lower=Lower.TROUSERS,
    pattern=Pattern.PLAIN,
    hair=Hair.SHORT,
    hair_colour=(28, 22, 20),
    hat=Hat.NONE,
    bag=Bag.NONE,
    side=1,
    skin=(208, 160, 126),
    shoes=(30, 28, 30),
    build=1.0,
    waist=0.47,
)


def draw(person: Person, yaw: float = FRONT, pose: Pose = STANDING) -> npt.NDArray[np.int64]:
    """The figure over mid grey, (H, W, 3)."""
    picture = Image.new("RGB", SIZE, (128, 128, 128))
    cutout = draw_figure(Figure(person, pose, View(yaw, tilt=0.1)), PLACE, SIZE)
    picture.paste(cutout, mask=cutout)
    return np.asarray(picture, dtype=np.int64)


def changed(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Share of the pixels that differ clearly."""
    return float((np.abs(one - other).max(axis=2) > 20).mean())


def nearness(picture: npt.NDArray[np.int64], colour: tuple[int, int, int]) -> float:
    """Share of the pixels that have about this colour."""
    return float((np.abs(picture - np.array(colour)).max(axis=2) < 24).mean())


@pytest.mark.parametrize("yaw", [FRONT, BACK, LEFT])
@pytest.mark.parametrize(
    "change",
    [
        {"top": CLOTH[5]},
        {"bottom": CLOTH[5]},
        {"upper": Upper.COAT},
        {"upper": Upper.DRESS},
        {"upper": Upper.TSHIRT},
        {"lower": Lower.SHORTS},
        {"lower": Lower.SKIRT},
        {"lower": Lower.LONG_SKIRT},
        {"lower": Lower.WIDE},
        {"pattern": Pattern.STRIPES_ACROSS},
        {"pattern": Pattern.STRIPES_DOWN},
        {"pattern": Pattern.CHECKS},
        {"pattern": Pattern.DOTS},
        {"pattern": Pattern.BAND},
        {"hair_colour": (190, 152, 92)},
        {"hat": Hat.BEANIE},
        {"build": 1.2},
    ],
)
def test_an_attribute_shows_from_every_side(change: dict[str, object], yaw: float) -> None:
    assert changed(draw(PLAIN, yaw), draw(replace(PLAIN, **change), yaw)) > 0.002  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "seen", "hidden"),
    [
        ({"pattern": Pattern.LOGO}, FRONT, BACK),
        ({"hair": Hair.LONG}, BACK, None),
        ({"hair": Hair.TAIL}, BACK, None),
        ({"bag": Bag.SHOULDER, "side": 1}, -LEFT, None),
        ({"bag": Bag.HAND}, FRONT, None),
        ({"hat": Hat.CAP}, FRONT, None),
    ],
)
def test_some_attributes_show_from_some_sides_only(
    change: dict[str, object], seen: float, hidden: float | None
) -> None:
    other = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert changed(draw(PLAIN, seen), draw(other, seen)) > 0.002
    if hidden is not None:
        assert changed(draw(PLAIN, hidden), draw(other, hidden)) == 0


def test_a_backpack_is_large_from_behind_and_straps_from_the_front() -> None:
    carrier = replace(PLAIN, bag=Bag.BACKPACK)
    behind, before = (nearness(draw(carrier, yaw), PLAIN.accent) for yaw in (BACK, FRONT))
    assert behind > 2 * before
    assert 0.002 < changed(draw(PLAIN), draw(carrier)) < 0.1


def test_a_face_is_seen_from_the_front_only() -> None:
    front, back = (nearness(draw(PLAIN, yaw)[:40], PLAIN.skin) for yaw in (FRONT, BACK))
    assert front > 3 * back


def test_a_side_view_is_narrower() -> None:
    widths = [
        np.ptp(np.flatnonzero((draw(PLAIN, yaw) != 128).any(axis=(0, 2)))) for yaw in (0, LEFT)
    ]
    assert widths[1] < widths[0]


def test_legs_part_in_a_step() -> None:
    still, step = (draw(PLAIN, LEFT, Pose(math.pi / 2, stride)) for stride in (0.05, 0.55))
    spread = [
        np.ptp(np.flatnonzero((picture[150:] != 128).any(axis=(0, 2)))) for picture in (still, step)
    ]
    assert spread[1] > 1.5 * spread[0]


def test_swapped_colours_have_nearly_the_same_histogram_but_not_the_same_picture() -> None:
    swapped = replace(PLAIN, top=PLAIN.bottom, bottom=PLAIN.top)
    for colour in (PLAIN.top, PLAIN.bottom):
        shares = [nearness(draw(person), colour) for person in (PLAIN, swapped)]
        assert max(shares) < 2.5 * min(shares)
    assert changed(draw(PLAIN), draw(swapped)) > 0.1
