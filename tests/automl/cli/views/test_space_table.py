"""The search space as text at any width: nothing is cut, and names stay whole."""

from dataclasses import replace

import pytest
from project_paths import SKILLS

from automl.cli.views.space_table import space_lines, space_table
from automl.cli.views.terminal import to_text
from automl.skill import load_skill
from automl.space import Space, build_space
from automl.spec import build_spec

SINK = SKILLS / "kitchen_sink"


@pytest.fixture(scope="module")
def space() -> Space:
    skill = load_skill(SINK)
    return build_space(skill.schema("train"), build_spec(skill, "train").values)


@pytest.mark.parametrize("width", [60, 80, 99])
def test_a_narrow_terminal_gets_each_reason_below_its_parameter(space: Space, width: int) -> None:
    lines = list(space_lines(space, width))
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines if line.startswith(space.names)] == list(space.names)
    words = " ".join(" ".join(lines).split())
    assert all(" ".join(parameter.reason.split()) in words for parameter in space.parameters)
    at = next(i for i, line in enumerate(lines) if line.startswith("train.optim.lr "))
    assert lines[at].split()[1:] == ["2e-05", "..", "0.002", "log", "0.0002"]
    assert lines[at + 1].startswith("    a rate: within a decade")


@pytest.mark.parametrize("width", [100, 120, 200])
def test_a_wide_one_gets_a_table(space: Space, width: int) -> None:
    lines = to_text(space_table(space), width).splitlines()
    assert max(map(len, lines)) <= width
    assert {line.split()[0] for line in lines if line[0] != " "} >= set(space.names)


def test_a_long_path_in_a_reason_is_folded_and_not_cut(space: Space) -> None:
    path = "some_owner/some_repository/" + "a_folder/" * 20 + "a_file.py"
    told = replace(space, parameters=(replace(space.parameters[0], reason=path),))
    table = to_text(space_table(told), 100)
    assert "…" not in table
    assert "a_file.py" in "".join(table.split())
