"""ONNX files: what they hold, that they compute what the network computes, refusals."""

from __future__ import annotations

import runpy
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image
from project_paths import ROOT

from reid_model.actions import export
from reid_model.actions.export import run
from reid_model.actions.exported.onnx_file import ExportedNetwork, largest_deviation
from reid_model.actions.training.restore import restore_network
from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.augmentation.pixels import Normaliser
from reid_model.data.decode import decode
from reid_model.errors import BadInputError, ReIDError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.encryption import decrypt

pytestmark = pytest.mark.slow

UseSpec = Callable[..., dict[str, Any]]
Records = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture
def make(use_spec: UseSpec, untrained: Path, tmp_path: Path) -> UseSpec:
    """A small export spec that writes to ``tmp_path / "out"``; overrides are applied to it."""

    def build(**overrides: Any) -> dict[str, Any]:
        given = {"export.checkpoint": str(untrained)} | overrides
        return use_spec("export", tmp_path / "out", **given)

    return build


class Doubled(torch.nn.Module):
    """Twice the output of a module."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self._module = module

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self._module(images)
        return 2 * found


def _embedded(content: bytes, images: torch.Tensor) -> Any:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["fc_pred"], {"input": images.numpy()})[0]


def _network(path: Path) -> ReIDNetwork:
    return restore_network(str(path), ExperimentConfig(), key="k").network


@pytest.fixture(scope="module")
def exported(
    use_spec: UseSpec,
    untrained: Path,
    three_cameras: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, Any]]:
    """The file of one export and its last record."""
    spec = use_spec(
        "export",
        tmp_path_factory.mktemp("exported"),
        **{
            "export.checkpoint": str(untrained),
            "dataset.query_dataset_dir": str(three_cameras / "sample_query"),
        },
    )
    told: list[dict[str, Any]] = []
    run(spec, told.append)
    return Path(spec["results_dir"]) / "export" / "model.onnx", told[-1]


def test_the_graph_keeps_the_agreed_names(exported: tuple[Path, dict[str, Any]]) -> None:
    file, last = exported
    assert sorted(path.name for path in file.parent.iterdir()) == ["model.onnx", "model_card.md"]
    graph = onnx.load(file)
    (given,), (produced,) = graph.graph.input, graph.graph.output
    assert (given.name, produced.name) == ("input", "fc_pred")
    sizes = [dim.dim_value or dim.dim_param for dim in given.type.tensor_type.shape.dim]
    assert sizes == ["batch", 3, 32, 16]
    assert {(opset.domain, opset.version) for opset in graph.opset_import} == {("", 18)}
    facts = {prop.key: prop.value for prop in graph.metadata_props}
    assert facts["pixel_std"] == "[0.226, 0.226, 0.226]"
    assert last["status"] == "SUCCESS"
    assert last["kpi"]["largest_deviation"] < 1e-5
    assert "largest deviation from the network" in last["message"]
    assert "16 crops of" in last["message"]


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_the_graph_computes_the_embedding_of_any_batch(
    exported: tuple[Path, dict[str, Any]], untrained: Path, batch: int
) -> None:
    images = torch.randn(batch, 3, 32, 16)
    with torch.inference_mode():
        expected = _network(untrained).embed(images).numpy()
    found = _embedded(exported[0].read_bytes(), images)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert np.abs(np.linalg.norm(found, axis=1) - 1).min() > 0.01


def test_the_runtime_example_gives_the_networks_embeddings(
    exported: tuple[Path, dict[str, Any]], untrained: Path, tmp_path: Path
) -> None:
    example = runpy.run_path(str(ROOT / "experiments" / "runtime.py"))
    draw = np.random.default_rng(0)
    files = [tmp_path / name for name in ("large.jpg", "small.png", "grey.png")]
    for file, shape in zip(files, ((300, 150, 3), (20, 9, 3), (64, 32)), strict=True):
        Image.fromarray(draw.integers(0, 256, shape, dtype=np.uint8)).save(file)
    session = onnxruntime.InferenceSession(exported[0], providers=["CPUExecutionProvider"])
    found = example["embed"](session, list(map(str, files)))
    data = load_spec({}).dataset
    crops = torch.stack(
        [torch.tensor(decode(file, height=32, width=16, channels=3)) for file in files]
    )
    with torch.inference_mode():
        expected = _network(untrained).embed(Normaliser(data.pixel_mean, data.pixel_std)(crops))
    expected = torch.nn.functional.normalize(expected)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)


def test_the_card_says_what_is_known_and_nothing_of_the_machine(
    exported: tuple[Path, dict[str, Any]], three_cameras: Path
) -> None:
    card = (exported[0].parent / "model_card.md").read_text(encoding="utf-8")
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# Model card of model.onnx",
        *(f"## {title}" for title in ("File", "Data", "Metric", "Recipe", "Limits of use")),
        "## Where the numbers come from",
    ]
    assert "- input `input` (batch, 3, 32, 16) float32" in card
    assert "- output `fc_pred` (batch, 32) float32, of any length" in card
    assert "- 5 identities" in card
    assert "unknown: the checkpoint holds no validation" in card
    assert "    model.gem_pooling: True" in card
    assert "crops of `data/sample_query`" in card
    assert str(three_cameras.parent) not in card


def test_opset_and_fp16_act(make: UseSpec, untrained: Path, tmp_path: Path) -> None:
    """16 bits change the embedding, but little; names and types of input and output stay."""
    file = tmp_path / "half.onnx"
    run(make(**{"export.onnx_file": str(file), "export.opset": 17, "export.fp16": True}))
    graph = onnx.load(file)
    assert {(opset.domain, opset.version) for opset in graph.opset_import} == {("", 17)}
    kinds = Counter(weights.data_type for weights in graph.graph.initializer)
    assert kinds.most_common(1)[0][0] == onnx.TensorProto.FLOAT16
    images = torch.randn(3, 3, 32, 16, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = _network(untrained).embed(images).numpy()
    found = _embedded(file.read_bytes(), images)
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() / np.abs(expected).max() < 1e-2
    assert "16 bits in the backbone" in (tmp_path / "half_card.md").read_text(encoding="utf-8")


def test_l2_normalise_and_an_encryption_key_act(make: UseSpec, tmp_path: Path) -> None:
    file = tmp_path / "locked.onnx"
    run(make(**{"export.onnx_file": str(file), "export.l2_normalise": True, "encryption_key": "k"}))
    assert b"fc_pred" not in file.read_bytes()
    content = decrypt(file.read_bytes(), "k", name="locked.onnx")
    found = _embedded(content, torch.randn(4, 3, 32, 16))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_a_graph_that_deviates_is_refused(
    exported: tuple[Path, dict[str, Any]],
    make: UseSpec,
    tmp_path: Path,
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = onnx.load(exported[0])
    monkeypatch.setattr(export, "trace_onnx", lambda *_: wrong)
    with pytest.raises(ReIDError, match="deviates from the network by .*nothing was written") as it:
        run(make(**{"export.l2_normalise": True}))
    assert it.value.exit_code == 1
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["status.json"]
    assert [record["status"] for record in records(tmp_path / "out")] == ["STARTED", "FAILURE"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("fp16", True, "more than 1e-02; nothing was written; export.fp16=false is exact"),
        ("opset", 17, "more than 1e-03; nothing was written; export.opset=18 is what"),
    ],
)
def test_a_refusal_says_what_is_exact(key: str, value: object, words: str) -> None:
    wanted = load_spec({"export": {key: value}}).export
    for deviation in (0.5, float("nan")):
        with pytest.raises(ReIDError, match=words):
            export._check(deviation, wanted)
    export._check(1e-5, wanted)


def test_the_deviation_is_relative_to_the_embedding(
    exported: tuple[Path, dict[str, Any]], untrained: Path
) -> None:
    content, images = exported[0].read_bytes(), torch.randn(4, 3, 32, 16)
    module = ExportedNetwork(_network(untrained), l2_normalise=False).eval()
    assert largest_deviation(content, module, images) < 1e-5
    assert largest_deviation(content, Doubled(module), images) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"export.checkpoint": "/no.pth"}, "/no.pth does not exist"),
        ({"export.onnx_file": "/x/model.pt"}, "export.onnx_file /x/model.pt must end in .onnx"),
        ({"dataset.test_dataset_dir": "/nowhere"}, "dataset.test_dataset_dir: /nowhere"),
        ({"model.feat_dim": 64}, "model.feat_dim is 64 in the spec and 32 in the checkpoint"),
        ({"export.opset": 9}, "export.opset"),
        ({"results_dir": ""}, "results_dir is empty"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    make: UseSpec, tmp_path: Path, overrides: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        run(make(**overrides))
    assert not (tmp_path / "out").exists()


def test_without_a_folder_random_crops_are_the_same_each_time() -> None:
    config = load_spec({"model": {"input_height": 32, "input_width": 16}})
    first, folder = export._crops(config)
    assert torch.equal(first, export._crops(replace(config, model_name="x"))[0])
    assert first.shape == (16, 32, 16, 3)
    assert folder is None
