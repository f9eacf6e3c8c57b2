"""From a planned shot to the bytes of its JPEG."""

from functools import cached_property
from io import BytesIO

from PIL import Image

from reid_model.synthetic.body.person import make_person
from reid_model.synthetic.crop import Site, junk_crop, make_site, person_crop
from reid_model.synthetic.request import Request
from reid_model.synthetic.shot import Shot
from reid_model.synthetic.streams import Stream, generator


class Studio:
    """The cameras of one data set, set up once."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @cached_property
    def _sites(self) -> dict[int, Site]:
        seed, size = self._request.seed, self._request.size
        return {
            number: make_site(seed, number, size) for number in range(1, self._request.cameras + 1)
        }

    def jpeg(self, shot: Shot) -> bytes:
        """Render a shot and encode it as its camera would."""
        buffer = BytesIO()
        quality = self._sites[shot.camera].camera.quality
        self._render(shot).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        return buffer.getvalue()

    def _render(self, shot: Shot) -> Image.Image:
        seed, site = self._request.seed, self._sites[shot.camera]
        if shot.person is None:
            return junk_crop(site, generator(seed, Stream.JUNK, shot.camera, shot.take))
        walk = site.camera.draw_yaw(generator(seed, Stream.WALK, shot.person, shot.camera))
        rng = generator(seed, Stream.IMAGE, shot.person, shot.camera, shot.take)
        return person_crop(site, make_person(seed, shot.person), walk, rng)
