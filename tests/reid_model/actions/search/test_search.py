"""From a checkpoint to the nearest crops, by the commands: inference, index, search."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from reid_model.actions.embedding_files import ListedCrop, open_embedding_file
from reid_model.actions.search import search as searching
from reid_model.cli import cli
from reid_model.data.folder import Crop
from reid_model.errors import BadInputError

UseSpec = Callable[..., dict[str, Any]]


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def spec_file(use_spec: UseSpec, untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inference spec of an untrained network, whose gallery.arrow lies beside it."""
    folder = tmp_path_factory.mktemp("search")
    spec = use_spec("inference", folder / "out", **{"inference.checkpoint": str(untrained)})
    file = folder / "spec.yaml"
    file.write_text(yaml.safe_dump(spec))
    for name in ("gallery.arrow", "gallery.parquet"):
        done = _call("inference", "-e", file, f"inference.output_file={folder / name}")
        assert done.exit_code == 0
    return file


@pytest.mark.parametrize("name", ["gallery.arrow", "gallery.parquet"])
def test_a_picture_of_the_gallery_finds_itself(
    spec_file: Path, three_cameras: Path, name: str
) -> None:
    picture = sorted((three_cameras / "sample_test").iterdir())[3]
    gallery = ("--gallery", spec_file.parent / name, "--top", 4)
    done = _call("search", picture, "-e", spec_file, *gallery, "--json")
    (query,) = json.loads(done.stdout)
    assert query["query"] == str(picture)
    first, *others = query["matches"]
    assert first["path"] == str(picture)
    assert first["pid"] == int(picture.name[:4])
    assert first["similarity"] == pytest.approx(1, abs=1e-5)
    scores = [match["similarity"] for match in others]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(score <= 1 for score in scores)
    table = _call("search", picture, "-e", spec_file, *gallery).stdout
    assert all(f"{score:.4f}" in table for score in scores)
    assert "…" not in table


def test_a_folder_is_searched_in_parts_and_shown_on_one_page(
    spec_file: Path, three_cameras: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_QUERIES_AT_ONCE", 3)
    pictures = sorted((three_cameras / "sample_query").iterdir())
    page, gallery = tmp_path / "page" / "found.html", spec_file.parent / "gallery.arrow"
    asked = ("-e", spec_file, "--gallery", gallery, "--top", 2, "--html", page, "--json")
    found = json.loads(_call("search", three_cameras / "sample_query", *asked).stdout)
    assert [query["query"] for query in found] == list(map(str, pictures))
    # The queries are in the gallery too, so each is nearest to itself.
    assert [query["matches"][0]["path"] for query in found] == list(map(str, pictures))
    html = page.read_text(encoding="utf-8")
    assert html.count("<img") == 3 * len(pictures)
    assert "no picture" not in html


@pytest.mark.parametrize(
    ("picture", "gallery", "words"),
    [
        ("/nowhere.jpg", "gallery.arrow", "/nowhere.jpg does not exist: name a picture"),
        ("", "gallery.arrow", "no pictures in"),
        ("query", "spec.yaml", "is not a gallery"),
        ("query", "missing.arrow", "is not a gallery"),
    ],
)
def test_bad_input_is_one_error(
    spec_file: Path, three_cameras: Path, tmp_path: Path, picture: str, gallery: str, words: str
) -> None:
    folder = three_cameras / "sample_query" if picture == "query" else picture or tmp_path
    with pytest.raises(BadInputError, match=words):
        _call("search", folder, "-e", spec_file, "--gallery", spec_file.parent / gallery)


def test_a_gallery_of_another_network_is_refused(
    spec_file: Path, three_cameras: Path, tmp_path: Path
) -> None:
    file = tmp_path / "other.parquet"
    crop = ListedCrop(Crop(Path("7.jpg"), 7, 1), "gallery")
    with open_embedding_file(file, 2) as written:
        written.add([crop], np.ones((1, 2), dtype=np.float32))
    with pytest.raises(BadInputError, match="embeddings of 2 numbers, the checkpoint's have 32"):
        _call("search", three_cameras / "sample_query", "-e", spec_file, "--gallery", file)
