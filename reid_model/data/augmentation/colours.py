"""Changes the colours of crops (n, height, width, channels) of whole numbers 0..255."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reid_model.data.augmentation.rectangles import Ints

_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601


def coloured(crops: Tensor, factors: npt.NDArray[np.float32]) -> Tensor:
    """Brightness, then contrast around the crop's mean grey, then saturation; rounded to uint8.

    ``factors``: (n, 3). On the CPU crop by crop, which is twice as fast there; the same numbers.
    """
    if crops.device.type != "cpu":
        return _coloured(crops, on_device(factors, crops.device))
    found = crops.clone()
    for index in np.flatnonzero((factors != 1).any(axis=1)).tolist():
        one = slice(index, index + 1)
        found[one] = _coloured(crops[one], torch.from_numpy(factors[one]))
    return found


def _coloured(crops: Tensor, factors: Tensor) -> Tensor:
    brightness, contrast, saturation = factors[:, :, None, None, None].unbind(1)
    pixels = crops.float() * brightness
    grey = pixels.mean(3, keepdim=True) if crops.shape[3] == 1 else _grey(pixels)
    mean = grey.mean((1, 2), keepdim=True)
    found = contrast * (saturation * pixels + (1 - saturation) * grey) + (1 - contrast) * mean
    return found.round_().clamp_(0, 255).byte()


def shifted_hue(crops: Tensor, shifts: npt.NDArray[np.float64]) -> Tensor:
    """Each crop's hue moved by a share of the colour circle, by torchvision."""
    from torchvision.transforms.v2.functional import adjust_hue  # a second, which few runs need

    images = crops.permute(0, 3, 1, 2)
    found = [adjust_hue(image, shift) for image, shift in zip(images, shifts.tolist(), strict=True)]
    return torch.stack(found).permute(0, 2, 3, 1).contiguous()


def greyed(crops: Tensor, boxes: Ints) -> Tensor:
    """Crops that lose their colours inside (top, bottom, left, right)."""
    found = crops.clone()
    for index in np.flatnonzero(boxes[:, 1]).tolist():
        top, bottom, left, right = boxes[index].tolist()
        part = found[index, top:bottom, left:right]
        part[:] = _grey(part.float()).round_().byte()
    return found


def _grey(pixels: Tensor) -> Tensor:
    red, green, blue = (pixels[..., place, None] for place in range(3))
    return _GREY[0] * red + _GREY[1] * green + _GREY[2] * blue


def on_device(values: npt.NDArray[np.generic], device: torch.device) -> Tensor:
    """Copy a small array to a device without waiting for it."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
