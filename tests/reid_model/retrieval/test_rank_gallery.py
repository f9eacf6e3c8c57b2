from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from retrieval_references import Case, random_case, slow_distances, slow_order, tied_cases

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval import evaluate_distances, pairwise_distances, rank_gallery


@given(case=tied_cases(), k=st.integers(1, 16), chunk_size=st.integers(1, 5))
@settings(max_examples=150)
def test_the_slow_order_filled_up_with_minus_one(case: Case, k: int, chunk_size: int) -> None:
    matrix = pairwise_distances(case.query, case.gallery)
    if bool((case.gallery_pids == -1).all()):
        with pytest.raises(DataError, match="junk only"):
            rank_gallery(matrix, *case.labels, k)
        return
    ranked = rank_gallery(matrix, *case.labels, k, chunk_size=chunk_size)
    slow = slow_distances(case.query, case.gallery)
    for query, row in enumerate(ranked.tolist()):
        expected = slow_order(slow, case, query)[:k]
        assert row == expected + [-1] * (k - len(expected))


def test_it_is_the_order_that_is_scored() -> None:
    case = random_case(2, images=60)
    case = replace(case, gallery=torch.cat([case.gallery[:20]] * 3))
    matrix = pairwise_distances(case.query, case.gallery)
    ranked = rank_gallery(matrix, *case.labels, 60)
    right = (case.gallery_pids[ranked] == case.query_pids[:, None]) & (ranked >= 0)
    valid = right.any(1)
    expected = right[valid].cummax(1).values.double().mean(0)
    result = evaluate_distances(matrix, *case.labels, max_rank=60)
    torch.testing.assert_close(result.cmc, expected, atol=1e-15, rtol=0)


def test_some_rows_are_the_same_rows() -> None:
    case = random_case(6)
    matrix = pairwise_distances(case.query, case.gallery)
    whole = rank_gallery(matrix, *case.labels, 5)
    some = torch.tensor([7, 2])
    part = rank_gallery(
        matrix[some],
        case.query_pids[some],
        case.gallery_pids,
        case.query_camids[some],
        case.gallery_camids,
        5,
    )
    assert torch.equal(part, whole[some])


def test_errors() -> None:
    case = random_case(0)
    matrix = pairwise_distances(case.query, case.gallery)
    with pytest.raises(ConfigError, match="k must be at least 1"):
        rank_gallery(matrix, *case.labels, 0)
    with pytest.raises(DataError, match="floating-point matrix"):
        rank_gallery(matrix[0], *case.labels, 3)
