"""Odd image files: each is decoded in the documented way or refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_model.data import decode as module
from reid_model.data.decode import FORMATS, Pixels, decode
from reid_model.data.folder import IMAGE_SUFFIXES
from reid_model.errors import DataError

RED = (200, 40, 20)


def _decode(path: Path, *, channels: int = 3) -> Pixels:
    return decode(path, height=16, width=8, channels=channels)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("RGB", "png"),
        ("CMYK", "jpg"),
        ("RGBA", "png"),
        ("P", "png"),
        ("RGB", "webp"),
        ("RGB", "tif"),
    ],
)
def test_colour_modes_agree(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"crop.{suffix}"
    Image.new("RGB", (20, 40), RED).convert(mode).save(path)
    pixels = _decode(path)
    assert pixels.shape == (16, 8, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - RED).max() <= 12


def test_grey_becomes_three_equal_channels_and_colour_one(tmp_path: Path) -> None:
    Image.new("L", (8, 16), 90).save(tmp_path / "grey.png")
    Image.new("RGB", (8, 16), (90, 90, 90)).save(tmp_path / "colour.png")
    assert (_decode(tmp_path / "grey.png") == 90).all()
    assert _decode(tmp_path / "colour.png", channels=1).shape == (16, 8, 1)


@pytest.mark.parametrize(("deep", "kept"), [(51400, 200), (65535, 255), (255, 1), (60, 0)])
def test_sixteen_bits_are_scaled_by_their_depth(tmp_path: Path, deep: int, kept: int) -> None:
    Image.fromarray(np.full((16, 8), deep, np.uint16)).save(tmp_path / "deep.png")
    assert (_decode(tmp_path / "deep.png") == kept).all()


def test_transparency_lies_on_black(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 16), (255, 255, 255, 0)).save(tmp_path / "clear.png")
    assert (_decode(tmp_path / "clear.png") == 0).all()


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (32, 16), "black")
    image.paste(RED, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise: the left half becomes the top
    image.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    pixels = _decode(tmp_path / "turned.jpg")
    assert pixels[:6, :, 0].min() > 150
    assert pixels[10:].max() < 60


def test_non_ascii_names_are_read(tmp_path: Path) -> None:
    Image.new("RGB", (8, 16), RED).save(tmp_path / "人物_ü.png")
    assert _decode(tmp_path / "人物_ü.png").shape == (16, 8, 3)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("zero", "it is empty"),
        ("truncated", "Truncated|truncated"),
        ("text", "its content is not an image"),
        ("missing", "No such file"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, kind: str, words: str) -> None:
    path = tmp_path / "0001_c1.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (64, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = {"zero": b"", "truncated": path.read_bytes()[:900], "text": b"no image"}.get(kind)
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DataError, match=f"0001_c1.jpg cannot be decoded: .*({words})"):
        _decode(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 100)
    Image.new("RGB", (11, 10)).save(tmp_path / "huge.png")
    with pytest.raises(DataError, match=r"huge.png has 11 x 10 pixels"):
        _decode(tmp_path / "huge.png")


def test_the_formats_are_those_of_the_suffixes() -> None:
    Image.init()
    assert {Image.EXTENSION[suffix] for suffix in IMAGE_SUFFIXES} == set(FORMATS)


@pytest.mark.parametrize("form", ["PPM", "TGA", "PCX", "ICO", "SGI"])
def test_no_other_format_is_opened(tmp_path: Path, form: str) -> None:
    path = tmp_path / "crop.jpg"
    Image.new("RGB", (16, 16)).save(path, format=form)
    with pytest.raises(DataError, match=r"crop.jpg cannot be decoded: its content is not an image"):
        _decode(path)
