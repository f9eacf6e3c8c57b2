import pytest
import torch

from reid_model.errors import DataError
from reid_model.retrieval.fixed_point import (
    SQUARED_UNIT,
    UNIT,
    fixed_vectors,
    squared_distances,
    squared_pair_distances,
)


def integer_distances(left: torch.Tensor, right: torch.Tensor) -> list[list[int]]:
    rows, cols = ([[int(v) for v in row] for row in m.tolist()] for m in (left, right))
    return [[sum((a - b) ** 2 for a, b in zip(r, c, strict=True)) for c in cols] for r in rows]


@pytest.mark.parametrize("width", [1, 3, 256, 2048])
def test_distances_are_the_exact_integers(width: int) -> None:
    vectors = fixed_vectors(torch.randn(6, width, generator=torch.manual_seed(width)), "features")
    opposite = fixed_vectors(-vectors.values, "features")
    for other in (vectors, opposite):
        expected = integer_distances(vectors.values, other.values)
        assert [[int(v) for v in row] for row in squared_distances(vectors, other)] == expected


def test_pair_distances_are_those_of_the_matrix() -> None:
    vectors = fixed_vectors(torch.randn(9, 33, generator=torch.manual_seed(0)), "features")
    matrix = squared_distances(vectors, vectors)
    rows, cols = torch.tensor([0, 8, 3, 3]), torch.tensor([1, 2, 3, 7])
    assert torch.equal(squared_pair_distances(vectors, rows, cols), matrix[rows, cols])


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_normalised_whatever_the_type_and_magnitude(dtype: torch.dtype, scale: float) -> None:
    if dtype is torch.float16 and scale != 1.0:
        pytest.skip("beyond the range of float16")
    features = (torch.randn(5, 17, generator=torch.manual_seed(1)) * scale).to(dtype)
    expected = torch.nn.functional.normalize(features.double(), eps=0.0)
    values = fixed_vectors(features, "features").values / UNIT
    torch.testing.assert_close(values, expected, atol=2.0**-25, rtol=0)


def test_a_row_does_not_depend_on_the_other_rows() -> None:
    features = torch.randn(2500, 19, generator=torch.manual_seed(2))
    together = fixed_vectors(features, "features").values
    for row in (0, 1023, 1024, 2499):
        assert torch.equal(together[row], fixed_vectors(features[row : row + 1], "f").values[0])


def test_a_zero_vector_stays_zero() -> None:
    vectors = fixed_vectors(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), "features")
    assert vectors.values.tolist() == [[0.0, 0.0], [round(UNIT * 0.6), round(UNIT * 0.8)]]
    assert float(squared_distances(vectors, vectors)[0, 1]) == pytest.approx(SQUARED_UNIT)


def test_rows_that_are_not_finite_are_counted_and_named() -> None:
    features = torch.ones(4, 3)
    features[1, 2] = torch.nan
    features[3, 0] = torch.inf
    with pytest.raises(DataError, match=r"features: 2 of 4 rows .*first: row 1"):
        fixed_vectors(features, "features")


@pytest.mark.parametrize(
    "features", [torch.ones(3), torch.ones(3, 0), torch.ones(3, 2, dtype=torch.int64)]
)
def test_only_floating_point_matrices(features: torch.Tensor) -> None:
    with pytest.raises(DataError, match="query must be a floating-point matrix"):
        fixed_vectors(features, "query")
