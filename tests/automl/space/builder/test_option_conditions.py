"""Options of a choice that exist under some values of another parameter alone."""

from typing import Any

import pytest

from automl.errors import SpaceError
from automl.search.grid import grid
from automl.skill import Schema, read_schema
from automl.skill.overlay_file import action_overlays
from automl.space import RandomSuggest, Space, build_space
from automl.space.suggest import FixedSuggest
from automl.spec.nested import get_path

BACKENDS = ["modelopt.pytorch", "torchao", "modelopt.onnx"]
MODES = ["static_ptq", "weight_only_ptq"]
ALGORITHMS = ["minmax", "max", "entropy", "awq_clip", "awq_lite", "awq_full", "rtn_dq"]
ALL = ("quantize.backend", "quantize.mode", "quantize.algorithm")


def choice(options: list[Any], default: Any) -> dict[str, Any]:
    return {"type": "categorical", "enum": options, "default": default}


@pytest.fixture
def schema() -> Schema:
    """The schema of a bank's action quantize, in miniature, under the packaged overlay."""
    rate = {"type": "float", "default": 0.1, "minimum": 0.01, "maximum": 1.0}
    names = {
        "backend": choice(BACKENDS, "torchao"),
        "mode": choice(MODES, "weight_only_ptq"),
        "algorithm": choice(ALGORITHMS, "minmax"),
    }
    sections = {
        "quantize": {"type": "collection", "properties": names},
        "model": {"type": "collection", "properties": {"width": {**rate, "automl_enabled": True}}},
        "train": {"type": "collection", "properties": {"lr": {**rate, "automl_enabled": True}}},
        "dataset": {"type": "collection", "properties": {"crop": rate}},
    }
    overlay = action_overlays()["quantize"]
    plain = read_schema({"properties": sections, "automl_default_parameters": []}, "test")
    assert overlay.fits("quantize", plain)
    return overlay.apply(plain)


def space_of(schema: Schema, **user: Any) -> tuple[Space, dict[str, Any]]:
    search = user.pop("search", None)
    values = schema.defaults()
    values["quantize"].update(user)
    keys = [f"quantize.{name}" for name in user]
    return build_space(schema, values, user_keys=keys, search=search, action="quantize"), values


def drawn(space: Space, base: dict[str, Any]) -> set[tuple[str, ...]]:
    suggest = RandomSuggest(0)
    found = set()
    for _ in range(300):
        params = space.draw(suggest, base)
        spec = space.apply(params, base)
        assert all(get_path(spec, name) == value for name, value in params.items())
        assert space.draw(FixedSuggest(space.encode(params, base)), base) == params
        found.add(tuple(get_path(spec, name) for name in ALL))
    return found


LEGAL = {
    ("torchao", "weight_only_ptq", "minmax"),  # its algorithm is ignored
    *(("modelopt.pytorch", "static_ptq", each) for each in ("minmax", "max", "entropy")),
    *(("modelopt.onnx", "static_ptq", each) for each in ALGORITHMS),
}


def test_every_draw_has_the_options_of_its_backend(schema: Schema) -> None:
    space, base = space_of(schema, search=list(ALL))
    assert drawn(space, base) == LEGAL
    assert drawn(Space.from_json(space.to_json()), base) == LEGAL
    found = [space.apply(each, base) for each in grid(space, base)]
    assert {tuple(get_path(each, name) for name in ALL) for each in found} == LEGAL
    assert len(found) == len(LEGAL)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fixed_backend_leaves_its_options(schema: Schema, backend: str) -> None:
    space, base = space_of(schema, backend=backend)
    assert drawn(space, base) == {each for each in LEGAL if each[0] == backend}
    assert set(space.names) <= {"quantize.algorithm"}  # nothing of train or model
    (mode,) = (out.reason for out in space.left_out if out.name == "quantize.mode")
    assert mode.startswith("only ")


def test_what_the_user_sets_beside_it_narrows_the_backend(schema: Schema) -> None:
    space, base = space_of(schema, mode="static_ptq", search=["backend", "algorithm"])
    assert drawn(space, base) == {each for each in LEGAL if each[1] == "static_ptq"}
    space, base = space_of(schema, algorithm="rtn_dq", mode="static_ptq", backend="torchao")
    assert drawn(space, base) == {("torchao", "static_ptq", "rtn_dq")}  # the user's own


def test_an_option_alone_is_nothing_to_search(schema: Schema) -> None:
    with pytest.raises(SpaceError, match="quantize.mode: only 'weight_only_ptq' is possible"):
        space_of(schema, search=["mode"])


def test_the_overlay_is_for_schemas_that_have_what_it_names() -> None:
    other = read_schema({"properties": {"bits": choice([4, 8], 8)}}, "test")
    assert not action_overlays()["quantize"].fits("quantize", other)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "must map options to conditions"),
        ({"a": []}, "is an empty list"),
        ({"a": {"b": []}}, "b may have no value at all"),
    ],
)
def test_conditions_that_are_not_understood_are_faults_of_the_schema(said: Any, why: str) -> None:
    node = {**choice(["a", "b"], "a"), "x_automl": {"options_when": said}}
    found = read_schema({"properties": {"kind": node}}, "test")
    assert any("options_when" in str(one) and why in str(one) for one in found.issues)
