"""The problem is real: a nearest neighbour on colour histograms does not solve it.

experiments/benchmarks/synthetic_difficulty.py shows the figures, a trained network's among them.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reid_model.synthetic import make_data

Floats = npt.NDArray[np.float64]


def histogram(path: Path, middle: bool) -> Floats:
    """Square roots of 8 x 8 x 8 colour shares, of the whole image or its middle columns."""
    with Image.open(path) as image:
        colours = np.asarray(image, dtype=np.int64) // 32
    if middle:
        colours = colours[:, 8:24]
    counts = np.bincount((colours @ np.array([64, 8, 1])).ravel(), minlength=512)
    return np.asarray(np.sqrt(counts / counts.sum()))


def rank_1(root: Path, middle: bool) -> float:
    """Share of queries whose nearest counted gallery image shows the same identity."""
    gallery = [path for path in sorted((root / "sample_test").iterdir()) if path.name[0] != "-"]
    known = np.stack([histogram(path, middle) for path in gallery])
    hits = []
    for query in sorted((root / "sample_query").iterdir()):
        pid, same_camera = query.name[:4], query.name[:7]
        counted = [not path.name.startswith(same_camera) for path in gallery]
        best = np.argmax(np.where(counted, known @ histogram(query, middle), -1.0))
        hits.append(gallery[best].name[:4] == pid)
    return float(np.mean(hits))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("difficulty") / "data"
    make_data(folder, ids=48, cameras=3, images_per_camera=3, height=64, width=32, seed=0)
    return folder


@pytest.mark.parametrize("middle", [False, True])
def test_colour_histograms_do_not_solve_it(root: Path, middle: bool) -> None:
    assert rank_1(root, middle) < 0.3
