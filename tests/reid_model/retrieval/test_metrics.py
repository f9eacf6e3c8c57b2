from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from retrieval_references import Case, random_case, slow_distances, slow_scores, tied_cases

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval import (
    DISTANCES,
    Distance,
    RetrievalResult,
    evaluate_distances,
    evaluate_retrieval,
    pairwise_distances,
)


def same(left: RetrievalResult, right: RetrievalResult) -> bool:
    return torch.equal(left.cmc, right.cmc) and all(
        getattr(left, name) == getattr(right, name)
        for name in ("mAP", "mINP", "num_valid_queries", "rank_1_se", "mAP_se")
    )


def assert_scores(result: RetrievalResult, case: Case, max_rank: int) -> None:
    expected = slow_scores(slow_distances(case.query, case.gallery), case, max_rank)
    assert expected is not None
    cmc, mean_precision, mean_inp, valid = expected
    assert result.cmc.dtype == torch.float64
    assert result.cmc.tolist() == pytest.approx(cmc, abs=1e-12)
    assert result.mAP == pytest.approx(mean_precision, abs=1e-12)
    assert result.mINP == pytest.approx(mean_inp, abs=1e-12)
    assert result.num_valid_queries == valid


@given(case=tied_cases(), max_rank=st.integers(1, 20), chunk_size=st.integers(1, 6))
@settings(max_examples=300)
def test_ties_junk_and_distractors_as_in_the_slow_loop(
    case: Case, max_rank: int, chunk_size: int
) -> None:
    if slow_scores(slow_distances(case.query, case.gallery), case, max_rank) is None:
        with pytest.raises(DataError, match="no valid query"):
            evaluate_retrieval(*case.everything, max_rank=max_rank)
        return
    result = evaluate_retrieval(*case.everything, max_rank=max_rank, chunk_size=chunk_size)
    assert_scores(result, case, max_rank)


@pytest.mark.parametrize("seed", range(8))
def test_random_features_as_in_the_slow_loop(seed: int) -> None:
    case = random_case(seed, queries=20, images=90, width=16, pids=6)
    assert_scores(evaluate_retrieval(*case.everything, max_rank=25), case, 25)


@pytest.mark.parametrize("seed", range(4))
def test_duplicated_images_are_exact_ties(seed: int) -> None:
    case = random_case(seed, images=30, width=61)
    shuffled = torch.randint(30, (90,), generator=torch.manual_seed(seed))
    pids = torch.randint(-1, 5, (90,), generator=torch.manual_seed(seed + 100))
    case = replace(
        case,
        gallery=case.gallery[shuffled],
        gallery_pids=pids,
        gallery_camids=case.gallery_camids[shuffled],
    )
    assert_scores(evaluate_retrieval(*case.everything), case, 50)


def test_a_tie_goes_to_the_earlier_gallery_image() -> None:
    case = Case(
        query=torch.tensor([[0.1, 0.9, 0.1]]),
        gallery=torch.tensor([[0.3, 0.7, 0.2], [0.3, 0.7, 0.2]]),
        query_pids=torch.tensor([7]),
        gallery_pids=torch.tensor([7, 8]),
        query_camids=torch.tensor([0]),
        gallery_camids=torch.tensor([1, 1]),
    )
    before = call(case, max_rank=2)
    after = call(case, gallery_pids=torch.tensor([8, 7]), max_rank=2)
    assert (before.cmc.tolist(), before.mAP) == ([1.0, 1.0], 1.0)
    assert (after.cmc.tolist(), after.mAP) == ([0.0, 1.0], 0.5)


@given(case=tied_cases())
@settings(max_examples=60)
def test_no_chunk_size_changes_a_bit(case: Case) -> None:
    if slow_scores(slow_distances(case.query, case.gallery), case, 1) is None:
        return
    whole = evaluate_retrieval(*case.everything, chunk_size=1000)
    for chunk_size in (1, 2, 3):
        assert same(evaluate_retrieval(*case.everything, chunk_size=chunk_size), whole)


def test_neither_chunk_size_nor_thread_count_changes_a_bit() -> None:
    case = random_case(3, queries=70, images=400, width=129, pids=9)
    case = replace(case, gallery=torch.cat([case.gallery[:200]] * 2))
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            results += [evaluate_retrieval(*case.everything, chunk_size=size) for size in (9, 70)]
    finally:
        torch.set_num_threads(threads)
    assert all(same(result, results[0]) for result in results)


def test_a_collapsed_model_is_scored_by_gallery_order() -> None:
    case = random_case(1)
    case = replace(case, query=torch.ones(12, 7), gallery=torch.ones(40, 7))
    assert_scores(evaluate_retrieval(*case.everything, chunk_size=5), case, 50)


@pytest.mark.parametrize("distance", DISTANCES)
def test_given_distances_score_like_their_features(distance: Distance) -> None:
    case = random_case(5, images=60)
    case = replace(case, gallery=torch.cat([case.gallery[:30]] * 2))
    whole = evaluate_retrieval(*case.everything, distance=distance)
    matrix = pairwise_distances(case.query, case.gallery, distance)
    assert same(evaluate_distances(matrix, *case.labels, chunk_size=5), whole)
    assert same(evaluate_retrieval(*case.everything), whole)


