"""What a camera does to a picture, and from which side it tends to see people."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Floats = npt.NDArray[np.float32]

_FRONT, _SIDE, _BACK, _OTHER_SIDE = 0.0, 0.5 * math.pi, math.pi, 1.5 * math.pi
_DIRECTIONS = (_FRONT, _SIDE, _BACK, _OTHER_SIDE)


@dataclass(frozen=True)
class Camera:
    """The fixed look of one camera.

    gains: factor of each colour channel. exposure: factor of the light. gamma: tone curve.
    saturation: 0 grey, 1 unchanged. lift: black level, 0..255. blur: radius over crop height.
    sharpness: share of the crop's resolution that the sensor has. noise: standard deviation,
    0..255. quality: of its JPEGs. tilt: how far it looks down. directions: how often it sees
    fronts, left sides, backs and right sides.
    """

    gains: tuple[float, float, float]
    exposure: float
    gamma: float
    saturation: float
    lift: float
    blur: float
    sharpness: float
    noise: float
    quality: int
    tilt: float
    directions: tuple[float, float, float, float]

    def draw_yaw(self, rng: np.random.Generator) -> float:
        """Draw the direction in which someone walks past, radians (0 towards the camera)."""
        return float(rng.choice(_DIRECTIONS, p=self.directions) + rng.normal(0, 0.3))

    def expose(self, scene: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Take the picture: optics, sensor and tone curve, with the light of the moment."""
        light = self.exposure * float(rng.uniform(0.88, 1.12))
        optics = scene.filter(ImageFilter.GaussianBlur(self.blur * scene.height))
        sampled = _resample(optics, self.sharpness * float(rng.uniform(0.8, 1.0)))
        pixels = _tint(np.asarray(sampled, dtype=np.float32), self.gains, self.saturation)
        curve = _curve(light, self.gamma, self.lift)
        toned = curve[np.clip(pixels, 0, 255).astype(np.uint8)]
        toned += rng.standard_normal(toned.shape, dtype=np.float32) * np.float32(self.noise)
        return Image.fromarray(np.clip(toned, 0, 255).astype(np.uint8))


def make_camera(rng: np.random.Generator) -> Camera:
    """Draw a camera."""
    red, green, blue = rng.uniform(0.9, 1.1, size=3)
    front, side, back, other = rng.dirichlet((0.8, 0.5, 0.8, 0.5))
    return Camera(
        gains=(float(red), float(green), float(blue)),
        exposure=float(rng.uniform(0.85, 1.2)),
        gamma=float(rng.uniform(0.85, 1.2)),
        saturation=float(rng.uniform(0.6, 1.15)),
        lift=float(rng.uniform(0, 24)),
        blur=float(rng.uniform(0.0, 0.012)),
        sharpness=float(rng.uniform(0.6, 1.0)),
        noise=float(rng.uniform(1, 6)),
        quality=int(rng.integers(60, 93)),
        tilt=float(rng.uniform(0.05, 0.25)),
        directions=(float(front), float(side), float(back), float(other)),
    )


def _resample(picture: Image.Image, share: float) -> Image.Image:
    """Lose detail: down to ``share`` of the size and up again."""
    width, height = picture.size
    small = (max(4, round(width * share)), max(8, round(height * share)))
    return picture.resize(small, Image.Resampling.BOX).resize(
        picture.size, Image.Resampling.BILINEAR
    )


def _tint(pixels: Floats, gains: tuple[float, float, float], saturation: float) -> Floats:
    """Mix each pixel with its grey, then scale the channels."""
    grey = pixels.mean(axis=2, keepdims=True)
    tinted = (grey + (pixels - grey) * np.float32(saturation)) * np.asarray(gains, np.float32)
    return np.asarray(tinted, dtype=np.float32)


def _curve(light: float, gamma: float, lift: float) -> Floats:
    """Output level of each of the 256 input levels."""
    level = np.minimum(np.arange(256) / 255 * light, 1.0) ** gamma
    return (lift + (255 - lift) * level).astype(np.float32)
