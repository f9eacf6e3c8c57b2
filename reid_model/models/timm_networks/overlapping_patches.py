"""Patches of a vision transformer that overlap: He et al., "TransReID" (ICCV 2021), section 3.1."""

from __future__ import annotations

from typing import Any

from timm.layers import PatchEmbed

from reid_model.errors import ConfigError


class OverlappingPatches(PatchEmbed):  # type: ignore[misc]
    """timm's patch embedding with a stride of its own, shorter than a patch."""

    def __init__(self, *given: Any, stride: int, **named: Any) -> None:
        self._stride = stride  # before timm's own steps, which count the patches
        super().__init__(*given, **named)
        self.proj.stride = (stride, stride)

    def _init_img_size(self, img_size: Any) -> Any:
        if self._stride > min(self.patch_size):
            raise ConfigError(
                f"model.patch_stride {self._stride} leaves gaps between patches of "
                f"{min(self.patch_size)} pixels; set it to less, or to 0"
            )
        sides = zip(img_size, self.patch_size, strict=True)
        rows, columns = ((side - patch) // self._stride + 1 for side, patch in sides)
        return img_size, (rows, columns), rows * columns
