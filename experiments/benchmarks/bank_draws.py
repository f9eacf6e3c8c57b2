"""Draws of a real skill bank: `python experiments/benchmarks/bank_draws.py BANK [--draws 1000]`.

BANK is a folder of skill directories: NVIDIA's, or one written with the schema generator that its
`nvidia-tao-automl` carries (`tao_automl.schema.generate_schema`, one skill a network). Packaged
schemas have faults of their own (`automl validate BANK` lists them), so what is judged here are the
drawn values: each against its leaf's JSON Schema, and by `raw_checker.py` against the raw document.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from common import raw_checker
from jsonschema import Draft202012Validator

from automl.skill import load_skill
from automl.space import RandomSuggest, build_space
from automl.spec import build_spec


def leaf_schema(translated: Mapping[str, Any], name: str) -> Any:
    """The part of a schema's translation that one dotted leaf must hold to."""
    node: Any = translated
    for word in name.split("."):
        node = node["properties"][word]
    return node


def judged(directory: Path, draws: int) -> tuple[int, set[str]]:
    """How many values of one skill's train schema were drawn, and what was wrong with them."""
    skill = load_skill(directory)
    schema, base = skill.schema("train"), build_spec(skill, "train").values
    space, suggest = build_space(schema, base), RandomSuggest(0)
    translated, raw = schema.json_schema(), raw_checker.nodes_of(schema.source)
    validators = {n: Draft202012Validator(leaf_schema(translated, n)) for n in space.names}
    nodes = {name: raw_checker.merged(raw[name]) for name in space.names}
    values = 0
    found: set[str] = set()
    for _ in range(draws):
        params = space.draw(suggest, base)
        spec = space.apply(params, base)
        values += len(params)
        for name, value in params.items():
            found.update(f"{name}: {e.message}" for e in validators[name].iter_errors(value))
            found.update(_raw_faults(name, nodes[name], value, spec))
    return values, found


def _raw_faults(name: str, node: Mapping[str, Any], value: Any, spec: Any) -> Iterator[str]:
    try:
        yield from raw_checker.faults(name, node, value, spec)
    except TypeError:  # a condition on another leaf that the bank's spec leaves null
        return


def main() -> None:
    """Prints the searched values of each skill, and every fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bank", type=Path, nargs="?")
    parser.add_argument("--draws", type=int, default=1000, help="of each schema")
    asked = parser.parse_args()
    if asked.bank is None:
        sys.stdout.write("bank_draws: no BANK was named, nothing to draw from\n")
        return
    skills = sorted(path.parents[1] for path in asked.bank.glob("*/schemas/train.schema.json"))
    total, faults = 0, 0
    for directory in skills:
        values, found = judged(directory, asked.draws)
        total, faults = total + values, faults + len(found)
        sys.stdout.write(f"{directory.name}: {values:,} values\n")
        sys.stdout.writelines(f"  {fault}\n" for fault in sorted(found)[:5])
    sys.stdout.write(
        f"{len(skills)} train schemas, {asked.draws:,} draws each: {total:,} drawn values,"
        f" {faults} kinds of faults\n"
    )


if __name__ == "__main__":
    main()
