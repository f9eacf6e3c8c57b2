"""Identities held out of a training set: who, how they are split, and what is refused."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.batch_size import fit_batch
from reid_model.data.cache import cache_of
from reid_model.data.folder import Crop
from reid_model.data.holdout import hold_out
from reid_model.data.inputs import open_inputs
from reid_model.data.splits import read_train_split
from reid_model.errors import DataError


def crops(cameras_of: dict[int, list[int]], root: str = "/data") -> list[Crop]:
    """One crop for each (pid, camera) named; a camera named twice has two."""
    return [
        Crop(Path(f"{root}/{pid:04d}_c{camid}s1_{place:06d}_00.jpg"), pid, camid)
        for pid, cameras in cameras_of.items()
        for place, camid in enumerate(cameras)
    ]


def names(held: tuple[Crop, ...]) -> list[str]:
    return [crop.path.name for crop in held]


USUAL = {pid: [1, 1, 2, 2, 3] for pid in range(1, 21)}

people = st.dictionaries(
    st.integers(0, 60), st.lists(st.integers(1, 4), min_size=1, max_size=7), min_size=1, max_size=30
)


@given(people, st.floats(0.01, 0.5), st.integers(0, 5))
@settings(max_examples=300)
def test_every_split_is_a_partition_by_identity_whose_queries_all_count(
    cameras_of: dict[int, list[int]], share: float, seed: int
) -> None:
    everyone = crops(cameras_of)
    try:
        found = hold_out(everyone, share, seed)
    except DataError:
        return
    assert Counter((*found.kept, *found.query, *found.gallery)) == Counter(everyone)
    kept, held = ({crop.pid for crop in part} for part in (found.kept, found.gallery))
    assert not kept & held
    assert {crop.pid for crop in found.query} == held
    assert 0 not in held
    assert min(len(kept), len(held)) >= 2
    assert abs(len(held) - share * len(cameras_of)) <= 0.5 + 1e-9
    assert max(Counter((crop.pid, crop.camid) for crop in found.query).values()) == 1
    gallery = {(crop.pid, crop.camid) for crop in found.gallery}
    for crop in found.query:
        assert any(pid == crop.pid and camid != crop.camid for pid, camid in gallery)


def test_the_split_depends_on_names_share_and_seed_alone() -> None:
    everyone = crops(USUAL)
    found = hold_out(everyone, 0.3, 4)
    shuffled = random.Random(1).sample(everyone, len(everyone))
    assert hold_out(shuffled, 0.3, 4) == found
    elsewhere = hold_out(crops(USUAL, root="/other/machine"), 0.3, 4)
    assert names(elsewhere.query) == names(found.query)
    assert names(elsewhere.gallery) == names(found.gallery)
    other = hold_out(everyone, 0.3, 5)
    assert {crop.pid for crop in other.query} != {crop.pid for crop in found.query}


def test_a_known_split_stays_as_it_is() -> None:
    """Runs of one study may start years apart, with other versions of the libraries."""
    found = hold_out(crops(USUAL), 0.15, 0)
    assert names(found.query) == [
        "0005_c1s1_000001_00.jpg",
        "0005_c2s1_000002_00.jpg",
        "0007_c1s1_000001_00.jpg",
        "0007_c2s1_000002_00.jpg",
        "0020_c1s1_000001_00.jpg",
        "0020_c2s1_000003_00.jpg",
    ]


def test_a_larger_share_holds_out_the_same_and_more() -> None:
    small, large = (hold_out(crops(USUAL), share, 0) for share in (0.2, 0.4))
    assert set(small.query) < set(large.query)
    assert set(small.gallery) < set(large.gallery)


def test_one_crop_of_a_camera_is_the_query_unless_it_is_its_only_one() -> None:
    found = hold_out(crops({1: [1, 1, 1, 2, 2, 3], 2: [1, 2, 3], 3: [1], 4: [2, 2]}), 0.5, 0)
    assert sorted((crop.pid, crop.camid) for crop in found.query) == [(1, 1), (1, 2), (2, 1)]
    assert {crop.pid for crop in found.kept} == {3, 4}


@pytest.mark.parametrize(
    ("cameras_of", "share", "words"),
    [
        (USUAL, 0.05, r"0.05 holds out 1 of 20 training identities: .* to 0.1 or more, or to 0"),
        (
            {**{pid: [1, 2] for pid in range(1, 6)}, **{pid: [1] for pid in range(6, 21)}},
            0.5,
            r"0.5 holds out 10 of 20 training identities, but only 5 .* set it to 0.25 or less",
        ),
        ({1: [1, 2], 2: [1, 2], 3: [1, 2]}, 0.5, r"3 identities, 3 of them .* set .* to 0 and"),
        ({pid: [1, 1] for pid in range(1, 9)}, 0.25, r"8 identities, 0 of them seen by two"),
    ],
)
def test_a_share_that_leaves_too_few_is_one_error(
    cameras_of: dict[int, list[int]], share: float, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        hold_out(crops(cameras_of), share, 0)
    assert not caught.value.faults
    remedy = re.search(r"set it to ([\d.]+) or (?:more|less)", str(caught.value))
    if remedy:
        assert hold_out(crops(cameras_of), float(remedy[1]), 0).query


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """20 persons in three cameras, one in camera 9 alone, and junk."""
    root = tmp_path / "train"
    root.mkdir()
    for crop in crops({**USUAL, 30: [9], -1: [1, 2]}):
        (root / crop.path.name).touch()
    return root


def config(folder: Path, **dataset: Any) -> ExperimentConfig:
    return load_spec({"dataset": {"train_dataset_dir": str(folder), **dataset}})


def test_the_training_split_says_what_is_held_out(folder: Path) -> None:
    split = read_train_split(config(folder, holdout=0.25))
    assert (split.num_classes, set(split.labels)) == (16, set(range(16)))
    assert split.num_cameras == 10  # of all identities, so that the network fits them, too
    assert split.held_out is not None
    assert len(split.held_out_pids) == 5
    note = next(note for note in split.notes if "held out" in note)
    assert "5 of 21 training identities are held out (pids " in note
    assert "by 10 queries among 15 gallery crops" in note
    assert "dataset.num_classes taken from the data: 16" in split.notes


@pytest.mark.parametrize("declared", [16, 21])
def test_num_classes_may_count_the_held_out_or_not(folder: Path, declared: int) -> None:
    assert read_train_split(config(folder, holdout=0.25, num_classes=declared)).num_classes == 16
    with pytest.raises(DataError, match="num_classes is 20 but the training set has 21"):
        read_train_split(config(folder, holdout=0.25, num_classes=20))


def test_a_batch_is_filled_from_what_is_left(folder: Path) -> None:
    wanted = config(folder, holdout=0.5, batch_size=48)
    with pytest.raises(DataError, match=r"has 10 \(and 11 that dataset.holdout keeps for validati"):
        fit_batch(wanted, read_train_split(wanted), 1)


def test_one_file_of_the_cache_serves_every_share(data_dir: Path, tmp_path: Path) -> None:
    def opened(share: float) -> tuple[Any, Any]:
        folder = str(data_dir / "sample_train")
        spec = {
            "model": {"input_height": 32, "input_width": 16},
            "dataset": {
                "train_dataset_dir": folder,
                "query_dataset_dir": str(data_dir / "sample_query"),
                "test_dataset_dir": str(data_dir / "sample_test"),
                "cache_dir": str(tmp_path / "cache"),
                "holdout": share,
            },
        }
        wanted = load_spec(spec)
        files = cache_of(wanted.dataset).entries
        return open_inputs(wanted, 1), files

    whole, files = opened(0.0)
    before = len(files())
    pixels = dict(zip(whole.train.crops, whole.train_store.gather(range(32)), strict=True))
    for share in (0.25, 0.5):
        part, files = opened(share)
        assert len(files()) == before
        for crops_, store in (
            (part.train.crops, part.train_store),
            (part.retrieval.crops, part.retrieval_store),
        ):
            assert len(store) == len(crops_)
            for crop, found in zip(crops_, store.gather(range(len(crops_))), strict=True):
                assert found.equal(pixels[crop])
