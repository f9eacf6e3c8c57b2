"""Crops: any size works, cameras differ, and who is in the picture matters."""

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from reid_model.synthetic.body.person import make_person
from reid_model.synthetic.crop import junk_crop, make_site, person_crop
from reid_model.synthetic.streams import Stream, generator


def pixels(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    camera=st.integers(1, 9),
    height=st.integers(16, 300),
    width=st.integers(8, 200),
)
def test_crops_have_the_size_whatever_it_is(
    seed: int, camera: int, height: int, width: int
) -> None:
    site = make_site(seed, camera, (width, height))
    rng = generator(seed, Stream.IMAGE, 0)
    for image in (person_crop(site, make_person(seed, 0), 0.3, rng), junk_crop(site, rng)):
        assert (image.size, image.mode) == ((width, height), "RGB")
        assert pixels(image).std() > 1


def test_a_crop_depends_on_its_generator_alone() -> None:
    person, size = make_person(3, 1), (32, 64)
    first, again = (
        person_crop(make_site(3, 1, size), person, 0.0, generator(3, Stream.IMAGE, 1, 1, 0))
        for _ in range(2)
    )
    other = person_crop(make_site(3, 1, size), person, 0.0, generator(3, Stream.IMAGE, 1, 1, 1))
    assert ImageChops.difference(first, again).getbbox() is None
    assert ImageChops.difference(first, other).getbbox() is not None


def test_cameras_have_looks_of_their_own() -> None:
    """Average pictures of the same people differ more between cameras than within one."""
    size, people = (16, 32), [make_person(0, number) for number in range(30)]

    def average(camera: int, take: int) -> npt.NDArray[np.float64]:
        site = make_site(0, camera, size)
        crops = (
            person_crop(site, person, 0.0, generator(0, Stream.IMAGE, number, camera, take))
            for number, person in enumerate(people)
        )
        return np.asarray(np.mean([pixels(crop) for crop in crops], axis=0))

    within = np.abs(average(1, 0) - average(1, 1)).mean()
    between = [np.abs(average(1, 0) - average(camera, 0)).mean() for camera in (2, 3, 4)]
    assert min(between) > 1.5 * within


def test_directions_follow_the_bias_of_the_camera() -> None:
    camera = make_site(0, 1, (16, 32)).camera
    rng = np.random.default_rng(0)
    yaws = np.array([camera.draw_yaw(rng) for _ in range(2000)])
    share = np.bincount(np.round(yaws / (np.pi / 2)).astype(int) % 4, minlength=4) / len(yaws)
    assert np.abs(share - camera.directions).max() < 0.05
