"""Evaluates a checkpoint by retrieval: metrics, a same-person threshold, pictures."""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from reid_model.actions.embedder import Embedder, batch_size_of, inference_devices, open_crops
from reid_model.actions.folders import check_results_dir
from reid_model.actions.matches import MATCHES_SUFFIXES, MatchesPicture
from reid_model.actions.outputs import announce, output_file, whole_file
from reid_model.actions.plots import CURVE_SUFFIXES, draw_cmc
from reid_model.actions.score_table import score_table
from reid_model.actions.scores import (
    RetrievalFeatures,
    Scores,
    evaluation_metrics,
    label_features,
    ranked_matches,
    score,
    valid_queries,
)
from reid_model.actions.terminal import as_text
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.outcome import RunStatus, recorded
from reid_model.actions.training.restore import Restored, explicit_keys, restore_network
from reid_model.actions.training.status import Report
from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.splits import read_retrieval_split, split_line
from reid_model.data.store import CropStore

LOG = logging.getLogger(__name__)
_MATCHES_A_ROW = 10


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Score ``evaluate.checkpoint`` on any query and gallery folders, as ``spec`` says.

    Every figure goes unrounded into the SUCCESS record of ``<results_dir>/status.json``
    (``reid_model.actions.scores.evaluation_metrics`` names them) and as a table to the terminal;
    the CMC curve and a picture of ranked matches are written beside it. Records are handed to
    ``report``.

    Raises ConfigError, DataError or CheckpointError for input that cannot be used (nothing is
    written).
    """
    with recorded(spec, report) as status:
        config = load_spec(spec)
        check_results_dir(config)
        with isolated(config.train):
            _evaluate(config, explicit_keys(spec), status)


def _evaluate(config: ExperimentConfig, explicit: Collection[str], status: RunStatus) -> None:
    curve, matches = _pictures(config)
    wanted = config.evaluate
    devices, network, split, store = _inputs(config, explicit)
    alone = len(split.crops) == len(split.query) + len(split.gallery)
    asked = (
        f"{len(split.query)} queries, {len(split.gallery)} {'images' if alone else 'image sets'}"
    )
    notes = (network.note, *split.notes, store.note or "")
    begun = announce(f"evaluating {wanted.checkpoint} on {asked}", *notes)
    status.begin(begun, fresh=False)
    rows = Embedder(network, devices, batch_size_of(config, wanted.batch_size)).features(
        store, split.crops
    )
    features = label_features(torch.cat(list(rows)), split)
    scores = score(features, config.re_ranking)
    with whole_file(curve) as file:
        draw_cmc(scores, file, f"{_title(config)}\n{asked}")
    with whole_file(matches) as file:
        _draw_matches(network.config, split, features, scores, file)
    LOG.info("%s", as_text(score_table(scores)))
    done = announce(f"evaluated {wanted.checkpoint}", f"pictures: {curve}, {matches}")
    status.succeeded(done, kpi=evaluation_metrics(scores))


def check(spec: Mapping[str, Any]) -> list[str]:
    """Check checkpoint, devices and every image of a complete evaluate ``spec``; returns lines.

    Raises ConfigError, DataError or CheckpointError. Only the cache of decoded images is written.
    """
    config = load_spec(spec)
    _pictures(config)
    _, network, split, store = _inputs(config, explicit_keys(spec))
    lines = [split_line("query", split.query), split_line("gallery", split.gallery)]
    notes = (network.note, *split.notes, store.note)
    return [f"checkpoint: {config.evaluate.checkpoint}", *lines, *filter(None, notes)]


def _inputs(
    config: ExperimentConfig, explicit: Collection[str]
) -> tuple[tuple[torch.device, ...], Restored, RetrievalSplit, CropStore]:
    wanted = config.evaluate
    devices = inference_devices(wanted.num_gpus, wanted.gpu_ids, section="evaluate")
    network = restore_network(
        wanted.checkpoint, config, key="evaluate.checkpoint", explicit=explicit
    )
    split = _split(config)
    return devices, network, split, open_crops(split.crops, network, cached=True)


def _pictures(config: ExperimentConfig) -> tuple[Path, Path]:
    """Where the CMC curve and the ranked matches go."""
    section, root = config.evaluate, config.results_dir
    curve = output_file(
        section.output_cmc_curve_plot,
        section.results_dir,
        root,
        "cmc_curve.png",
        key="evaluate.output_cmc_curve_plot",
        suffixes=CURVE_SUFFIXES,
    )
    matches = output_file(
        section.output_sampled_matches_plot,
        section.results_dir,
        root,
        "sampled_matches.png",
        key="evaluate.output_sampled_matches_plot",
        suffixes=MATCHES_SUFFIXES,
    )
    return curve, matches


def _split(config: ExperimentConfig) -> RetrievalSplit:
    return read_retrieval_split(
        config.evaluate.query_dataset,
        config.evaluate.test_dataset,
        query_key="evaluate.query_dataset",
        gallery_key="evaluate.test_dataset",
        protocol=config.evaluate.protocol,
        pattern=config.dataset.pattern,
    )


def _title(config: ExperimentConfig) -> str:
    checkpoint = Path(config.evaluate.checkpoint).resolve().name
    return f"{config.model_name}, {checkpoint} on {Path(config.evaluate.test_dataset).name}"


def _draw_matches(
    config: ExperimentConfig,
    split: RetrievalSplit,
    features: RetrievalFeatures,
    scores: Scores,
    file: Path,
) -> None:
    """Some valid queries, drawn with ``train.seed``, with the images ranked nearest to them."""
    valid = valid_queries(features)
    count = min(config.re_ranking.num_query, len(valid))
    queries = sorted(random.Random(config.train.seed).sample(valid, count))
    columns = min(config.re_ranking.max_rank, _MATCHES_A_ROW, len(split.gallery))
    rows = ranked_matches(features, scores, queries, columns)
    aspect = config.model.input_width / config.model.input_height
    order = "re-ranked order" if scores.reranked else "order of distance"
    title = f"{_title(config)}: {order}, {count} of {len(valid)} valid queries"
    MatchesPicture(split, columns, aspect, title).save(rows, file)
