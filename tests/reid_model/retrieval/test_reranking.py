from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from retrieval_references import Case, random_case, slow_distances, slow_rerank, tied_cases

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval import evaluate_distances, rerank, reranking


def assert_like_slow(case: Case, k1: int, k2: int, lambda_value: float, **options: Any) -> None:
    result = rerank(case.query, case.gallery, k1=k1, k2=k2, lambda_value=lambda_value, **options)
    expected = torch.from_numpy(slow_rerank(case.query, case.gallery, k1, k2, lambda_value))
    assert result.dtype == torch.float32
    torch.testing.assert_close(result.double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("k1", "k2", "lambda_value"),
    [(20, 6, 0.3), (5, 3, 0.3), (7, 1, 0.0), (1, 1, 0.5), (9, 2, 1.0), (4, 12, 0.1)],
)
def test_dense_float64_reference(seed: int, k1: int, k2: int, lambda_value: float) -> None:
    case = random_case(seed, queries=13, images=61, width=24, pids=8)
    assert_like_slow(case, k1, k2, lambda_value)


@given(
    case=tied_cases(),
    k1=st.integers(1, 30),
    k2=st.integers(1, 30),
    chunk_size=st.integers(1, 20),
)
@settings(max_examples=120)
def test_ties_and_neighbourhoods_larger_than_the_set(
    case: Case, k1: int, k2: int, chunk_size: int
) -> None:
    assert_like_slow(case, k1, k2, 0.3, chunk_size=chunk_size)


def test_neither_chunk_size_nor_piece_size_changes_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_case(7, queries=30, images=120, width=20, pids=5)
    case = replace(case, gallery=torch.cat([case.gallery[:60]] * 2))
    whole = rerank(case.query, case.gallery, chunk_size=1000)
    for chunk_size in (1, 7, 64):
        assert torch.equal(rerank(case.query, case.gallery, chunk_size=chunk_size), whole)
    for budget in (1, 50, 1000):
        monkeypatch.setattr(reranking, "VISIT_BUDGET", budget)
        assert torch.equal(rerank(case.query, case.gallery, chunk_size=16), whole)


def test_the_original_distance_is_normalised_per_query() -> None:
    case = random_case(8, queries=4, images=15)
    everything = torch.cat([case.query, case.gallery])
    squared = torch.from_numpy(slow_distances(case.query, everything)) ** 2
    expected = (squared / squared.amax(1, keepdim=True))[:, 4:]
    result = rerank(case.query, case.gallery, lambda_value=1.0)
    torch.testing.assert_close(result.double(), expected, atol=1e-6, rtol=0)


def test_images_that_share_no_neighbour_are_at_jaccard_distance_one() -> None:
    cluster = torch.tensor([[1.0, 0.0], [1.0, 0.01], [1.0, 0.02]])
    images = torch.cat([cluster, -cluster])
    result = rerank(cluster[:1], images, k1=3, k2=1, lambda_value=0.0)[0]
    assert result[3:].tolist() == [1.0, 1.0, 1.0]
    assert result[0].item() == pytest.approx(0.0, abs=1e-9)
    assert bool((result[:3] < 0.5).all())


def test_a_collapsed_model_gives_finite_distances() -> None:
    result = rerank(torch.ones(3, 4), torch.ones(50, 4), k1=5, k2=3)
    assert bool(torch.isfinite(result).all())
    assert 0.0 <= float(result.min()) <= float(result.max()) <= 0.7


def test_a_hard_query_gains_from_its_neighbours() -> None:
    case = random_case(11, queries=40, images=200, width=12, pids=10)
    labels = (case.query_pids, case.gallery_pids.clamp(min=0), *case.labels[2:])
    before = evaluate_distances(rerank(case.query, case.gallery, lambda_value=1.0), *labels)
    after = evaluate_distances(rerank(case.query, case.gallery), *labels)
    assert after.mAP > before.mAP + 0.02


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_changes_no_bit() -> None:
    case = random_case(9, queries=30, images=300, width=64)
    result = rerank(case.query.cuda(), case.gallery.cuda()).cpu()
    assert torch.equal(result, rerank(case.query, case.gallery))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k1": 0}, "k1=0, k2=6"),
        ({"k2": 0}, "k1=20, k2=0"),
        ({"lambda_value": 1.01}, r"lambda_value must be in \[0, 1\], got 1.01"),
        ({"lambda_value": float("nan")}, r"lambda_value must be in \[0, 1\]"),
        ({"chunk_size": 0}, "chunk_size must be at least 1"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    case = random_case(0)
    with pytest.raises(ConfigError, match=message):
        rerank(case.query, case.gallery, **options)


@pytest.mark.parametrize(
    ("query", "gallery", "message"),
    [
        (torch.ones(2, 3), torch.ones(2, 4), r"one width, got \(2, 3\) and \(2, 4\)"),
        (torch.ones(0, 3), torch.ones(2, 3), "at least one query"),
        (torch.ones(2, 3), torch.ones(0, 3), "at least one query"),
        (torch.ones(2, 3), torch.full((2, 3), torch.nan), "2 of 4 rows hold NaN"),
    ],
)
def test_bad_features_are_named(query: torch.Tensor, gallery: torch.Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rerank(query, gallery)
