"""The comparison notebook: executed, without errors, and without paths of the machine it ran on."""

import ast
import json
import re
from typing import Any

from project_paths import ROOT

NOTEBOOK = ROOT / "experiments" / "compare_trials.ipynb"


def _cells(kind: str) -> list[dict[str, Any]]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    found = [cell for cell in cells if cell["cell_type"] == kind]
    assert found
    return found


def test_every_cell_ran_in_order_and_shows_something() -> None:
    code = _cells("code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = [output["output_type"] for cell in code for output in cell["outputs"]]
    assert set(kinds) == {"execute_result", "display_data"}
    assert len(kinds) >= len(code) - 1


def test_it_shows_what_the_package_offers() -> None:
    source = "\n".join("".join(cell["source"]) for cell in _cells("code"))
    tree = ast.parse(source)
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {"load_trials", "load_epochs", "compare", "compare_pairs"} <= called


def test_its_figures_are_pictures() -> None:
    figures = [
        output["data"]["image/png"]
        for cell in _cells("code")
        for output in cell["outputs"]
        if output["output_type"] == "display_data"
    ]
    assert len(figures) >= 3
    assert all(len(figure) > 2_000 for figure in figures)


def test_it_is_of_the_reid_skill() -> None:
    source = "\n".join("".join(cell["source"]) for cell in _cells("code"))
    assert "cmc_rank_1" in source
    assert "short_names=True" in source
    assert "gain_low" in source


def test_it_is_small_and_knows_no_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert not re.findall(r"(?<![\w.<])/(?:tmp|home|root|work|usr)\b", text)
