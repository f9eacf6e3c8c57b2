"""Standard errors: against a plain bootstrap, the textbook formula, and other persons' scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from retrieval_references import random_case
from torch import Tensor

from reid_model.retrieval import RetrievalResult, evaluate_retrieval
from reid_model.retrieval.standard_error import REPLICATES, standard_errors


def queries(seed: int, people: int, most: int = 6) -> tuple[Tensor, Tensor]:
    """Scores (n, 2) of queries that resemble each other within a person, and their pids."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, most + 1, people)
    skill = np.repeat(random.normal(size=people), counts)
    hits = (random.normal(size=len(skill)) + 2 * skill > 0).astype(float)
    scores = np.stack([hits, 1 / (1 + np.exp(-skill))], axis=1)
    return torch.from_numpy(scores), torch.from_numpy(np.repeat(np.arange(people) * 7, counts))


def slow_bootstrap(scores: Tensor, pids: Tensor, draws: int) -> list[float]:
    """Persons drawn one by one, their queries pooled."""
    random = np.random.default_rng(5)
    people = [scores[pids == pid].numpy() for pid in torch.unique(pids)]
    count = len(people)
    means = [
        np.concatenate([people[place] for place in random.integers(count, size=count)]).mean(axis=0)
        for _ in range(draws)
    ]
    spread: list[float] = (np.std(means, axis=0) * math.sqrt(count / (count - 1))).tolist()
    return spread


@pytest.mark.parametrize("people", [4, 12, 60])
def test_as_a_plain_bootstrap_over_persons(people: int) -> None:
    scores, pids = queries(people, people)
    found = standard_errors(scores, pids)
    # Each of the two is within some 2 % of their common limit.
    assert found == pytest.approx(slow_bootstrap(scores, pids, 2 * REPLICATES), rel=0.1)


def test_with_one_query_each_it_is_the_textbook_formula() -> None:
    scores, pids = queries(1, 400, most=1)
    expected = (scores.std(dim=0) / math.sqrt(400)).tolist()
    assert standard_errors(scores, pids) == pytest.approx(expected, rel=0.08)


def test_it_covers_what_other_persons_would_give() -> None:
    """Over many draws of 20 persons the mean square of the error is the variance of the score."""
    found, means = [], []
    for seed in range(400):
        scores, pids = queries(seed + 1000, 20)
        errors = standard_errors(scores, pids)
        assert errors is not None
        found.append(np.square(errors))
        means.append(scores.mean(dim=0).numpy())
    assert np.mean(found, axis=0) == pytest.approx(np.var(means, axis=0), rel=0.2)


def test_order_and_names_of_queries_play_no_part_and_draws_repeat() -> None:
    scores, pids = queries(3, 30)
    order = torch.randperm(len(pids), generator=torch.manual_seed(1))
    expected = standard_errors(scores, pids)
    assert standard_errors(scores, pids) == expected
    assert standard_errors(scores[order], pids[order] * 3 + 1) == pytest.approx(expected, rel=1e-9)


def test_one_person_has_no_error_and_equal_scores_have_none_left() -> None:
    scores, pids = queries(4, 8)
    assert standard_errors(scores, torch.zeros_like(pids)) is None
    assert standard_errors(torch.ones_like(scores), pids) == [0.0, 0.0]


def scored(seed: int, pids: int) -> RetrievalResult:
    return evaluate_retrieval(*random_case(seed, queries=30, images=90, pids=pids).everything)


def test_a_result_carries_them_with_its_resolution() -> None:
    result = scored(2, 6)
    uncertainty = result.uncertainty
    assert uncertainty["cmc_rank_1_se"] == result.rank_1_se
    assert uncertainty["mAP_se"] == result.mAP_se
    assert uncertainty["cmc_rank_1_resolution"] == 1 / result.num_valid_queries
    assert 0 < uncertainty["mAP_se"] < uncertainty["cmc_rank_1_se"] < 0.5
