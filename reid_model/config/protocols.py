"""Which gallery images of a query's own person count: the values of ``evaluate.protocol``."""

from __future__ import annotations

from typing import Final

CROSS_CAMERA: Final = "cross_camera"
CROSS_IMAGE: Final = "cross_image"
ALL: Final = "all"
PROTOCOLS: Final = (CROSS_CAMERA, CROSS_IMAGE, ALL)
