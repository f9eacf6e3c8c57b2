"""The limits of packaged overlays, on data in the forms that those skills read."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.launch.planning.count_data import data_counter
from automl.skill import read_schema
from automl.skill.overlay_file import packaged_overlays
from automl.space import build_space
from automl.spec.nested import merge, set_path

SKILL: Any = SimpleNamespace(directory=Path())
OVERLAYS = packaged_overlays()
LIMITED = {
    arch: (name, entry.annotations.at_most)
    for arch, overlay in OVERLAYS.items()
    for name, entry in overlay.entries.items()
    if entry.annotations.at_most is not None
}


def text(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return str(path)


def folder(path: Path, *names: str) -> str:
    for name in names:
        text(path / name, "x")
    return str(path)


def coco(path: Path, images: int, boxes: int) -> str:
    return text(path, json.dumps({"images": [{}] * images, "annotations": [{}] * boxes}))


def numbered(pattern: str, count: int) -> list[str]:
    return [pattern.format(n) for n in range(count)]


def icdar(root: Path) -> list[str]:
    names = [*numbered("img/{}.jpg", 3), *numbered("gt/gt_{}.txt", 3)]
    return [folder(root / each, *names) for each in ("one", "two")]


def clouds(root: Path) -> str:
    kinds = ("train/lidar/{}.bin", "train/label/{}.txt", "val/lidar/{}.bin")
    return folder(root, *(name for kind in kinds for name in numbered(kind, 5)))


def masks(root: Path) -> str:
    kinds = ("images/train/{}.png", "images/val/{}.png", "masks/train/{}.png")
    return folder(root, *(name for kind in kinds for name in numbered(kind, 6)))


# form of the data -> what writes them and returns the value of the spec key, and how much is there
MADE: dict[str, tuple[Callable[[Path], Any], int]] = {
    "coco": (lambda r: [{"json_file": coco(r / f"{n}.json", n, 9)} for n in (3, 4)], 7),
    "odvg": (lambda r: [{"json_file": text(r / "o.jsonl", "{}\n" * 5)}], 5),
    "list": (lambda r: [{"data_file": text(r / f"{n}.txt", "l r d\n" * n)} for n in (2, 4)], 6),
    "boxes": (lambda r: coco(r / "a.json", 2, 5), 5),
    "panoptic": (lambda r: coco(r / "a.json", 5, 9), 5),
    "table": (lambda r: text(r / "d.csv", "input,golden,label\n" + "a,b,PASS\n" * 4), 4),
    "icdar": (icdar, 6),
    "clouds": (clouds, 5),
    "masks": (masks, 6),
    "poses": (lambda r: folder(r, *numbered("{}.png", 4), *numbered("{}.json", 4)), 4),
    "pictures": (lambda r: folder(r, *numbered("a/{}.jpg", 3), *numbered("b/{}.png", 2)), 5),
}
FORMS = {
    "dino": "coco", "rtdetr": "coco", "deformable_detr": "coco",
    "grounding_dino": "odvg", "mask_grounding_dino": "odvg",
    "depth_net_mono": "list", "depth_net_stereo": "list",
    "mal": "boxes", "oneformer": "panoptic",
    "optical_inspection": "table", "visual_changenet": "table",
    "nv_tesseract_ad_diffusion": "table",
    "ocdnet": "icdar", "pointpillars": "clouds", "segformer": "masks", "centerpose": "poses",
    "classification_pyt": "pictures", "dinov3": "pictures", "nvdinov2": "pictures",
    "mae": "pictures", "ml_recog": "pictures", "re_identification": "pictures",
}  # fmt: skip


def test_every_limit_has_a_case() -> None:
    assert FORMS.keys() == LIMITED.keys()


@pytest.mark.parametrize("arch", FORMS)
@pytest.mark.parametrize("gpus", [1, 2])
def test_a_batch_is_no_larger_than_the_training_set(arch: str, gpus: int, tmp_path: Path) -> None:
    name, limit = LIMITED[arch]
    assert limit is not None
    make, there = MADE[FORMS[arch]]
    data = make(tmp_path / "data")
    values: dict[str, Any] = {}
    set_path(values, "train.num_gpus", gpus)
    set_path(values, (limit.of or "").partition("[")[0], data)
    set_path(values, name, 1)
    schema = OVERLAYS[arch].apply(read_schema({"properties": _nested(values)}, "test"))
    found = build_space(
        schema, merge({}, values), search=[name], counter=data_counter(SKILL, values)
    )
    (parameter,) = found.parameters
    assert parameter.high == there // (gpus if limit.per else 1)
    assert f"at most {there:g} {limit.what}" in parameter.reason


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a schema with a whole number for each one among nested values."""
    whole = {"type": "int", "minimum": 1, "maximum": 512}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found[name] = {"type": "collection", "properties": _nested(value)}
        elif isinstance(value, int):
            found[name] = {**whole, "default": value}
        else:
            found[name] = {"type": "list" if isinstance(value, list) else "string"}
    return found
