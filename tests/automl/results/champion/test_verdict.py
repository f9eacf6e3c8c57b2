"""A verdict's lines say what their numbers are."""

from types import SimpleNamespace
from typing import Any

import pytest

from automl.results.champion import verdict


@pytest.mark.parametrize(
    ("clear", "all_of_them", "said"),
    [
        (2, 2, "p0 20%, p1 20%"),
        (3, 9, "p0 20%, p1 20%, p2 20%; the other 6 do not stand out from chance"),
        (4, 9, "p0 20%, p1 20%, p2 20% and 1 more; the other 5 do not stand out from chance"),
    ],
)
def test_parameters_that_matter_are_all_counted(clear: int, all_of_them: int, said: str) -> None:
    items = [
        SimpleNamespace(name=f"p{index}", share=0.2, clear=index < clear)
        for index in range(all_of_them)
    ]
    run: Any = SimpleNamespace(importances=SimpleNamespace(items=items, reason=""), searched=[])
    assert verdict._mattered(run, {}) == said
