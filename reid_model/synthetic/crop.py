"""One crop: a person in a street, boxed by an imperfect detector, seen by a camera."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from reid_model.synthetic.background import make_strip
from reid_model.synthetic.body.figure import Figure, Placement, draw_figure
from reid_model.synthetic.body.person import Person, make_person
from reid_model.synthetic.body.pose import draw_pose
from reid_model.synthetic.camera import Camera, make_camera
from reid_model.synthetic.geometry import View
from reid_model.synthetic.occluder import draw_occluder
from reid_model.synthetic.streams import Stream, generator

_PASSERS_BY = 10**6  # numbers of people who are in nobody's set
_DETAIL = ((96, 3), (384, 2))  # crop height up to, painted pixels per crop pixel
_OCCLUDED, _ACCOMPANIED, _TIGHT_BOX, _TURNED = 0.12, 0.12, 0.1, 0.15


@dataclass(frozen=True)
class Site:
    """A camera and the street that it watches, painted for crops of one size.

    size: (width, height) of a crop in pixels. detail: painted pixels per crop pixel and axis.
    """

    seed: int
    camera: Camera
    strip: Image.Image
    size: tuple[int, int]
    detail: int

    @property
    def canvas(self) -> tuple[int, int]:
        """Size in which crops are painted before they are scaled down."""
        return self.size[0] * self.detail, self.size[1] * self.detail

    def backdrop(self, rng: np.random.Generator) -> Image.Image:
        """Some window of the street."""
        width, height = self.canvas
        left = int(rng.integers(self.strip.width - width + 1))
        return self.strip.crop((left, 0, left + width, height))

    def photograph(self, scene: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Scale a painted scene to the crop's size and take its picture."""
        return self.camera.expose(scene.reduce(self.detail), rng)


def make_site(seed: int, number: int, size: tuple[int, int]) -> Site:
    """Return the site of camera ``number`` (1, 2, ...) for crops of (width, height) pixels."""
    detail = next((detail for tall, detail in _DETAIL if size[1] <= tall), 1)
    rng = generator(seed, Stream.SITE, number)
    camera = make_camera(rng)
    strip = make_strip(rng, (size[0] * detail, size[1] * detail))
    return Site(seed=seed, camera=camera, strip=strip, size=size, detail=detail)


def person_crop(site: Site, person: Person, walk: float, rng: np.random.Generator) -> Image.Image:
    """Return a picture (RGB) of ``person``, who passes the camera in direction ``walk``."""
    scene = site.backdrop(rng)
    if rng.random() < _ACCOMPANIED:
        _paste(scene, *_passer_by(site, rng))
    placement = _box(rng)
    _shadow(scene, placement)
    _paste(scene, Figure(person, draw_pose(rng), _view(site, walk, rng)), placement)
    if rng.random() < _OCCLUDED:
        draw_occluder(scene, rng)
    return site.photograph(scene, rng)


def junk_crop(site: Site, rng: np.random.Generator) -> Image.Image:
    """Return what a detector boxes by mistake: no one, or a piece of someone."""
    scene = site.backdrop(rng)
    if rng.random() < 0.6:
        figure, _ = _passer_by(site, rng)
        top, left = float(rng.uniform(-1.2, 0.5)), float(rng.uniform(-0.1, 1.1))
        _paste(scene, figure, Placement(scale=float(rng.uniform(1.2, 2.0)), left=left, top=top))
    if rng.random() < 0.5:
        draw_occluder(scene, rng)
    return site.photograph(scene, rng)


def _view(site: Site, walk: float, rng: np.random.Generator) -> View:
    """The side that this moment shows: along the walk, or turned some other way."""
    yaw = site.camera.draw_yaw(rng) if rng.random() < _TURNED else walk + rng.normal(0, 0.25)
    return View(yaw=float(yaw), tilt=site.camera.tilt)


def _box(rng: np.random.Generator) -> Placement:
    """Where a detector's box puts the person: about right, sometimes too tight."""
    tight = rng.random() < _TIGHT_BOX
    scale = float(rng.uniform(1.0, 1.25) if tight else rng.uniform(0.86, 1.0))
    top = float(rng.uniform(-0.04, 0.06) if tight else (1 - scale) * rng.uniform(0.2, 0.8))
    return Placement(scale=scale, left=float(rng.normal(0.5, 0.04)), top=top)


def _passer_by(site: Site, rng: np.random.Generator) -> tuple[Figure, Placement]:
    """Someone else who is partly in the box."""
    person = make_person(site.seed, _PASSERS_BY + int(rng.integers(_PASSERS_BY)))
    figure = Figure(person, draw_pose(rng), View(site.camera.draw_yaw(rng), site.camera.tilt))
    left = float(rng.choice((0.02, 0.98)) + rng.normal(0, 0.05))
    scale = float(rng.uniform(0.6, 0.95))
    return figure, Placement(scale=scale, left=left, top=float(rng.uniform(0, 1 - scale)))


def _paste(scene: Image.Image, figure: Figure, placement: Placement) -> None:
    """Paint a figure onto a scene in place."""
    cutout = draw_figure(figure, placement, scene.size)
    scene.paste(cutout, mask=cutout)


def _shadow(scene: Image.Image, placement: Placement) -> None:
    """Darken the ground under the feet, in place."""
    width, height = scene.size
    foot = (placement.top + placement.scale) * height
    middle, half = placement.left * width, 0.22 * placement.scale * width
    mask = Image.new("L", scene.size)
    box = (middle - half, foot - 0.03 * height, middle + half, foot + 0.02 * height)
    ImageDraw.Draw(mask).ellipse(box, fill=90)
    scene.paste((0, 0, 0), mask=mask)
