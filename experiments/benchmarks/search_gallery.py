"""Measures a search among many embeddings: an index mapped into memory, queries alone and at once.

taskset -c 0,1 python experiments/benchmarks/search_gallery.py --rows 1000000 --numbers 256
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from reid_model.actions.embedding_files import ListedCrop, open_embedding_file
from reid_model.actions.search.gallery import nearest, open_gallery, unit_rows
from reid_model.data.folder import Crop

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--rows", type=int, default=1_000_000)
parser.add_argument("--numbers", type=int, default=256)
parser.add_argument("--queries", type=int, default=20)


def main() -> None:
    """Write an index of random embeddings, search it, print the seconds of a query."""
    asked = parser.parse_args()
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gallery.arrow"
        crop = ListedCrop(Crop(Path("x.jpg"), 1, 1), "gallery")
        with open_embedding_file(path, asked.numbers) as file:
            for start in range(0, asked.rows, 16384):
                count = min(16384, asked.rows - start)
                rows = generator.standard_normal((count, asked.numbers), dtype=np.float32)
                file.add([crop] * count, rows)
        os.sync()  # else the disk is written to while the search is measured
        begun = time.perf_counter()
        gallery = open_gallery(path)
        print(f"opened in {time.perf_counter() - begun:.3f} s, {path.stat().st_size / 1e9:.2f} GB")
        for at_once in (1, 16, 64):
            taken = []
            for _ in range(max(3, asked.queries // at_once)):
                numbers = generator.standard_normal((at_once, asked.numbers), dtype=np.float32)
                begun = time.perf_counter()
                places, _ = nearest(unit_rows(numbers), gallery.blocks, 10)
                for own in places:
                    gallery.rows(own.tolist())
                taken.append((time.perf_counter() - begun) / at_once)
            print(
                f"{at_once} at once, a query: fastest {min(taken):.4f} s, "
                f"median {statistics.median(taken):.4f} s, slowest {max(taken):.4f} s"
            )


if __name__ == "__main__":
    main()
