"""Evaluation as users meet it: figures against slow references, pictures, refusals."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import yaml
from PIL import Image
from project_paths import ROOT

from reid_model.actions.evaluate import run
from reid_model.actions.inference import run as run_inference
from reid_model.actions.scores import (
    RetrievalFeatures,
    ranked_matches,
    rate_name,
    score,
    valid_queries,
)
from reid_model.config.actions import ReRankingConfig
from reid_model.errors import BadInputError, CheckpointError, ConfigError, DataError
from reid_model.printed_log import printed_log
from reid_model.retrieval import rerank

INFO = yaml.safe_load((ROOT / "references/skill_info.yaml").read_text(encoding="utf-8"))
UseSpec = Callable[..., dict[str, Any]]
Records = Callable[[Path], list[dict[str, Any]]]
Kpi = dict[str, float]


@pytest.fixture
def make(use_spec: UseSpec, tmp_path: Path) -> UseSpec:
    """A small evaluate spec that writes to ``tmp_path / "out"``; overrides are applied to it."""

    def build(**overrides: Any) -> dict[str, Any]:
        return use_spec("evaluate", tmp_path / "out", **overrides)

    return build


def _kpi(spec: dict[str, Any]) -> Kpi:
    told: list[dict[str, Any]] = []
    run(spec, told.append)
    assert [record["status"] for record in told] == ["STARTED", "SUCCESS"]
    kpi: Kpi = told[-1]["kpi"]
    return kpi


@dataclass(frozen=True)
class Finished:
    """One evaluation with re-ranking: its folder, figures and what it printed."""

    folder: Path
    kpi: Kpi
    printed: str


@pytest.fixture(scope="module")
def finished(use_spec: UseSpec, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Re-ranked, every valid query drawn."""
    folder = tmp_path_factory.mktemp("evaluated")
    asked = {"re_ranking": True, "max_rank": 12, "num_query": 1000}
    with printed_log(), redirect_stdout(io.StringIO()) as printed:
        kpi = _kpi(use_spec("evaluate", folder, re_ranking=asked))
    return Finished(folder, kpi, printed.getvalue())


class Slow:
    """An inference file scored by a loop over queries, the textbook way."""

    def __init__(self, file: Path) -> None:
        rows = json.loads(file.read_text())
        self.query = [row for row in rows if row["split"] == "query" and row["pid"] != -1]
        self.gallery = [row for row in rows if row["split"] == "gallery" and row["pid"] != -1]
        self.distances = np.array(
            [
                [np.linalg.norm(_unit(query) - _unit(image)) for image in self.gallery]
                for query in self.query
            ]
        )

    def hits(self, distances: npt.NDArray[np.float64]) -> list[list[bool]]:
        """For each valid query: is the image at rank 1, 2, ... of the same person?"""
        found = []
        for query, own in zip(self.query, distances, strict=True):
            order = [self.gallery[place] for place in np.argsort(own, kind="stable")]
            kept = [image for image in order if _who(image) != _who(query)]
            row = [image["pid"] == query["pid"] for image in kept]
            if any(row):
                found.append(row)
        return found

    def scores(self, max_rank: int) -> tuple[list[float], float, float]:
        """CMC 1..max_rank, mAP and mINP."""
        ranks = [[rank for rank, hit in enumerate(row, 1) if hit] for row in self._plain()]
        cmc = [np.mean([own[0] <= k for own in ranks]) for k in range(1, max_rank + 1)]
        precision = [np.mean([n / rank for n, rank in enumerate(own, 1)]) for own in ranks]
        penalty = [len(own) / own[-1] for own in ranks]
        return [float(value) for value in cmc], float(np.mean(precision)), float(np.mean(penalty))

    def _plain(self) -> list[list[bool]]:
        return self.hits(self.distances)


def _unit(row: dict[str, Any]) -> npt.NDArray[np.float64]:
    vector = np.array(row["embedding"])
    return np.asarray(vector / np.linalg.norm(vector))


def _who(row: dict[str, Any]) -> tuple[int, int]:
    return row["pid"], row["camid"]


@pytest.fixture(scope="module")
def slow(use_spec: UseSpec, tmp_path_factory: pytest.TempPathFactory) -> Slow:
    """The slow reference on the same checkpoint and folders."""
    folder = tmp_path_factory.mktemp("embedded")
    run_inference(use_spec("inference", folder))
    return Slow(folder / "inference" / "inference.json")


