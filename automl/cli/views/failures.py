"""Why trials failed, in lines: the same at a run's end and in ``automl status``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from automl.cli.views.terminal import plain_line
from automl.results.failures.groups import Failures

SHOWN: Final = 3


def failure_lines(failures: Sequence[Failures]) -> Iterator[str]:
    """Yield each cause with the log to look into; below it where, and what sets its trials apart.

    Causes after the first three, which are the most frequent ones, are counted.
    """
    for each in failures[:SHOWN]:
        how_many = "1 trial" if each.count == 1 else f"{each.count} trials"
        yield f"{how_many}  {each.fault}: {plain_line(each.headline)}  ({each.log})"
        for words in each.details:
            yield f"  {plain_line(words)}"
    if len(failures) > SHOWN:
        rest = failures[SHOWN:]
        told = "; ".join(f"{each.count} {each.fault}" for each in rest)
        causes = "cause" if len(rest) == 1 else "causes"
        yield f"and {len(rest)} more {causes}, which the report explains: {told}"
