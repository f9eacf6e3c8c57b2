"""Draws and validates: `python experiments/benchmarks/space_draws.py [--draws 10000]`.

Checks that each of 10,000 draws for each of 33 train schemas is a complete spec that
validates against its schema, `math_cond`, `depends_on` and `active_when`. Each is judged twice:

- jsonschema validates the whole spec against the schema's translation to JSON Schema. A pair of a
  property and a value that it has found valid is remembered, so most pairs are judged once.
- `raw_checker.py`, which shares no code with `automl`, reads the raw schema document: the type,
  bounds and conditions of every drawn value; the relations of every leaf, drawn or not; a parameter
  is drawn if and only if it exists under the other values.

One draw in a hundred also passes `automl.spec.validate_spec` as `automl run` calls it. The first
spec with a fault ends it with the faults. `make bench` makes 100 draws of each schema.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from common import raw_checker
from common.skill_bank import write_bank
from jsonschema import Draft202012Validator, validators

from automl.skill import load_skill
from automl.space import RandomSuggest, Space, build_space
from automl.spec import build_spec, validate_spec

LEAVES = 215
VALIDATE_EVERY = 100
REMEMBERED = 64


class Judge:
    """Finds what is wrong with a draw of one space, from the raw document of its schema."""

    def __init__(self, document: Mapping[str, Any], translated: Mapping[str, Any], space: Space):
        nodes = raw_checker.nodes_of(document)
        self.nodes = {name: raw_checker.merged(node) for name, node in nodes.items()}
        self.related = [name for name, node in nodes.items() if node.get("depends_on")]
        conditional = {n for n, node in nodes.items() if "active_when" in node.get("x_automl", {})}
        self.conditional = conditional & set(space.names)
        self.always = frozenset(space.names) - conditional
        self.validator = remembering_validator(translated)

    def faults(self, params: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
        """One line for each rule that the drawn ``params`` or the complete ``spec`` break."""
        for error in self.validator.iter_errors(spec):
            yield f"{error.json_path}: {error.message}"
        for name, value in params.items():
            yield from raw_checker.faults(name, self.nodes[name], value, spec)
        for name in self.related:
            value, node = raw_checker.get(spec, name), self.nodes[name]
            if name not in params and raw_checker.is_active(node, spec):
                yield from raw_checker.condition_faults(name, node, value, spec)
        yield from self._wrongly_drawn(params, spec)

    def _wrongly_drawn(self, params: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
        for name in self.always - params.keys():
            yield f"{name}: is not drawn"
        for name in self.conditional:
            exists = raw_checker.is_active(self.nodes[name], spec)
            if exists and name not in params:
                yield f"{name}: exists and is not drawn"
            if name in params and not exists:
                yield f"{name}: is drawn and does not exist under the other values"


def remembering_validator(schema: Mapping[str, Any]) -> Any:
    """A jsonschema validator that judges a value of a property once and remembers it as valid."""
    known: dict[int, Remembered] = {}

    def properties(
        validator: Any, nodes: Mapping[str, Any], instance: Any, _: Mapping[str, Any]
    ) -> Iterator[Any]:
        for name in nodes.keys() & instance.keys() if isinstance(instance, dict) else ():
            node = nodes[name]
            if id(node) not in known:
                known[id(node)] = Remembered(validator.evolve(schema=node))
            for error in known[id(node)].errors(instance[name]):
                error.relative_path.appendleft(name)
                yield error

    extend: Any = validators.extend  # its stub says nothing of types
    return extend(Draft202012Validator, {"properties": properties})(schema)


class Remembered:
    """One property's validator and up to ``REMEMBERED`` values that it found valid."""

    def __init__(self, validator: Any) -> None:
        self.validator = validator
        self.valid: set[tuple[type, Any]] = set()

    def errors(self, value: Any) -> list[Any]:
        """What jsonschema finds wrong with the value; mappings are always looked into again."""
        if isinstance(value, dict):
            return list(self.validator.iter_errors(value))
        canonical_name = type(value), repr(value) if isinstance(value, list) else value
        if canonical_name in self.valid:
            return []
        errors = list(self.validator.iter_errors(value))
        if not errors and len(self.valid) < REMEMBERED:
            self.valid.add(canonical_name)
        return errors


def validated(directory: Path, draws: int) -> tuple[int, int]:
    """How many specs of one skill were drawn and found legal, and how many values they set.

    Raises:
        SpecError, ValueError: a drawn spec breaks its schema.
    """
    skill = load_skill(directory)
    schema, base = skill.schema("train"), build_spec(skill, "train").values
    space, suggest = build_space(schema, base), RandomSuggest(0)
    judge = Judge(schema.source, schema.json_schema(), space)
    values = 0
    for index in range(draws):
        params = space.draw(suggest, base)
        spec = space.apply(params, base)
        if faults := list(judge.faults(params, spec)):
            raise ValueError(f"{directory.name}, draw {index}: {'; '.join(faults)}")
        if index % VALIDATE_EVERY == 0:
            validate_spec(schema, spec, allow_missing=schema.leaves)
        values += len(params)
    return draws, values


def main() -> None:
    """Prints what was validated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100, help="of each schema")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(asked.processes) as pool:
        bank = write_bank(Path(folder), leaves=LEAVES)
        counts = []
        for directory, count in zip(
            bank, pool.map(validated, bank, [asked.draws] * len(bank)), strict=True
        ):
            counts.append(count)
            sys.stderr.write(f"{directory.name}: {count[0]:,} specs, all valid\n")
    specs, values = map(sum, zip(*counts, strict=True))
    sys.stdout.write(
        f"{len(bank)} schemas, {asked.draws:,} draws each: {specs:,} specs with {values:,} drawn"
        f" values, all valid ({time.perf_counter() - start:.0f} s)\n"
    )


if __name__ == "__main__":
    main()
