"""The page of a search: each query with the crops that are nearest to it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

_HEIGHT = 160
_STYLE = """
:root{color-scheme:light dark;font:15px system-ui,sans-serif}
body{margin:1.5rem}h1{font-size:1.2rem}
.row{display:flex;gap:.75rem;overflow-x:auto;padding:.75rem 0;border-top:1px solid #8885}
figure{margin:0;min-width:5rem;max-width:9rem;text-align:center}
.query{border-right:3px solid #47a;padding-right:.75rem}
img{height:10rem;border-radius:4px}
figcaption{font-size:.8rem;overflow-wrap:anywhere}
b{font-size:.95rem}.gone{height:10rem;display:grid;place-items:center;border:1px dashed #888}
"""


def search_page(found: Sequence[Mapping[str, Any]], gallery: str) -> str:
    """One HTML file, pictures included; ``found``: the queries as the JSON has them."""
    rows = "".join(map(_row, found))
    title = f"{len(found)} searched in {html.escape(gallery)}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{rows}</html>\n"
    )


def _row(query: Mapping[str, Any]) -> str:
    name = html.escape(Path(query["query"]).name)
    own = (
        f'<figure class="query">{_picture(query["query"])}<figcaption>{name}</figcaption></figure>'
    )
    return f'<div class="row">{own}{"".join(map(_match, query["matches"]))}</div>'


def _match(match: Mapping[str, Any]) -> str:
    caption = (
        f"<b>{match['similarity']:.3f}</b><br>person {match['pid']}, camera {match['camid']}<br>"
        f"{html.escape(Path(match['path']).name)}"
    )
    return f"<figure>{_picture(match['path'])}<figcaption>{caption}</figcaption></figure>"


def _picture(path: str) -> str:
    """The picture, small, inside the page; a box if the file is gone."""
    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
            small.thumbnail((_HEIGHT * 2, _HEIGHT))
    except OSError:
        return '<div class="gone">no picture</div>'
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    data = base64.b64encode(content.getvalue()).decode()
    return f'<img alt="{html.escape(Path(path).name)}" src="data:image/jpeg;base64,{data}">'
