"""Tables of what sweeps reached: regrets with standard errors, ranks, wins, CPU of a suggestion."""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from search.problem import Problem
from search.runs import SweepRun

Regrets = dict[tuple[str, str, int], dict[str, dict[int, float]]]
"""(problem, mode, budget) -> algorithm -> seed -> normalised regret."""


def regrets(runs: Sequence[SweepRun], problems: Mapping[str, Problem]) -> Regrets:
    """Return each sweep's regret, divided by that of the median random configuration."""
    found: Regrets = defaultdict(lambda: defaultdict(dict))
    scales = {name: problem.scale for name, problem in problems.items()}
    for run in runs:
        if run.problem in problems:
            for budget, loss in run.reached.items():
                regret = (loss - problems[run.problem].minimum) / scales[run.problem]
                found[run.problem, run.mode, budget][run.algorithm][run.seed] = min(regret, 10.0)
    return found


def rows_table(found: Regrets, algorithms: Sequence[str], budget: int) -> str:
    """Return a line for each problem and mode, bold what is within an error of the lowest mean."""
    lines = [
        f"Mean normalised regret ± standard error after {budget} trials",
        "",
        f"| problem | told | seeds | {' | '.join(algorithms)} |",
        f"|---|---|---:|{'---:|' * len(algorithms)}",
    ]
    for (problem, mode, trials), row in found.items():
        if trials == budget:
            seeds = max(map(len, row.values()))
            lines.append(
                f"| {problem} | {mode} | {seeds} | {' | '.join(_texts(row, algorithms))} |"
            )
    return "\n".join(lines) + "\n"


def _texts(row: Mapping[str, Mapping[int, float]], algorithms: Sequence[str]) -> Iterator[str]:
    means = {name: mean_error(list(row[name].values())) for name in algorithms if row.get(name)}
    lowest, error = min(means.values())
    for name in algorithms:
        if name not in means:
            yield "–"
            continue
        mean, own = means[name]
        text = f"{mean:.3g} ± {own:.2g}"
        yield f"**{text}**" if mean <= lowest + error else text


def overview(
    found: Regrets, problems: Mapping[str, Problem], algorithms: Sequence[str], against: str
) -> str:
    """Return a line for each algorithm, family and budget: paired with ``against``, by seed."""
    lines = [
        f"Against {against}, on the rows and seeds that both have: the mean normalised regret of"
        " each,",
        "their ratio with its standard error (a bootstrap over rows), rows with the lower mean,"
        " mean rank of the two.",
        "",
        f"| algorithm | problems | trials | rows | regret | {against}'s | ratio | wins | losses |"
        " mean rank |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    budgets = sorted({budget for _, _, budget in found})
    for name in algorithms:
        for family in ("all", "functions", "tables and models"):
            for budget in budgets:
                pairs = list(_pairs(found, problems, name, against, family, budget))
                if pairs and name != against:
                    lines.append(f"| {name} | {family} | {budget} | {_compared(pairs)} |")
    return "\n".join(lines) + "\n"


def _pairs(
    found: Regrets,
    problems: Mapping[str, Problem],
    name: str,
    against: str,
    family: str,
    budget: int,
) -> Iterator[tuple[list[float], list[float]]]:
    """The regrets of both on the seeds that both have, for each row."""
    for (problem, _, trials), row in found.items():
        is_function = problems[problem].family == "functions"
        if trials != budget or (family != "all" and is_function != (family == "functions")):
            continue
        seeds = sorted(row.get(name, {}).keys() & row.get(against, {}).keys())
        if seeds:
            yield [row[name][s] for s in seeds], [row[against][s] for s in seeds]


def _compared(pairs: Sequence[tuple[list[float], list[float]]]) -> str:
    means = [(statistics.fmean(own), statistics.fmean(theirs)) for own, theirs in pairs]
    own, theirs = (statistics.fmean(column) for column in zip(*means, strict=True))
    error = bootstrap_error(means)
    wins = sum(a < b for a, b in means)
    losses = sum(a > b for a, b in means)
    ranks = [1.5 if a == b else 1.0 + (a > b) for x, y in pairs for a, b in zip(x, y, strict=True)]
    ratio = own / theirs if theirs else float("nan")
    return (
        f"{len(pairs)} | {own:.4f} | {theirs:.4f} | {ratio:.2f} ± {error:.2f} | {wins} | {losses}"
        f" | {statistics.fmean(ranks):.2f}"
    )


def bootstrap_error(means: Sequence[tuple[float, float]], draws: int = 400) -> float:
    """Return the standard error of the ratio of two columns' means, rows drawn with replacement."""
    rng = random.Random(0)
    ratios = []
    for _ in range(draws):
        drawn = rng.choices(means, k=len(means))
        theirs = sum(b for _, b in drawn)
        ratios.append(sum(a for a, _ in drawn) / theirs if theirs else 1.0)
    return statistics.stdev(ratios)


def cpu_table(runs: Sequence[SweepRun], algorithms: Sequence[str]) -> str:
    """Return the CPU seconds of a suggestion by algorithm and number of trials."""
    cells: dict[tuple[str, int], list[float]] = defaultdict(list)
    for run in runs:
        cells[run.algorithm, max(run.reached)].append(run.cpu_s)
    lines = [
        "Seconds of CPU of a suggestion, the mean of all sweeps",
        "",
        "| algorithm | trials | s |",
    ]
    lines.append("|---|---:|---:|")
    for (name, trials), seconds in sorted(cells.items()):
        if name in algorithms:
            lines.append(f"| {name} | {trials} | {statistics.fmean(seconds):.3f} |")
    return "\n".join(lines) + "\n"


def mean_error(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and its standard error, 0 for a single value."""
    count = len(values)
    error = statistics.stdev(values) / count**0.5 if count > 1 else 0.0
    return statistics.fmean(values), error
