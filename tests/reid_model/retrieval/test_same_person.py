from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from retrieval_references import Case, random_case, slow_distances, tied_cases

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval import DISTANCES, Distance, pairwise_distances, verification


def judged_pairs(case: Case) -> tuple[list[float], list[float]]:
    """Distances of the genuine and of the impostor pairs."""
    matrix = slow_distances(case.query, case.gallery)
    genuine: list[float] = []
    impostor: list[float] = []
    for q in range(len(case.query)):
        for g in range(len(case.gallery)):
            pids = int(case.query_pids[q]), int(case.gallery_pids[g])
            if -1 not in pids and case.query_camids[q] != case.gallery_camids[g]:
                (genuine if pids[0] == pids[1] else impostor).append(float(matrix[q, g]))
    return genuine, impostor


def best_rates(genuine: list[float], impostor: list[float], rate: Fraction) -> tuple[float, float]:
    """(TPR, FPR) of the most generous threshold that keeps the false positive rate."""

    def share(values: list[float], threshold: float) -> Fraction:
        return Fraction(sum(value < threshold for value in values), len(values))

    legal = [t for t in [*genuine, *impostor, 9.0] if share(impostor, t) <= rate]
    best = max(legal)
    return float(share(genuine, best)), float(share(impostor, best))


def assert_like_slow(case: Case, fprs: list[float], chunk_size: int) -> None:
    genuine, impostor = judged_pairs(case)
    result = verification(*case.everything, fprs=fprs, chunk_size=chunk_size)
    assert (result.num_genuine_pairs, result.num_impostor_pairs) == (len(genuine), len(impostor))
    for point, rate in zip(result.points, fprs, strict=True):
        tpr, fpr = best_rates(genuine, impostor, Fraction(str(rate)))
        assert (point.target_fpr, point.tpr, point.fpr) == (rate, tpr, fpr)


@given(
    case=tied_cases(),
    fprs=st.lists(st.sampled_from([0.001, 0.1, 0.25, 0.5, 0.9]), min_size=1, max_size=3),
    chunk_size=st.integers(1, 5),
)
@settings(max_examples=150)
def test_tied_pairs_as_in_the_slow_loop(case: Case, fprs: list[float], chunk_size: int) -> None:
    if not all(judged_pairs(case)):
        with pytest.raises(DataError):
            verification(*case.everything)
        return
    assert_like_slow(case, fprs, chunk_size)


@pytest.mark.parametrize("seed", range(4))
def test_random_pairs_as_in_the_slow_loop(seed: int) -> None:
    case = random_case(seed, queries=20, images=80, width=12)
    assert_like_slow(case, [0.3, 0.01, 0.002, 1e-5], chunk_size=7)


def test_a_rate_is_the_decimal_that_was_written() -> None:
    """0.3 of ten pairs is three, although the float 0.3 is below it."""
    angles = torch.arange(1, 12) / 12.0
    gallery = torch.stack([angles.cos(), angles.sin()], 1)
    result = verification(
        torch.tensor([[1.0, 0.0]]),
        gallery,
        torch.tensor([5]),
        torch.tensor([1, 1, 1, 1, 1, 5, 1, 1, 1, 1, 1]),
        torch.tensor([0]),
        torch.ones(11, dtype=torch.int64),
        fprs=(0.3, 0.6),
    )
    assert [(point.fpr, point.tpr) for point in result.points] == [(0.3, 0.0), (0.6, 1.0)]


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_threshold_judges_the_distances_that_we_hand_out(distance: Distance) -> None:
    case = random_case(3, queries=20, images=80)
    result = verification(*case.everything, fprs=(0.05,), distance=distance)
    accepted = pairwise_distances(case.query, case.gallery, distance) < result.points[0].threshold
    other_camera = case.query_camids[:, None] != case.gallery_camids
    same_pid = case.query_pids[:, None] == case.gallery_pids
    impostor = other_camera & ~same_pid & (case.gallery_pids != -1)
    assert float(accepted[other_camera & same_pid].double().mean()) == result.points[0].tpr
    assert float(accepted[impostor].double().mean()) == result.points[0].fpr


def test_the_suggested_point_accepts_one_impostor_in_ten_thousand() -> None:
    case = random_case(5, queries=150, images=250, width=4)
    result = verification(*case.everything)
    assert [point.target_fpr for point in result.points] == [1e-3, 1e-4, 1e-5]
    assert result.suggested == result.points[1]
    assert 20_000 > result.num_impostor_pairs > 10_000
    assert result.suggested.fpr == 1 / result.num_impostor_pairs


def test_no_chunk_size_changes_the_result() -> None:
    case = random_case(6, queries=30, images=150)
    case = replace(case, gallery=torch.cat([case.gallery[:75]] * 2))
    results = [verification(*case.everything, fprs=(0.1,), chunk_size=c) for c in (1, 7, 100)]
    assert results[0] == results[1] == results[2]


def test_one_person_only_is_refused() -> None:
    ones = torch.ones(3, dtype=torch.int64)
    with pytest.raises(DataError, match="at least two persons and two cameras"):
        verification(torch.eye(3), torch.eye(3), ones, ones, ones, ones + 1)


def test_no_genuine_pair_says_why() -> None:
    ones = torch.ones(3, dtype=torch.int64)
    with pytest.raises(DataError, match="same camera"):
        verification(torch.eye(3), torch.eye(3), ones, ones, ones, ones)


@pytest.mark.parametrize("fprs", [(), (0.0,), (0.1, 1.0), (float("nan"),)])
def test_rates_are_checked(fprs: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="rates between 0 and 1"):
        verification(*random_case(0).everything, fprs=fprs)