def test_figures_agree_with_a_slow_reference_and_are_unrounded(
    finished: Finished, slow: Slow
) -> None:
    kpi = finished.kpi
    cmc, mean_precision, inverse_penalty = slow.scores(12)
    assert [kpi[f"cmc_rank_{k}"] for k in range(1, 13)] == pytest.approx(cmc, abs=1e-12)
    assert kpi["mAP"] == pytest.approx(mean_precision, abs=1e-12)
    assert kpi["mINP"] == pytest.approx(inverse_penalty, abs=1e-12)
    assert "cmc_rank_13" not in kpi
    assert round(kpi["mAP"], 4) != kpi["mAP"]


def test_the_figures_of_training_are_found_again(
    finished: Finished, trained_folder: Path, records: Records
) -> None:
    trained = records(trained_folder)[-1]["kpi"]
    for name in INFO["metrics"]["reported"]:
        if name == "train_loss":
            continue
        assert finished.kpi[name] == pytest.approx(trained[name], abs=1e-9)


def test_re_ranking_adds_its_figures_and_follows_its_keys(
    finished: Finished, make: UseSpec
) -> None:
    both = finished.kpi
    exact = {"cmc_rank_1_se", "mAP_se", "cmc_rank_1_resolution"}
    names = {"mAP", "mINP", *(f"cmc_rank_{k}" for k in range(1, 13)), *exact}
    assert {name for name in both if name.startswith("reranked_")} == {
        f"reranked_{name}" for name in names
    }
    assert both["reranked_mAP"] != both["mAP"]
    original = {"re_ranking": True, "lambda_value": 1.0}
    assert _kpi(make(re_ranking=original))["reranked_mAP"] == pytest.approx(both["mAP"], abs=1e-6)


def test_without_re_ranking_junk_or_in_other_batches_the_figures_are_the_same(
    finished: Finished, make: UseSpec, three_cameras: Path, tmp_path: Path
) -> None:
    plain = _kpi(make(**{"re_ranking.max_rank": 12, "evaluate.batch_size": 1000}))
    kept = {name: value for name, value in finished.kpi.items() if "reranked" not in name}
    assert plain == pytest.approx(kept, abs=1e-6)
    folder = shutil.copytree(three_cameras / "sample_test", tmp_path / "sample_test")
    junk = list(folder.glob("-1_*"))
    assert junk
    for path in junk:
        path.unlink()
    spec = make(
        **{
            "re_ranking": {"re_ranking": True, "max_rank": 12},
            "evaluate.test_dataset": str(folder),
            "evaluate.batch_size": 7,
        }
    )
    assert _kpi(spec) == pytest.approx(finished.kpi, abs=1e-6)


def test_what_may_be_chosen_at_test_time_acts(
    finished: Finished, make: UseSpec, records: Records
) -> None:
    spec = make(**{"model.neck_feat": "before"})
    assert _kpi(spec)["mAP"] != finished.kpi["mAP"]
    message = records(Path(spec["results_dir"]))[0]["message"]
    assert "set anew: model.neck_feat before" in message
    assert "from the checkpoint: model.backbone osnet_x0_25" in message


def test_the_table_is_printed(finished: Finished) -> None:
    kpi = finished.kpi
    for name in ("cmc_rank_1", "mAP", "mINP", "reranked_mAP", "same_person_threshold"):
        assert f"{kpi[name]:.4f}" in finished.printed
    for name in ("cmc_rank_1", "mAP", "reranked_mAP"):
        assert f"{kpi[name]:.4f} ± {kpi[f'{name}_se']:.4f}" in finished.printed
    assert f"(one query is {kpi['cmc_rank_1_resolution']:.4f} of rank-1)" in finished.printed
    assert "too few pairs" in finished.printed


