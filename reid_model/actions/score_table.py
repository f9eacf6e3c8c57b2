"""The figures of an evaluation as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table

from reid_model.actions.scores import Scores, rate_name
from reid_model.retrieval import OperatingPoint, RetrievalResult

_RANKS_SHOWN = (1, 2, 3, 5, 10, 20, 50, 100)


def score_table(scores: Scores) -> RenderableType:
    """Retrieval beside re-ranked retrieval, then the same-person decision."""
    return Group(_head(scores.plain), _retrieval(scores), _same_person(scores))


def _head(result: RetrievalResult) -> str:
    queries = result.num_valid_queries
    known = "" if result.rank_1_se is None else ", ± standard error"
    return f"Retrieval, {queries} valid queries (one query is {1 / queries:.4f} of rank-1){known}"


def _retrieval(scores: Scores) -> Table:
    table = Table("figure")
    table.add_column("plain")
    columns = [dict(_figures(scores.plain))]
    if scores.reranked:
        table.add_column("re-ranked")
        columns.append(dict(_figures(scores.reranked)))
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


def _figures(result: RetrievalResult) -> Iterator[tuple[str, str]]:
    curve = result.cmc.tolist()
    for rank in sorted({*_RANKS_SHOWN, len(curve)}):
        if rank <= len(curve):
            error = result.rank_1_se if rank == 1 else None
            yield f"CMC rank {rank}", _value_text(curve[rank - 1], error)
    yield "mAP", _value_text(result.mAP, result.mAP_se)
    yield "mINP", _value_text(result.mINP, None)


def _value_text(value: float, error: float | None) -> str:
    return f"{value:.4f} ± {error:.4f}" if error else f"{value:.4f}"


def _same_person(scores: Scores) -> RenderableType:
    found = scores.same_person
    if found is None:
        return f"No same-person threshold: {scores.no_threshold}"
    genuine, impostors = found.num_genuine_pairs, found.num_impostor_pairs
    table = Table()
    for name in ("FPR asked", "TPR", "FPR measured", "distance below", "cosine above"):
        table.add_column(name, justify="right")
    for point in found.points:
        table.add_row(*_cells(point, impostors))
    head = f"Same-person decision: {genuine} genuine and {impostors} impostor pairs"
    return Group(head, table, _advice(found.suggested, impostors))


def _cells(point: OperatingPoint, impostors: int) -> tuple[str, ...]:
    return (
        rate_name(point.target_fpr),
        f"{point.tpr:.4f}",
        f"{point.fpr:.2e}" if _measurable(point, impostors) else "too few pairs",
        f"{point.threshold:.4f}",
        f"{_cosine(point.threshold):.4f}",
    )


def _advice(point: OperatingPoint, impostors: int) -> str:
    rate = rate_name(point.target_fpr)
    reason = f"for FPR {rate}"
    if not _measurable(point, impostors):
        reason = (
            f"accepts none of the {impostors} impostor pairs; "
            f"measuring FPR {rate} needs {1 / point.target_fpr:.0f}"
        )
    return (
        "Suggested: same person if the Euclidean distance of L2-normalised embeddings is below "
        f"{point.threshold:.4f} ({reason}; it accepts {point.tpr:.1%} of the genuine pairs)"
    )


def _measurable(point: OperatingPoint, impostors: int) -> bool:
    """Whether the rate asked for is at least one pair."""
    return point.target_fpr * impostors >= 1


def _cosine(distance: float) -> float:
    """Cosine similarity of unit vectors at a Euclidean distance."""
    return 1.0 - distance**2 / 2.0
