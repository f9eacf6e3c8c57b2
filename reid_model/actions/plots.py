"""The CMC curve as a picture."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from reid_model.actions.scores import Scores
from reid_model.retrieval import RetrievalResult

CURVE_SUFFIXES = (".png", ".jpg", ".jpeg", ".pdf", ".svg")
_MARKED_RANKS = 50


def draw_cmc(scores: Scores, path: Path, title: str) -> None:
    """Draw the share of queries whose first correct match is within rank k, for every k."""
    figure = Figure(figsize=(6.4, 4.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    curves = {"plain": scores.plain, "re-ranked": scores.reranked}
    for name, result in curves.items():
        if result is not None:
            marker = "o" if len(result.cmc) <= _MARKED_RANKS else None
            axes.plot(*_points(result), marker=marker, markersize=3.5, label=_legend(name, result))
    axes.set_xlabel("rank")
    axes.set_ylabel("queries with a correct match")
    axes.set_title(title, fontsize=10)
    axes.set_xticks(rank_ticks(len(scores.plain.cmc)))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
    axes.set_ylim(top=1.005)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path)


def rank_ticks(last: int) -> list[int]:
    """1 and at most ten round ranks up to ``last``."""
    step = next(it for it in (1, 2, 5, 10, 20, 50, 100, 200) if last <= 10 * it)
    return sorted({1, *range(step, last + 1, step)})


def _points(result: RetrievalResult) -> tuple[list[int], list[float]]:
    curve = result.cmc.tolist()
    return list(range(1, len(curve) + 1)), curve


def _legend(name: str, result: RetrievalResult) -> str:
    figures = f"rank-1 {float(result.cmc[0]):.1%}, mAP {result.mAP:.1%}, mINP {result.mINP:.1%}"
    return f"{name}: {figures}"
