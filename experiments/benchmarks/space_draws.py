"""Draws and validates: `python experiments/benchmarks/space_draws.py [--draws 10000]`.

The claim of issue B: each of 10,000 draws for each of 33 train schemas is a complete spec that
validates against its schema (jsonschema on its translation) and every relation between leaves, and
sets no parameter that does not exist under the others. The first spec that does not ends it with
the faults. 10,000 take an hour of one core; `make bench` makes 100 of each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from skill_bank import write_bank

from automl.skill import load_skill
from automl.space import RandomSuggest, build_space
from automl.spec import build_spec, validate_spec
from automl.spec.validate import is_active

LEAVES = 215


def validated(directory: Path, draws: int) -> tuple[int, int]:
    """How many specs of one skill were drawn and validated, and how many values they set.

    Raises:
        SpecError: a drawn spec breaks its schema.
    """
    skill = load_skill(directory)
    schema, base = skill.schema("train"), build_spec(skill, "train").values
    space, suggest = build_space(schema, base), RandomSuggest(0)
    values = 0
    for _ in range(draws):
        params = space.draw(suggest, base)
        spec = space.apply(params, base)
        validate_spec(schema, spec, allow_missing=schema.leaves)
        if not all(is_active(schema.leaves[name], spec) for name in params):
            raise ValueError(f"{directory}: a draw sets a parameter that does not exist: {params}")
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
