"""Plans the pictures of a data set and their file names.

The plan is pure: it draws nothing and writes nothing. Names follow Market-1501,
``<pid>_c<camera>s<sequence>_<frame>_<box>.jpg``; pid -1 is junk, pid 0 a distractor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from reid_model.synthetic.request import Request
from reid_model.synthetic.streams import Stream, generator

JUNK, DISTRACTOR = -1, 0
TRAIN, TEST, QUERY = "sample_train", "sample_test", "sample_query"
SPLITS = (TRAIN, TEST, QUERY)

_FRAMES_BETWEEN = 25  # of one person in one camera: a second of video
_GALLERY_PER_DISTRACTOR, _GALLERY_PER_JUNK = 5, 10


@dataclass(frozen=True)
class Shot:
    """One picture to be made.

    person: number of the identity to draw, None for junk.
    take: number of the picture among those of this person (or of junk) in this camera.
    """

    split: str
    pid: int
    person: int | None
    camera: int
    take: int
    name: str


def plan_shots(request: Request) -> tuple[Shot, ...]:
    """Return all pictures of a data set, sorted by split and name."""
    shots = [*_identities(request)]
    gallery = sum(shot.split == TEST for shot in shots)
    shots += _distractors(request, -(-gallery // _GALLERY_PER_DISTRACTOR))
    shots += _junk(request, -(-gallery // _GALLERY_PER_JUNK))
    return tuple(sorted(shots, key=lambda shot: (SPLITS.index(shot.split), shot.name)))


def _identities(request: Request) -> Iterator[Shot]:
    """Every identity in every camera: even pids to train on, odd ones to test on."""
    population = generator(request.seed, Stream.POPULATION).permutation(request.ids)
    tracks = product(enumerate(population.tolist(), start=1), range(1, request.cameras + 1))
    for (pid, person), camera in tracks:
        first_frame, query = _track(request, person, camera)
        for take in range(request.images_per_camera):
            frame = first_frame + take * _FRAMES_BETWEEN
            split = TRAIN if pid % 2 == 0 else QUERY if take == query else TEST
            yield Shot(split, pid, person, camera, take, _name(pid, camera, frame))


def _track(request: Request, person: int, camera: int) -> tuple[int, int]:
    """Frame at which a person enters a camera, and which of the takes is the query."""
    rng = generator(request.seed, Stream.TRACK, person, camera)
    return int(rng.integers(1, 90_000)), int(rng.integers(request.images_per_camera))


def _distractors(request: Request, count: int) -> Iterator[Shot]:
    """People in the gallery whom no query looks for, each seen in one camera."""
    for number in range(count):
        camera = number % request.cameras + 1
        name = _name(DISTRACTOR, camera, 1 + number * _FRAMES_BETWEEN)
        yield Shot(TEST, DISTRACTOR, request.ids + number, camera, 0, name)


def _junk(request: Request, count: int) -> Iterator[Shot]:
    """False detections, which an evaluation must not count."""
    for number in range(count):
        camera = number % request.cameras + 1
        name = _name(JUNK, camera, 1 + number * _FRAMES_BETWEEN)
        yield Shot(TEST, JUNK, None, camera, number, name)


def _name(pid: int, camera: int, frame: int) -> str:
    """File name in the way of Market-1501."""
    label = "-1" if pid == JUNK else f"{pid:04d}"
    return f"{label}_c{camera}s1_{frame:06d}_01.jpg"