@given(case=tied_cases(), data=st.data())
@settings(max_examples=100)
def test_any_given_distances_as_in_the_slow_loop(case: Case, data: st.DataObject) -> None:
    shape = len(case.query), len(case.gallery)
    values = st.sampled_from([-2.0, -0.0, 0.0, 1e-300, 1.0, 1.0 + 2.0**-52, 1e300])
    numbers = data.draw(
        st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    )
    matrix = torch.tensor(numbers, dtype=torch.float64).view(shape)
    expected = slow_scores(matrix.numpy(), case, 5)
    if expected is None:
        return
    result = evaluate_distances(matrix, *case.labels, max_rank=5)
    assert result.cmc.tolist() == pytest.approx(expected[0], abs=1e-12)
    assert result.mAP == pytest.approx(expected[1], abs=1e-12)
    assert result.mINP == pytest.approx(expected[2], abs=1e-12)


def test_inputs_are_left_alone() -> None:
    case = random_case(0)
    matrix = pairwise_distances(case.query, case.gallery)
    copies = [tensor.clone() for tensor in (matrix, *case.everything)]
    evaluate_retrieval(*case.everything)
    evaluate_distances(matrix, *case.labels)
    assert all(map(torch.equal, copies, (matrix, *case.everything)))


def test_a_small_gallery_repeats_the_last_cmc_value() -> None:
    features = torch.eye(2)
    ones, twos = torch.tensor([1]), torch.tensor([1, 2])
    result = evaluate_retrieval(
        features[:1], features, ones, twos, torch.tensor([0]), torch.tensor([1, 1]), max_rank=50
    )
    assert result.cmc.tolist() == [1.0] * 50
    assert (result.mAP, result.mINP, result.num_valid_queries) == (1.0, 1.0, 1)


def test_queries_without_a_match_are_not_counted() -> None:
    features = torch.eye(3)
    result = evaluate_retrieval(
        features,
        features,
        torch.tensor([1, 2, 9]),
        torch.tensor([1, 2, 3]),
        torch.tensor([0, 0, 0]),
        torch.tensor([1, 0, 1]),
    )
    assert (result.num_valid_queries, result.mAP) == (1, 1.0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_changes_no_bit() -> None:
    case = random_case(4, queries=70, images=400, width=129, pids=9)
    case = replace(case, gallery=torch.cat([case.gallery[:200]] * 2))
    moved = Case(*[tensor.cuda() for tensor in case.everything])
    assert same(evaluate_retrieval(*moved.everything), evaluate_retrieval(*case.everything))


def call(case: Case, **changes: Any) -> RetrievalResult:
    options = {
        key: changes.pop(key) for key in ("max_rank", "distance", "chunk_size") if key in changes
    }
    return evaluate_retrieval(*replace(case, **changes).everything, **options)


@pytest.mark.parametrize(
    ("pid", "camid", "message"),
    [
        (77, 1, r"no query pid occurs in the gallery \(query pids 1; gallery pids 77\)"),
        (1, 0, r"12 of 12 queries share a pid with the gallery, but only .*same camera"),
        (-1, 1, r"junk only \(all 40 images have pid -1\)"),
    ],
)
def test_no_valid_query_says_why(pid: int, camid: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call(
            random_case(0),
            query_pids=torch.ones(12).long(),
            query_camids=torch.zeros(12).long(),
            gallery_pids=torch.full((40,), pid),
            gallery_camids=torch.full((40,), camid),
        )


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"max_rank": 0}, ConfigError, "max_rank must be at least 1"),
        ({"chunk_size": 0}, ConfigError, "chunk_size must be at least 1"),
        ({"distance": "manhattan"}, ConfigError, "euclidean, cosine, got 'manhattan'"),
        ({"query": torch.ones(12, 6)}, DataError, "6 dimensions, gallery features 7"),
        ({"query": torch.full((12, 7), torch.nan)}, DataError, "query_features: 12 of 12 rows"),
        ({"gallery": torch.full((40, 7), torch.inf)}, DataError, "gallery_features: 40 of 40"),
        ({"query_pids": torch.ones(11).long()}, DataError, "query_pids has 11 entries for 12"),
        ({"gallery_camids": torch.ones(40)}, DataError, "gallery_camids must be a vector of int"),
        ({"gallery_pids": torch.ones(40, 1).long()}, DataError, "gallery_pids must be a vector"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(random_case(0), **changes)


def test_empty_sets_say_so() -> None:
    case, none = random_case(0), torch.zeros(0, dtype=torch.int64)
    with pytest.raises(DataError, match="query set is empty"):
        call(case, query=torch.ones(0, 7), query_pids=none, query_camids=none)
    with pytest.raises(DataError, match="gallery is empty"):
        call(case, gallery=torch.ones(0, 7), gallery_pids=none, gallery_camids=none)


def test_given_distances_are_checked() -> None:
    case = random_case(0)
    matrix = pairwise_distances(case.query, case.gallery)
    with pytest.raises(DataError, match="floating-point matrix"):
        evaluate_distances(matrix.long(), *case.labels)
    with pytest.raises(DataError, match="query_pids has 12 entries for 11"):
        evaluate_distances(matrix[:11], *case.labels)
    matrix[4, int((case.gallery_pids != -1).nonzero()[0])] = torch.nan
    with pytest.raises(DataError, match="queries 3 to 5 hold NaN"):
        evaluate_distances(matrix, *case.labels, chunk_size=3)
