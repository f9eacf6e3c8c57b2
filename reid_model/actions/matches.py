"""The ranked-matches picture: queries beside their nearest images, in exactly the scored order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from reid_model.actions.scores import RankedMatches
from reid_model.data.decode import decode
from reid_model.data.folder import Crop
from reid_model.data.splits import RetrievalSplit

MATCHES_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_TILE_HEIGHT = 160
_FRAME, _GAP, _CAPTION, _HEADER = 5, 10, 18, 26
_QUERY, _RIGHT, _WRONG = (70, 90, 120), (20, 150, 60), (205, 40, 40)
_INK, _PAPER = (40, 40, 40), (255, 255, 255)
_FONT_SIZE = 12
_LEGEND = "person, camera, distance; green: the same person, red: another"


class MatchesPicture:
    """A grid: one row a query, the query first, then its matches from the nearest on."""

    def __init__(self, split: RetrievalSplit, columns: int, aspect: float) -> None:
        """``columns``: matches a row; ``aspect``: width of a crop relative to its height."""
        self._split, self._columns = split, columns
        self._tile = (max(1, round(_TILE_HEIGHT * aspect)), _TILE_HEIGHT)
        self._cell = (
            max(self._tile[0] + 2 * _FRAME, 78) + _GAP,
            self._tile[1] + 2 * _FRAME + _CAPTION + _GAP,
        )
        self._font = ImageFont.load_default(_FONT_SIZE)

    def save(self, rows: Sequence[RankedMatches], path: Path) -> None:
        """Draw all rows into ``path``; its suffix decides the format."""
        width = _GAP + self._cell[0] * (1 + self._columns) + _GAP
        height = _HEADER + self._cell[1] * len(rows) + _HEADER
        canvas = Image.new("RGB", (width, height), _PAPER)
        pen = ImageDraw.Draw(canvas)
        for column in range(1 + self._columns):
            words = str(column) if column else "query"
            self._text(pen, words, self._corner(0, column)[0], 6)
        for number, row in enumerate(rows):
            self._draw_row(canvas, pen, number, row)
        pen.text((_GAP, height - _HEADER), _LEGEND, fill=_INK, font=self._font)
        canvas.save(path)

    def _draw_row(
        self, canvas: Image.Image, pen: ImageDraw.ImageDraw, number: int, row: RankedMatches
    ) -> None:
        query = self._split.query[row.query]
        places = [(query, _QUERY, f"{query.pid} c{query.camid}")]
        for image, distance in zip(row.images, row.distances, strict=True):
            crop = self._split.gallery[image]
            colour = _RIGHT if crop.pid == query.pid else _WRONG
            places.append((crop, colour, f"{crop.pid} c{crop.camid} {distance:.2f}"))
        for column, (crop, colour, words) in enumerate(places):
            left, top = self._corner(number, column)
            self._draw_crop(canvas, pen, (left, top), crop, colour)
            self._text(pen, words, left, top + self._tile[1] + 2 * _FRAME + 2, colour)

    def _draw_crop(
        self,
        canvas: Image.Image,
        pen: ImageDraw.ImageDraw,
        corner: tuple[int, int],
        crop: Crop,
        colour: tuple[int, int, int],
    ) -> None:
        width, height = self._tile
        left = corner[0] + (self._cell[0] - _GAP - width) // 2
        pen.rectangle(
            (
                left - _FRAME,
                corner[1],
                left + width + _FRAME - 1,
                corner[1] + height + 2 * _FRAME - 1,
            ),
            fill=colour,
        )
        pixels = decode(crop.path, height=height, width=width, channels=3)
        canvas.paste(Image.fromarray(pixels), (left, corner[1] + _FRAME))

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and top of a cell; the query stands a little apart."""
        apart = _GAP if column else 0
        return _GAP + self._cell[0] * column + apart, _HEADER + self._cell[1] * row

    def _text(
        self,
        pen: ImageDraw.ImageDraw,
        words: str,
        left: int,
        top: int,
        colour: tuple[int, int, int] = _INK,
    ) -> None:
        middle = left + (self._cell[0] - _GAP) // 2
        pen.text((middle, top), words, fill=colour, font=self._font, anchor="ma")
