"""Measures the speed of search spaces: `python experiments/benchmarks/space.py`.

Targets: `import automl` under 0.3 s; 33 train schemas with 5,000 numeric leaves read
and their spaces built in under 1 s in one process; 100,000 leaves drawn per second in plain Python.
Imports are wall time, everything else is CPU time of one process, which other work disturbs less.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common.skill_bank import write_bank

from automl.skill import Schema, load_skill
from automl.space import RandomSuggest, Space, build_space
from automl.spec import build_spec, validate_spec

REPEATS = 5
DRAWS = 2000
VALIDATIONS = 50


def best(action: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The shortest of several times of ``action``: of this process's CPU, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


def import_seconds(modules: str) -> float:
    """Wall seconds that a fresh interpreter takes for the imports, less its own start."""
    run, clock = [sys.executable, "-c"], time.perf_counter
    with_import = best(lambda: subprocess.run([*run, f"import {modules}"], check=True), clock)
    return with_import - best(lambda: subprocess.run([*run, "pass"], check=True), clock)


def read_and_build(directory: Path) -> tuple[Schema, Space]:
    """One skill from its files to its search space."""
    schema = load_skill(directory).schema("train")
    return schema, build_space(schema, schema.defaults())


def draw(space: Space, schema: Schema) -> int:
    """The number of values drawn in ``DRAWS`` draws."""
    suggest, base = RandomSuggest(0), schema.defaults()
    return sum(len(space.draw(suggest, base)) for _ in range(DRAWS))


def validate(space: Space, schema: Schema) -> None:
    """Validates ``VALIDATIONS`` drawn specs."""
    suggest, base = RandomSuggest(0), schema.defaults()
    for _ in range(VALIDATIONS):
        spec = space.apply(space.draw(suggest, base), base)
        validate_spec(schema, spec, allow_missing=schema.leaves)


def report(what: str, value: str, bar: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{what:58}{value:>18}   {bar}\n")


def main() -> None:
    """Prints every measurement beside its bar."""
    for modules in ("automl", "automl.skill, automl.spec, automl.space"):
        report(f"import {modules}", f"{import_seconds(modules):.3f} s", "bar 0.3 s")
    with tempfile.TemporaryDirectory() as folder:
        bank = write_bank(Path(folder), leaves=200)
        seconds = best(lambda: [read_and_build(directory) for directory in bank])
        built = [read_and_build(directory) for directory in bank]
        specs = best(lambda: [build_spec(load_skill(directory), "train") for directory in bank])
    leaves = [leaf for schema, _ in built for leaf in schema.leaves.values()]
    numeric = sum(leaf.kind.value in ("int", "float") for leaf in leaves)
    searched = sum(len(space.parameters) for _, space in built)
    size = f"{len(bank)} schemas, {numeric} numeric of {len(leaves)} leaves"
    report(f"read and build: {size}", f"{seconds:.2f} s", "bar 1 s")
    report(f"resolve {len(bank)} specs", f"{specs:.2f} s", "")
    schema, space = max(built, key=lambda pair: len(pair[1].parameters))
    drawn = draw(space, schema)
    rate = drawn / best(lambda: draw(space, schema))
    report(f"draw ({len(space.parameters)} of {searched} parameters)", f"{rate:,.0f} leaves/s",
           "bar 100,000")  # fmt: skip
    each = best(lambda: validate(space, schema)) / VALIDATIONS
    report(f"validate a spec of {len(schema.leaves)} leaves", f"{each * 1000:.1f} ms", "")


if __name__ == "__main__":
    main()
