"""Draws the ranked-matches picture: each query beside its nearest images, in scored order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from reid_model.actions.scores import RankedMatches
from reid_model.data.decode import decode
from reid_model.data.folder import Crop
from reid_model.data.retrieval_split import RetrievalSplit

MATCHES_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_TILE_HEIGHT = 160
_FRAME, _GAP, _LINE, _HEADER, _TITLE = 5, 10, 15, 24, 26
_CAPTION = 2 * _LINE + 2
_NARROWEST = 88  # what a caption needs
_QUERY, _RIGHT, _WRONG = (70, 90, 120), (0, 140, 100), (205, 70, 20)
_INK, _PAPER = (40, 40, 40), (255, 255, 255)
_FONT_SIZE, _TITLE_SIZE = 12, 14
_LEGEND = (
    "Under a crop: person (0 is a distractor), camera, distance. Green with a tick is the query's "
    "person, red another.",
    "Under a query: AP is its average precision, hit the rank of its first correct image.",
)


class MatchesPicture:
    """A grid: one row a query, the query first, then its matches from the nearest on."""

    def __init__(self, split: RetrievalSplit, columns: int, aspect: float, title: str) -> None:
        """``columns``: matches a row; ``aspect``: width of a crop relative to its height."""
        self._split, self._columns, self._title = split, columns, title
        self._tile = (max(1, round(_TILE_HEIGHT * aspect)), _TILE_HEIGHT)
        self._cell = (
            max(self._tile[0] + 2 * _FRAME, _NARROWEST) + _GAP,
            self._tile[1] + 2 * _FRAME + _CAPTION + _GAP,
        )
        self._font = ImageFont.load_default(_FONT_SIZE)
        self._title_font = ImageFont.load_default(_TITLE_SIZE)

    def save(self, rows: Sequence[RankedMatches], path: Path) -> None:
        """Draw all rows into ``path``; its suffix decides the format."""
        canvas = Image.new("RGB", self._size(len(rows)), _PAPER)
        pen = ImageDraw.Draw(canvas)
        pen.text((_GAP, 8), self._title, fill=_INK, font=self._title_font)
        for column in range(1 + self._columns):
            words = f"rank {column}" if column else "query"
            self._text(pen, words, self._corner(0, column)[0], _TITLE + 6)
        for number, row in enumerate(rows):
            self._draw_row(canvas, pen, number, row)
        foot = self._corner(len(rows), 0)[1]
        for line, words in enumerate(_LEGEND):
            pen.text((_GAP, foot + line * _LINE), words, fill=_INK, font=self._font)
        canvas.save(path)

    def _size(self, rows: int) -> tuple[int, int]:
        """Width and height of the picture; no text is wider."""
        pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
        texts = [pen.textlength(words, font=self._font) for words in _LEGEND]
        texts.append(pen.textlength(self._title, font=self._title_font))
        grid = self._corner(0, 1 + self._columns)[0]
        width = max(grid, _GAP + math.ceil(max(texts)) + _GAP)
        return width, self._corner(rows, 0)[1] + len(_LEGEND) * _LINE + _GAP

    def _draw_row(
        self, canvas: Image.Image, pen: ImageDraw.ImageDraw, number: int, row: RankedMatches
    ) -> None:
        query = self._split.query[row.query]
        told = f"AP {row.average_precision:.2f} hit {row.first_correct}"
        places = [(query, _QUERY, told)]
        for image, distance in zip(row.images, row.distances, strict=True):
            crop = self._split.gallery[image]
            colour = _RIGHT if crop.pid == query.pid else _WRONG
            places.append((crop, colour, f"{distance:.3f}"))
        for column, (crop, colour, words) in enumerate(places):
            left, top = self._corner(number, column)
            self._draw_crop(canvas, pen, (left, top), crop, colour)
            below = top + self._tile[1] + 2 * _FRAME + 2
            self._text(pen, f"{crop.pid} c{crop.camid}", left, below, colour)
            self._text(pen, words, left, below + _LINE, colour)

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
        if colour == _RIGHT:
            _draw_tick(pen, left + width, corner[1] + _FRAME)

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and top of a cell; the query stands a little apart."""
        apart = _GAP if column else 0
        return _GAP + self._cell[0] * column + apart, _TITLE + _HEADER + self._cell[1] * row

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


def _draw_tick(pen: ImageDraw.ImageDraw, right: int, top: int) -> None:
    """A tick in the upper right corner, for those who do not tell green from red."""
    pen.rectangle((right - 16, top, right - 1, top + 14), fill=_RIGHT)
    pen.line(((right - 13, top + 7), (right - 9, top + 11), (right - 4, top + 3)), _PAPER, 2)
