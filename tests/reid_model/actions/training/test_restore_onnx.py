"""An exported ONNX file in place of a checkpoint: the same numbers, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from reid_model.actions.evaluate import check as check_evaluate
from reid_model.actions.export import run as export
from reid_model.actions.inference import check as check_inference
from reid_model.actions.inference import run as infer
from reid_model.actions.training.restore import restore_network
from reid_model.config import load_spec
from reid_model.errors import BadInputError, CheckpointError
from reid_model.models.onnx_network import OnnxNetwork

pytestmark = pytest.mark.slow

UseSpec = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def exported(use_spec: UseSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ONNX file of the trained network."""
    folder = tmp_path_factory.mktemp("exported")
    export(use_spec("export", folder, **{"dataset.pixel_std": [0.2, 0.2, 0.2]}))
    return folder / "export" / "model.onnx"


def _embeddings(spec: dict[str, Any], file: Path) -> np.ndarray[Any, Any]:
    spec["inference"]["output_file"] = str(file)
    infer(spec)
    return np.array([row["embedding"] for row in json.loads(file.read_text())])


def test_embeddings_are_those_of_the_network(
    use_spec: UseSpec, exported: Path, tmp_path: Path
) -> None:
    pixels = {"dataset.pixel_std": [0.2, 0.2, 0.2]}
    theirs = _embeddings(use_spec("inference", tmp_path / "a", **pixels), tmp_path / "a.json")
    given = {"inference.checkpoint": str(exported), "inference.batch_size": 7}
    ours = _embeddings(use_spec("inference", tmp_path / "b", **given), tmp_path / "b.json")
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_size_and_normalisation_are_those_of_the_file(exported: Path) -> None:
    found = restore_network(str(exported), load_spec({}), key="k")
    assert (found.config.model.input_height, found.config.model.input_width) == (32, 16)
    assert found.config.dataset.pixel_std == (0.2, 0.2, 0.2)
    assert "onnxruntime" in found.note
    chosen = load_spec({"dataset": {"pixel_std": [0.3, 0.3, 0.3]}})
    kept = restore_network(str(exported), chosen, key="k").config.dataset
    assert kept.pixel_std == (0.3, 0.3, 0.3)


def test_flipped_features_are_averaged(exported: Path) -> None:
    plain = restore_network(str(exported), load_spec({}), key="k").network
    spec = load_spec({"model": {"with_flip_feature": True}})
    flipped = restore_network(str(exported), spec, key="k").network
    images = torch.rand(3, 3, 32, 16)
    mean = (plain.embed(images) + plain.embed(images.flip(-1))) / 2
    torch.testing.assert_close(flipped.embed(images), mean)


def test_a_graph_of_a_fixed_batch_size_takes_any_number(exported: Path) -> None:
    model = onnx.load(exported)
    batch = model.graph.input[0].type.tensor_type.shape.dim[0]
    batch.dim_value = 4
    fixed = OnnxNetwork(model.SerializeToString(), "fixed.onnx")
    images = torch.rand(6, 3, 32, 16)
    whole = OnnxNetwork(exported.read_bytes(), "whole.onnx")
    torch.testing.assert_close(fixed.embed(images), whole.embed(images), rtol=1e-4, atol=1e-5)


def test_keys_that_contradict_the_file_are_named(exported: Path) -> None:
    spec = load_spec({"model": {"input_height": 64, "neck_feat": "before"}})
    with pytest.raises(CheckpointError) as caught:
        restore_network(str(exported), spec, key="k")
    assert "k: " in str(caught.value)
    told = "\n".join(caught.value.faults) or str(caught.value)
    assert "model.input_height is 64 in the spec and 32 in the file" in told
    assert "model.neck_feat is 'before' in the spec and 'after' in the file" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "does not exist"), (b"no graph", "cannot be read as ONNX")],
)
def test_a_file_that_cannot_be_used_is_named(
    use_spec: UseSpec, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "model.onnx"
    if content is not None:
        file.write_bytes(content)
    for action, check in (("evaluate", check_evaluate), ("inference", check_inference)):
        spec = use_spec(action, tmp_path / "out", **{f"{action}.checkpoint": str(file)})
        with pytest.raises(BadInputError, match=f"{action}.checkpoint: .*model.onnx {words}"):
            check(spec)
    assert not (tmp_path / "out").exists()


def test_an_exported_file_is_not_exported_again(
    use_spec: UseSpec, exported: Path, tmp_path: Path
) -> None:
    spec = use_spec("export", tmp_path, **{"export.checkpoint": str(exported)})
    with pytest.raises(CheckpointError, match=r"model.onnx is exported already"):
        export(spec)
