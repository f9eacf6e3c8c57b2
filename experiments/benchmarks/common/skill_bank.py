"""Writes a made-up bank of skills, as large and as varied as a real one, from a seed.

The real bank is not part of this repository; this one has the same shapes: nested collections with
lists of default and disabled names at every level, bounds that are infinite, blank or missing,
every type word, conditions between leaves, plain JSON Schema nodes. Every default is legal.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

Node = dict[str, Any]
INFINITY = float("inf")
SECTIONS = ("model", "dataset", "train", "augment", "loss", "evaluate", "export", "wandb")
WORDS = ("alpha", "head", "layer", "scale", "width", "block", "token", "patch", "stage", "depth")
OTHERS = ("evaluate", "inference", "export", "quantize")
ADAMS_OR_WARM = [
    {"train.optim.name": ["adam", "adamw"]},
    {"train.optim.name": ["sgd"], "train.warmup_epochs": [0, 1]},
]


class SchemaMaker:
    """Makes one train schema of roughly ``leaves`` leaves."""

    def __init__(self, seed: int | str, leaves: int) -> None:
        self.random = random.Random(f"skill bank {seed}")
        self.left = leaves
        self.default_names: list[str] = []
        self.disabled_names: list[str] = []
        self.numbers: dict[str, tuple[int, int, int]] = {}
        self.values: dict[str, Any] = {}

    def schema(self) -> Node:
        """The whole document."""
        properties: Node = {"results_dir": text(""), "encryption_key": text("")}
        properties["train"] = self.train_section()
        while self.left > 0:
            name = f"{self.random.choice(SECTIONS[:5])}_{len(properties)}"
            properties[name] = self.collection(name, depth=self.random.randint(1, 4))
        properties["evaluate"] = self.collection("evaluate", depth=1)
        disabled = sorted({*self.disabled_names, "train", "train.optim", "evaluate"})
        return {
            "automl_default_parameters": self.default_names,
            "automl_disabled_parameters": disabled,
            "default": defaults_of(properties),
            "popular": {"train": {"num_epochs": 10}},
            "properties": {"automl_disabled_parameters": ["train", "evaluate"], **properties},
            "type": "object",
        }

    def train_section(self) -> Node:
        """The section that every train schema has: epochs, optimiser, schedule."""
        lr = 10 ** self.random.uniform(-6, -1.5)
        epochs = self.random.choice([2, 10, 30, 120])
        optim: Node = {
            "name": choice(["adam", "sgd", "adamw"], "adam", automl_enabled=True),
            "lr": real(lr, 0.0, INFINITY, automl_enabled=True),
            "backbone_lr": real(lr / 10, "", "", automl_enabled=True),
            "min_lr": real(lr / 100, 0.0, 1.0, automl_enabled=True),
            "weight_decay": real(self.random.choice([0.0, 1e-4, 0.05]), 0.0, 1.0),
            "momentum": real(
                0.9, 0.0, 1.0, x_automl={"active_when": {"train.optim.name": ["sgd"]}}
            ),
            "beta_decay": real(0.5, 0.0, 1.0, x_automl={"active_when": ADAMS_OR_WARM}),
            "lr_steps": {"type": "list", "default": sorted({max(1, epochs // 2), epochs - 1})},
            "betas": {"type": "list_2", "default": [0.9, 0.999], "minimum": [0.0, 0.0]},
            "eps": real(1e-8, None, None),
        }
        names = ["name", "lr", "backbone_lr", "min_lr", "weight_decay", "momentum"]
        names += ["beta_decay", "lr_steps"]
        self.default_names += [f"train.optim.{name}" for name in names]
        self.values["train.optim.name"] = "adam"
        self.left -= len(optim) + 3
        return section(
            {
                "num_epochs": whole(epochs, 1, INFINITY),
                "num_gpus": whole(1, 1, INFINITY, automl_enabled=True),
                "warmup_epochs": whole(
                    1, 0, None, math_cond="<= depends_on", depends_on="train.num_epochs"
                ),
                "optim": section(optim),
            }
        )

    def collection(self, path: str, depth: int) -> Node:
        """A nested collection; its lists name leaves and inner collections by full path."""
        properties: Node = {}
        for index in range(self.random.randint(3, 12)):
            word = f"{self.random.choice(WORDS)}_{index}"
            inside = f"{path}.{word}"
            if depth > 0 and self.random.random() < 0.25:
                properties[word] = self.collection(inside, depth - 1)
                self.disabled_names.append(inside)
                continue
            properties[word] = self.leaf(inside)
            self.left -= 1
        return section(properties)

    def leaf(self, name: str) -> Node:
        """One leaf of a random kind, perhaps searched by default, perhaps disabled."""
        makers: list[Callable[[str], Node]] = [
            self.a_float, self.a_float, self.a_whole, self.a_whole, self.a_related, self.a_flag,
            self.a_choice, self.an_ordered, self.a_list, self.a_plain, self.a_power, self.a_text,
        ]  # fmt: skip
        node = self.random.choice(makers)(name)
        if self.random.random() < 0.3:
            node["automl_enabled"] = True
        elif self.random.random() < 0.2:
            self.default_names.append(name)
        if self.random.random() < 0.1:
            self.disabled_names.append(name)
        self.values[name] = node.get("default")
        return node

    def a_float(self, name: str) -> Node:
        """A float, its bounds finite, infinite, blank or missing."""
        value = round(10 ** self.random.uniform(-5, 3), 8)
        low = self.random.choice([0.0, value / 2, None, "", -INFINITY])
        high = self.random.choice([INFINITY, value * 2, value * 1e5, None, ""])
        node = real(value, low, high)
        if self.random.random() < 0.2:
            node["math_cond"] = self.random.choice(["> 0.0", ">0", "!= 0", f"> 0.0 <= {value * 3}"])
        if self.random.random() < 0.2:
            node["x_automl"] = {"scale": "log", "search": [value / 3, value * 1.5]}
        return node

    def a_whole(self, name: str) -> Node:
        """A whole number that later leaves may depend on."""
        value = self.random.choice([1, 2, 4, 8, 16, 64, 256, 1000])
        low = self.random.choice([1, 0, value // 2])
        high = value * self.random.choice([2, 10, 5000])
        node = whole(value, low, self.random.choice([high, high, INFINITY, None]))
        if value % 8 == 0 and self.random.random() < 0.4:
            node["math_cond"] = "/ 8"
        else:
            self.numbers[name] = (value, low, high)
        return node

    def a_related(self, name: str) -> Node:
        """A whole number bound to an earlier one."""
        if not self.numbers:
            return self.a_whole(name)
        parent, (value, low, high) = self.random.choice(list(self.numbers.items()))
        kind = self.random.choice(["above", "share", "multiple", "operator", "bare"])
        if kind == "above":
            return whole(value + 3, 0, 4 * high, math_cond="> depends_on", depends_on=parent)
        if kind == "share":
            return whole(value // 2, 0, high, math_cond="/ 2", depends_on=parent)
        if kind == "multiple" and value > 0:
            node = whole(value * 2, 1, 8 * high, math_cond="/ depends_on", depends_on=[parent])
            return {**node, "parent_param": "TRUE"}
        if kind == "operator":
            return whole(value, 0, high, depends_on=f"<= {parent}")
        return whole(value, low, high, depends_on=parent)

    def a_flag(self, name: str) -> Node:
        """A boolean."""
        return {"type": self.random.choice(["bool", "boolean"]), "default": True}

    def a_choice(self, name: str) -> Node:
        """A categorical of words or of mixed types, perhaps with weights."""
        enum: list[Any] = self.random.choice([["a", "b", "c"], ["x", 1, True, None], [0.1, 0.5]])
        node = choice(enum, enum[0])
        if self.random.random() < 0.5:
            node["option_weights"] = [1, *(self.random.randint(0, 3) for _ in enum[1:])]
        return node

    def an_ordered(self, name: str) -> Node:
        """An ordered enum of whole numbers."""
        return {"type": "ordered_int", "enum": [16, 32, 64, 128], "default": 64}

    def a_list(self, name: str) -> Node:
        """One of the list words."""
        options = ["flip", "crop", "jitter", "blur"]
        return self.random.choice(
            [
                {"type": "list", "default": [0.5, 0.5, 0.5]},
                {"type": "list_2", "default": [0.2, 0.8], "minimum": [0, 0], "maximum": [1, 1]},
                {"type": "list_3", "default": [1, 2, 3], "minimum": 0, "maximum": 9},
                {"type": "list_1_normal", "default": [1]},
                {"type": "subset_list", "enum": options, "default": options[:2]},
                {"type": "optional_list", "default": [1, 2]},
            ]
        )

    def a_plain(self, name: str) -> Node:
        """A node as plain JSON Schema writes it."""
        return self.random.choice(
            [
                {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}], "default": 1.5},
                {"type": ["integer", "null"], "minimum": 1, "maximum": 9, "default": None},
                {"enum": ["p", "q"], "default": "q"},
                {"const": 3},
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.5},
                {"type": "integer", "multipleOf": 4, "minimum": 4, "maximum": 64, "default": 8},
            ]
        )

    def a_power(self, name: str) -> Node:
        """A power of two."""
        return whole(256, 1, self.random.choice([4096, INFINITY]), math_cond="^ 2")

    def a_text(self, name: str) -> Node:
        """Free text, a mandatory key, or a free mapping."""
        mapping: Node = {"type": "collection", "default": {"embed": 768}}
        return self.random.choice([text(""), text("???"), text("dir/x"), mapping])


def section(properties: Node) -> Node:
    """A collection of properties with their defaults."""
    return {"type": "collection", "automl_enabled": False, "properties": properties}


def real(default: float, low: Any, high: Any, **more: Any) -> Node:
    """A float node."""
    return {"type": "float", "default": default, **bounds(low, high), **more}


def whole(default: int, low: Any, high: Any, **more: Any) -> Node:
    """An int node."""
    return {"type": "int", "default": default, **bounds(low, high), **more}


def choice(enum: list[Any], default: Any, **more: Any) -> Node:
    """A categorical node."""
    return {"type": "categorical", "enum": enum, "default": default, **more}


def text(default: str) -> Node:
    """A string node."""
    return {"type": "string", "default": default}


def bounds(low: Any, high: Any) -> Node:
    """Bounds where they are not None."""
    return {k: v for k, v in (("minimum", low), ("maximum", high)) if v is not None}


def defaults_of(properties: Node) -> Node:
    """The nested defaults of nested properties."""
    found: Node = {}
    for name, node in properties.items():
        if "properties" in node:
            found[name] = defaults_of(node["properties"])
        elif "default" in node:
            found[name] = node["default"]
    return found


def write_bank(folder: Path, *, skills: int = 33, leaves: int = 400, seed: int = 0) -> list[Path]:
    """Writes ``skills`` skill directories below ``folder`` and returns them: 169 schemas for 33."""
    return [
        write_skill(
            folder / f"skill-{i:02d}", seed * 1000 + i, leaves, (*OTHERS, *["prune"] * (i < 4))
        )
        for i in range(skills)
    ]


def write_skill(directory: Path, seed: int, leaves: int, others: Sequence[str] = OTHERS) -> Path:
    """Writes one skill with a train action of ``leaves`` leaves, and small other actions."""
    schema = SchemaMaker(seed, leaves).schema()
    info = {
        "name": directory.name,
        "network_arch": "made_up",
        "automl_enabled": True,
        "actions": {
            action: {"command": f"{action} -e {{config_path}}", "config_format": "yaml"}
            for action in ("train", *others)
        },
        "spec_shorthand_keys": {"num_epochs": "train.num_epochs", "lr": "train.optim.lr"},
    }
    (directory / "schemas").mkdir(parents=True)
    (directory / "references").mkdir()
    (directory / "schemas/train.schema.json").write_text(json.dumps(schema, indent=1))
    for action in others:
        made = SchemaMaker(f"{seed} {action}", leaves // 10).schema()
        (directory / f"schemas/{action}.schema.json").write_text(json.dumps(made, indent=1))
    (directory / "references/skill_info.yaml").write_text(yaml.safe_dump(info))
    template = yaml.safe_dump(schema["default"], sort_keys=False)
    (directory / "references/spec_template_train.yaml").write_text(template)
    return directory
