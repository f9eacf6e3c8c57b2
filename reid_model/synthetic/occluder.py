"""Draws objects between a person and the camera."""

import numpy as np
from PIL import Image, ImageDraw

from reid_model.synthetic.palette import CLOTH, shade


def draw_occluder(scene: Image.Image, rng: np.random.Generator) -> None:
    """Paint a post, or a box or car in front of the legs, onto ``scene`` in place."""
    width, height = scene.size
    tone = shade(CLOTH[int(rng.integers(len(CLOTH)))], float(rng.uniform(0.6, 1.1)))
    if rng.random() < 0.5:
        left, wide = width * rng.uniform(0.1, 0.8), width * rng.uniform(0.06, 0.16)
        box = (left, 0.0, left + wide, float(height))
    else:
        left, wide = width * rng.uniform(-0.3, 0.6), width * rng.uniform(0.4, 0.9)
        box = (left, height * rng.uniform(0.62, 0.85), left + wide, float(height))
    brush = ImageDraw.Draw(scene)
    brush.rectangle(box, fill=tone)
    brush.line((box[0], box[1], box[0], box[3]), fill=shade(tone, 1.4), width=max(1, width // 48))