def test_records_are_appended_and_pictures_go_where_they_were_asked_for(
    finished: Finished, make: UseSpec, tmp_path: Path, records: Records
) -> None:
    assert sorted(path.name for path in (finished.folder / "evaluate").iterdir()) == [
        "cmc_curve.png",
        "sampled_matches.png",
    ]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "status.json").write_text('{"status": "SUCCESS"}\n')
    curve, matches = tmp_path / "new" / "c.pdf", tmp_path / "m.jpg"
    plots = {
        "evaluate.output_cmc_curve_plot": str(curve),
        "evaluate.output_sampled_matches_plot": str(matches),
        "re_ranking.num_query": 3,
    }
    run(make(**plots))
    assert curve.read_bytes().startswith(b"%PDF")
    with Image.open(matches) as picture:
        assert picture.format == "JPEG"
    statuses = [record["status"] for record in records(tmp_path / "out")]
    assert statuses == ["SUCCESS", "STARTED", "SUCCESS"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["status.json"]


def _frames(path: Path) -> list[list[bool]]:
    """Green (True) or red (False), row by row, read off the upper edges of the tiles."""
    query, right, wrong = (70, 90, 120), (0, 140, 100), (205, 70, 20)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    bars = (pixels == query).all(axis=2).sum(axis=1) >= 80
    edges = [y for y in range(1, len(bars)) if bars[y] and not bars[y - 1]]
    found = []
    for top in edges[::2]:
        line = [tuple(pixel) for pixel in pixels[top].tolist()]
        starts = [now for before, now in zip(line, line[1:], strict=False) if now != before]
        found.append([colour == right for colour in starts if colour in (right, wrong)])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("re_ranked", [False, True])
def test_the_picture_shows_exactly_the_scored_order(
    finished: Finished, make: UseSpec, slow: Slow, tmp_path: Path, re_ranked: bool
) -> None:
    folder, distances = finished.folder, slow.distances
    if re_ranked:
        query, gallery = (
            torch.tensor([row["embedding"] for row in rows]) for rows in (slow.query, slow.gallery)
        )
        distances = rerank(query, gallery).double().numpy()
    else:
        folder = tmp_path / "out"
        run(make(**{"re_ranking.num_query": 1000}))
    expected = [row[:10] for row in slow.hits(distances)]
    assert _frames(folder / "evaluate" / "sampled_matches.png") == expected
    assert len({tuple(row) for row in expected}) > 3


def test_what_the_picture_says_of_a_query_is_what_was_scored() -> None:
    draw = torch.Generator().manual_seed(1)
    features = RetrievalFeatures(
        torch.randn(20, 6, generator=draw),
        torch.randn(50, 6, generator=draw),
        torch.arange(20) % 10,
        torch.arange(50) % 10,
        torch.zeros(20, dtype=torch.int64),
        torch.arange(50) % 3,
    )
    scores = score(features, ReRankingConfig(max_rank=50))
    rows = ranked_matches(features, scores, valid_queries(features), 5)
    assert {len(row.images) for row in rows} == {5}
    precision = [row.average_precision for row in rows]
    assert np.mean(precision) == pytest.approx(scores.plain.mAP, abs=1e-6)
    cmc = [np.mean([row.first_correct <= rank for row in rows]) for rank in range(1, 51)]
    assert cmc == pytest.approx(scores.plain.cmc.tolist())


def test_as_many_queries_are_drawn_as_asked_for(slow: Slow, make: UseSpec, tmp_path: Path) -> None:
    run(make(**{"re_ranking.num_query": 3, "re_ranking.max_rank": 4}))
    drawn = _frames(tmp_path / "out" / "evaluate" / "sampled_matches.png")
    assert [len(row) for row in drawn] == [4, 4, 4]
    assert all(row in [hits[:4] for hits in slow.hits(slow.distances)] for row in drawn)


def test_a_gallery_smaller_than_max_rank_and_a_single_query_are_no_trouble(
    make: UseSpec, three_cameras: Path, tmp_path: Path
) -> None:
    query = sorted((three_cameras / "sample_query").iterdir())[0]
    pid = query.name.partition("_")[0]
    images = sorted((three_cameras / "sample_test").iterdir())
    right = next(
        path for path in images if path.name.startswith(pid) and f"{pid}_c1" not in path.name
    )
    wrong = next(path for path in reversed(images) if not path.name.startswith(pid))
    for folder, names in (("q", [query]), ("g", [right, wrong])):
        (tmp_path / folder).mkdir()
        for path in names:
            shutil.copy(path, tmp_path / folder)
    kpi = _kpi(
        make(
            **{
                "evaluate.query_dataset": str(tmp_path / "q"),
                "evaluate.test_dataset": str(tmp_path / "g"),
                "re_ranking.re_ranking": True,
                "re_ranking.max_rank": 50,
            }
        )
    )
    assert kpi["num_valid_queries"] == 1
    assert [kpi[f"cmc_rank_{k}"] for k in (2, 50)] == [1.0, 1.0]
    assert kpi["reranked_cmc_rank_50"] == 1.0


def test_without_pairs_of_two_persons_the_threshold_is_left_out(
    make: UseSpec, three_cameras: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reid_model")
    for split in ("sample_query", "sample_test"):
        paths = sorted((three_cameras / split).glob("0*"))
        pid = sorted((three_cameras / "sample_query").iterdir())[0].name.partition("_")[0]
        (tmp_path / split).mkdir()
        for path in paths:
            if path.name.startswith(pid):
                shutil.copy(path, tmp_path / split)
    kpi = _kpi(
        make(
            **{
                "evaluate.query_dataset": str(tmp_path / "sample_query"),
                "evaluate.test_dataset": str(tmp_path / "sample_test"),
            }
        )
    )
    assert kpi["mAP"] == 1.0
    assert not [name for name in kpi if name.startswith(("tpr", "same_person"))]
    assert "No same-person threshold" in caplog.text


def test_a_query_set_without_a_correct_match_is_refused(
    make: UseSpec, three_cameras: Path, tmp_path: Path
) -> None:
    spec = make(**{"evaluate.query_dataset": str(three_cameras / "sample_train")})
    with pytest.raises(DataError, match="evaluate.query_dataset and evaluate.test_dataset share"):
        run(spec)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"evaluate.checkpoint": ""}, "evaluate.checkpoint is empty"),
        ({"evaluate.checkpoint": "/no/such.pth"}, "/no/such.pth does not exist"),
        ({"evaluate.test_dataset": ""}, "evaluate.test_dataset is empty"),
        ({"evaluate.test_dataset": "/nowhere"}, "evaluate.test_dataset: /nowhere does not exist"),
        ({"evaluate.num_gpus": 99}, "evaluate.num_gpus|evaluate.gpu_ids"),
        ({"evaluate.output_cmc_curve_plot": "/x/curve.txt"}, "output_cmc_curve_plot .* must end"),
        ({"evaluate.output_sampled_matches_plot": "/x/m"}, "sampled_matches_plot /x/m must end"),
        ({"results_dir": ""}, "results_dir is empty"),
        ({"model.backbone": "resnet_18"}, "backbone is 'resnet_18' in the spec and 'osnet_x0_25'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    make: UseSpec, tmp_path: Path, overrides: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        run(make(**overrides))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_broken_image_is_named_before_anything_is_written(
    make: UseSpec, three_cameras: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(three_cameras / "sample_test", tmp_path / "gallery")
    victim = sorted(folder.glob("*.jpg"))[3]
    victim.write_bytes(victim.read_bytes()[:200])
    with pytest.raises(DataError, match=victim.name):
        run(make(**{"evaluate.test_dataset": str(folder)}))
    assert not (tmp_path / "out").exists()


def test_what_goes_wrong_later_leaves_a_failure_record_and_no_half_file(
    make: UseSpec, tmp_path: Path, records: Records
) -> None:
    (tmp_path / "file").write_text("in the way")
    plot = str(tmp_path / "file" / "matches.png")
    with pytest.raises(ConfigError, match="matches.png cannot be written"):
        run(make(**{"evaluate.output_sampled_matches_plot": plot}))
    assert [record["status"] for record in records(tmp_path / "out")] == ["STARTED", "FAILURE"]
    assert "matches.png cannot be written" in records(tmp_path / "out")[-1]["message"]


def test_weights_that_are_not_finite_are_told(
    make: UseSpec, checkpoint: Path, tmp_path: Path, records: Records
) -> None:
    content = torch.load(checkpoint, weights_only=True)
    content["state_dict"]["network.head.neck.running_mean"][0] = float("nan")
    torch.save(content, tmp_path / "nan.pth")
    with pytest.raises(CheckpointError, match="not finite"):
        run(make(**{"evaluate.checkpoint": str(tmp_path / "nan.pth")}))
    assert records(tmp_path / "out")[-1]["status"] == "FAILURE"


@pytest.mark.parametrize(
    ("rate", "name"), [(1e-3, "1e-3"), (1e-5, "1e-5"), (0.0025, "2.5e-3"), (0.5, "5e-1")]
)
def test_rates_have_short_names(rate: float, name: str) -> None:
    assert rate_name(rate) == name
