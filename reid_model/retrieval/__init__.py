"""Scoring of person retrieval: pure functions on tensors, exact and the same on every device.

Everything starts from feature vectors in fixed point (:mod:`.fixed_point`), whose squared
distances are exact integers. Ranks are therefore integers too, and no result depends on the chunk
size, the thread count, the matrix library or the device.
"""

from reid_model.retrieval.distances import DISTANCES, Distance, pairwise_distances
from reid_model.retrieval.metrics import RetrievalResult, evaluate_distances, evaluate_retrieval
from reid_model.retrieval.ranking import rank_gallery
from reid_model.retrieval.reranking import rerank
from reid_model.retrieval.same_person import (
    OperatingPoint,
    VerificationResult,
    verification,
)

__all__ = [
    "DISTANCES",
    "Distance",
    "OperatingPoint",
    "RetrievalResult",
    "VerificationResult",
    "evaluate_distances",
    "evaluate_retrieval",
    "pairwise_distances",
    "rank_gallery",
    "rerank",
    "verification",
]
