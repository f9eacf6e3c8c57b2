"""Overlays: which is found, what it changes, and how its faults are told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.errors import SkillError
from automl.skill import load_skill
from automl.skill.overlay_file import action_overlays, packaged_overlays
from automl.space import Space, build_space
from automl.spec import build_spec

RATE = {"type": "float", "default": 0.001, "minimum": 0.0, "maximum": 0.01}


def make_skill(folder: Path, arch: str = "some_arch", **more: Any) -> Path:
    """A skill whose list names a momentum and a disabled width, and no learning rate."""
    document = {
        "automl_default_parameters": ["optim.momentum"],
        "automl_disabled_parameters": ["model.width"],
        "properties": {
            "optim": {
                "properties": {
                    "lr": {**RATE, **more},
                    "momentum": {"type": "float", "default": 0.9, "minimum": 0, "maximum": 1},
                }
            },
            "model": {"properties": {"width": {"type": "int", "default": 8, "minimum": 1}}},
        },
    }
    for name in ("schemas", "references"):
        (folder / name).mkdir(parents=True)
    (folder / "schemas" / "train.schema.json").write_text(json.dumps(document))
    spec = {"optim": {"lr": 0.001, "momentum": 0.9}, "model": {"width": 8}}
    (folder / "references" / "spec_template_train.yaml").write_text(yaml.safe_dump(spec))
    info = {
        "name": "theirs",
        "network_arch": arch,
        "automl_enabled": True,
        "actions": {"train": {"command": ["true", "{config_path}"]}},
    }
    (folder / "references" / "skill_info.yaml").write_text(yaml.safe_dump(info))
    return folder


def write(path: Path, **parameters: Any) -> Path:
    path.write_text(yaml.safe_dump({"parameters": parameters}))
    return path


def space_of(folder: Path, overlay: str | None = None) -> Space:
    skill = load_skill(folder, overlay)
    resolved = build_spec(skill, "train")
    return build_space(skill.schema("train"), resolved.values, action="train")


def test_a_users_overlay_includes_leaves_out_and_gives_ranges(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill")
    rate = {"include": True, "search": [1e-4, 1.0], "scale": "log", "reason": "it matters"}
    parameters = {
        "optim.lr": {**rate, "source": "a paper"},
        "optim.momentum": {"leave_out": True, "reason": "it does not"},
        "model.width": {"include": True, "reason": "why not"},
    }
    overlay = write(tmp_path / "mine.yaml", **parameters)
    space = space_of(folder, str(overlay))
    assert space.names == ("optim.lr", "model.width")
    lr = space.parameters[0]
    assert (lr.shape()["low"], lr.shape()["high"], lr.shape()["log"]) == (1e-4, 0.01, True)
    assert lr.reason.endswith("it matters [a paper]")
    assert "the overlay's search range" in lr.reason
    assert [(out.name, out.reason) for out in space.left_out] == [
        ("optim.momentum", "overlay: it does not")
    ]


def test_a_reason_that_the_schema_gives_too_is_told_once(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill")
    name = "model.width"
    overlay = write(tmp_path / "a.yaml", **{name: {"include": True, "reason": "a size"}})
    reasons = {each.name: each.reason for each in space_of(folder, str(overlay)).parameters}
    own = reasons[name].removesuffix("; overlay: a size")
    assert own != reasons[name]
    overlay = write(tmp_path / "b.yaml", **{name: {"include": True, "reason": own}})
    reasons = {each.name: each.reason for each in space_of(folder, str(overlay)).parameters}
    assert reasons[name] == own


def test_a_collection_stands_for_every_leaf_below_it(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill")
    parameters = {
        "optim": {"leave_out": True, "reason": "all of it"},
        "optim.lr": {"include": True, "reason": "but this"},
    }
    assert space_of(folder, str(write(tmp_path / "o.yaml", **parameters))).names == ("optim.lr",)


def test_the_skills_own_overlay_is_found_and_none_turns_it_off(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill")
    before = load_skill(folder).digest()
    write(folder / "automl.yaml", **{"optim.lr": {"include": True, "reason": "it matters"}})
    assert space_of(folder).names == ("optim.lr", "optim.momentum")
    assert space_of(folder, "none").names == ("optim.momentum",)
    assert load_skill(folder).digest() != before


def test_a_packaged_overlay_is_found_by_network_arch(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill", arch="action_recognition")
    skill = load_skill(folder)
    assert skill.overlay is not None
    assert skill.overlay.packaged
    own = load_skill(make_skill(tmp_path / "own", "action_recognition", x_automl={"scale": "log"}))
    assert own.schema("train").overlay == {}  # it speaks for itself


def test_what_a_packaged_overlay_does_not_know_is_a_warning(tmp_path: Path) -> None:
    folder = make_skill(tmp_path / "skill")
    write(folder / "automl.yaml", **{"optim.gone": {"leave_out": True, "reason": "gone"}})
    assert any("optim.gone is no parameter" in one for one in space_of(folder).warnings)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"serach": [1, 2], "reason": "x"}, "optim.lr: serach: is not understood"),
        ({"search": [2, 1], "reason": "x"}, "search: must be [low, high]"),
        ({"scale": "exp", "reason": "x"}, "scale: must be 'log' or 'linear'"),
        ({"include": "yes", "reason": "x"}, "include: must be true or false"),
        ({"include": True}, "reason: is missing"),
        ({"include": True, "leave_out": True, "reason": "x"}, "contradict"),
        (None, "must be a mapping"),
    ],
)
def test_faults_of_a_users_overlay_are_errors(tmp_path: Path, said: Any, fault: str) -> None:
    folder = make_skill(tmp_path / "skill")
    overlay = write(tmp_path / "mine.yaml", **{"optim.lr": said})
    with pytest.raises(SkillError) as caught:
        load_skill(folder, str(overlay))
    assert fault in str(caught.value)


def test_a_missing_overlay_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="no such file"):
        load_skill(make_skill(tmp_path / "skill"), str(tmp_path / "none.yaml"))


def test_every_packaged_overlay_is_sound() -> None:
    overlays = packaged_overlays()
    assert len(overlays) > 20
    for arch, overlay in overlays.items():
        assert overlay.problems == (), arch
        assert overlay.network_arch is not None
        assert overlay.network_arch.replace("-", "_") == arch
        assert overlay.entries


def test_every_entry_of_a_packaged_overlay_has_a_reason_and_a_source() -> None:
    silent = [
        f"{arch}: {name}"
        for arch, overlay in {**packaged_overlays(), **action_overlays()}.items()
        for name, entry in overlay.entries.items()
        if not (entry.reason.strip() and entry.source.strip())
    ]
    assert silent == []
