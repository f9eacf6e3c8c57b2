"""Proposes which parameters of a trainer are searched, in which range, each with a reason.

The ranges are those that ``automl space`` derives from a schema; here only the names are chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from automl.errors import AutoMLError
from automl.init_skill.option import TrainerOption
from automl.skill import Leaf, Schema
from automl.skill.schema.reader import read_schema
from automl.space import build_space
from automl.space.budget import EPOCHS
from automl.space.builder.name_hints import Trait, trait_of, words_of
from automl.space.builder.selection import why_irrelevant
from automl.space.parameters.base import Parameter
from automl.space.parameters.numeric import Float, Integer
from automl.space.space import Space

_SIZE_WORDS: Final = (
    "batch hidden dim dims width layers layer depth heads units channels filters neurons embedding"
    " embed warmup estimators leaves rank ranks kernel order degree neighbors neighbours components"
    " features size accumulate accumulation experts bins blocks patience"
)
_SETTING_WORDS: Final = (
    "optimizer optim optimiser scheduler sched activation act loss norm normalization pool pooling"
    " init initializer initialization sampler augment augmentation aug kernel solver penalty"
    " booster criterion schedule policy interpolation padding"
)
_SWITCH_WORDS: Final = (
    "augment augmentation aug nesterov amsgrad bias norm batchnorm bn ema mixup cutmix flip crop"
    " shuffle residual dropout standardize normalize weighted balanced"
)
_TECHNICAL_WORDS: Final = (
    "seed port verbose verbosity debug timeout print log logging save freq frequency interval every"
    " version id limit precision amp fp16 bf16 tf32 compile threads jobs cpus memory resume"
    " tag wandb tensorboard world local dist distributed backend splits folds fold subset classes"
    " vocab image img input resolution labels format level mode split dataset download"
)
_SIZES, _SETTINGS, _SWITCHES, _TECHNICAL = (
    frozenset(words.split())
    for words in (_SIZE_WORDS, _SETTING_WORDS, _SWITCH_WORDS, _TECHNICAL_WORDS)
)
_LENGTH: Final = frozenset({"epochs", "epoch", "steps", "iters", "iterations", "iteration"})
_LOSSES: Final = frozenset({"loss", "criterion", "objective"})
_STEP_COUNTS: Final = frozenset({"max", "num", "total", "n", "train"})


def propose(
    schema_document: Mapping[str, Any],
    values: Mapping[str, Any],
    options: tuple[TrainerOption, ...],
    metric: str,
) -> dict[str, dict[str, Any]]:
    """Return the overlay's entry of each parameter that could be searched.

    Args:
        schema_document: the schema as it is written.
        values: the default spec.
        options: the parameters.
        metric: the name of what is optimised.
    """
    schema = read_schema(schema_document, "the schema")
    reasons = {
        option.key: _why_not(schema.leaves.get(option.key), option, metric) for option in options
    }
    names = [name for name, why in reasons.items() if why == ""]
    space = _space(schema, values, names)
    made = {parameter.name: parameter for parameter in space.parameters} if space else {}
    entries: dict[str, dict[str, Any]] = {}
    for name, why in reasons.items():
        if name in made:
            entries[name] = _entry(made[name])
        elif why:
            entries[name] = {"leave_out": True, "reason": why}
        elif why == "":
            entries[name] = {"leave_out": True, "reason": _left_out(space, name)}
    return entries


def _space(schema: Schema, values: Mapping[str, Any], names: list[str]) -> Space | None:
    """The space of the names, None where none can be built."""
    if not names:
        return None
    try:
        return build_space(replace(schema, default_parameters=frozenset(names)), values)
    except AutoMLError:
        return None


def _left_out(space: Space | None, name: str) -> str:
    said = {each.name: each.reason for each in space.left_out} if space else {}
    return said.get(name, "no range could be derived; give one as search: [low, high]")


def _entry(parameter: Parameter) -> dict[str, Any]:
    entry: dict[str, Any] = {"include": True}
    if isinstance(parameter, Float | Integer):
        entry["search"] = [_short(parameter.low), _short(parameter.high)]
        entry["scale"] = "log" if parameter.log else "linear"
    return {**entry, "reason": parameter.reason}


def _short(end: float) -> float:
    """The end of a range as a person writes it: 0.0003, not 0.00030000000000000003."""
    return end if isinstance(end, int) else float(f"{end:.12g}")


def _why_not(leaf: Leaf | None, option: TrainerOption, metric: str) -> str | None:
    """Why a parameter is not proposed: empty where it is, None where it is nothing to search."""
    if leaf is None or option.required or option.default is None:
        return None
    if option.type in ("str", "list", "any") and not option.choices:
        return None
    if option.choices and len(option.choices) < 2:
        return None
    words = words_of(option.key) | {option.key.rpartition(".")[2].lower()}
    if EPOCHS.search(option.key) or (words & _LENGTH and words & _STEP_COUNTS):
        return "the length of a training is its budget"
    if words & _LOSSES and words_of(metric) & _LOSSES:
        return "the metric is a loss, and values of two losses cannot be compared"
    if "eps" in words or words >= {"adam", "epsilon"}:
        return "a guard against division by zero, which seldom matters"
    return why_irrelevant(leaf) or _why_unknown(option, words)


def _why_unknown(option: TrainerOption, words: frozenset[str]) -> str:
    """Why a name does not tell that the parameter matters; empty where it does."""
    if option.choices:
        return "" if words & _SETTINGS or "name" in words else _unknown("a choice")
    if option.type == "bool":
        return "" if words & _SWITCHES else _unknown("a switch")
    if words & _TECHNICAL and trait_of(option.key, option.default) is Trait.PLAIN:
        return "by its name it says how a training runs or is watched, not what it learns"
    if option.type == "int":
        return "" if words & _SIZES else _unknown("a whole number")
    return ""


def _unknown(what: str) -> str:
    return f"{what} whose name does not say that it matters: true of include searches it"


def searched(overlay: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that an overlay includes."""
    for name, entry in overlay.items():
        if isinstance(entry, Mapping) and entry.get("include") is True:
            yield name
