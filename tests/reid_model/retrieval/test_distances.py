import pytest
import torch
from retrieval_references import random_case, slow_distances

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval import DISTANCES, Distance, pairwise_distances
from reid_model.retrieval.distances import from_squared


def test_euclidean_as_in_the_slow_reference() -> None:
    case = random_case(0, width=32)
    expected = torch.from_numpy(slow_distances(case.query, case.gallery))
    actual = pairwise_distances(case.query, case.gallery)
    assert (actual.dtype, tuple(actual.shape)) == (torch.float64, (12, 40))
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=0)


def test_cosine_is_one_minus_the_similarity() -> None:
    case = random_case(1, width=32)
    expected = 1 - torch.nn.functional.cosine_similarity(
        case.query.double()[:, None], case.gallery.double()[None], dim=2
    )
    actual = pairwise_distances(case.query, case.gallery, "cosine")
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("distance", DISTANCES)
def test_equal_vectors_are_at_zero_and_the_length_does_not_matter(distance: Distance) -> None:
    features = torch.randn(20, 50, generator=torch.manual_seed(0))
    matrix = pairwise_distances(features, features * 4, distance)
    assert matrix.diagonal().tolist() == [0.0] * 20
    assert torch.equal(matrix, matrix.T)


@pytest.mark.parametrize("distance", DISTANCES)
def test_neighbouring_squared_distances_stay_apart(distance: Distance) -> None:
    for bits in (0, 10, 40, 49, 50):
        squared = float(1 << bits) + torch.arange(-1, 50, dtype=torch.float64).clamp(min=-1)
        assert bool((from_squared(squared, distance).diff() > 0).all())


def test_errors() -> None:
    with pytest.raises(ConfigError, match="euclidean, cosine"):
        pairwise_distances(torch.ones(1, 2), torch.ones(1, 2), "hamming")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="2 dimensions, gallery features 3"):
        pairwise_distances(torch.ones(1, 2), torch.ones(1, 3))
