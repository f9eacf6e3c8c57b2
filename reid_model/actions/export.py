"""Exports a checkpoint as ONNX and compares the graph's output with the network's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reid_model.actions.exported.model_card import ExportInfo, model_card
from reid_model.actions.exported.onnx_file import (
    ExportedNetwork,
    describe,
    largest_deviation,
    trace_onnx,
)
from reid_model.actions.folders import check_results_dir
from reid_model.actions.outputs import announce, output_file, whole_file
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.outcome import RunStatus, recorded
from reid_model.actions.training.restore import Restored, explicit_keys, restore_network
from reid_model.actions.training.status import Report
from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.actions import DEFAULT_OPSET, ExportConfig
from reid_model.data.augmentation.pixels import Normaliser
from reid_model.data.decode import decode
from reid_model.data.lists.sets import list_set
from reid_model.errors import CheckpointError, ConfigError, ReIDError
from reid_model.models.network import ReIDNetwork
from reid_model.models.onnx_network import OnnxNetwork
from reid_model.models.weights.encryption import encrypt

TOLERANCE = 1e-3
HALF_TOLERANCE = 1e-2
_CROPS = 16
_SEED = 0
_FOLDER_KEYS = ("query_dataset_dir", "test_dataset_dir", "train_dataset_dir")


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Write ``export.checkpoint`` as ``export.onnx_file``.

    Input ``input`` (n, c, h, w) float32, normalised as ``dataset.pixel_mean`` and ``pixel_std``
    say (both are in the file's metadata); output ``fc_pred`` (n, d), the un-normalised embedding,
    or of length 1 with ``export.l2_normalise``. The graph is compared with the network on crops of
    the first folder that ``dataset`` names, or on random ones. With ``encryption_key`` the file is
    encrypted at rest. Beside it is written what is known of the network: ``<name>_card.md``.
    Records are handed to ``report``.

    Raises ConfigError, DataError or CheckpointError for input that cannot be used (nothing is
    written), ReIDError if the graph deviates by more than ``TOLERANCE`` (``HALF_TOLERANCE`` with
    ``export.fp16``).
    """
    with recorded(spec, report) as status:
        config = load_spec(spec)
        check_results_dir(config)
        with isolated(config.train):
            _export(config, explicit_keys(spec), status)


def check(spec: Mapping[str, Any]) -> list[str]:
    """Check checkpoint, device and folders of a complete export ``spec``; returns lines.

    Raises ConfigError, DataError or CheckpointError. Nothing is written.
    """
    config = load_spec(spec)
    _output_file(config)
    _device(config.export.gpu_id)
    network = _restore(config, explicit_keys(spec))
    return [f"checkpoint: {config.export.checkpoint}", _crops_text(*_crops(network.config))]


def _export(config: ExperimentConfig, explicit: Collection[str], status: RunStatus) -> None:
    output, device = _output_file(config), _device(config.export.gpu_id)
    checkpoint = config.export.checkpoint
    network = _restore(config, explicit)
    crops, folder = _crops(network.config)
    begun = announce(f"exporting {checkpoint}", network.note, _limits(network))
    status.begin(begun, fresh=False)
    graph = _write(network, crops, device, output)
    told = (
        f"largest deviation from the network {graph.deviation:.1e} on {_crops_text(crops, folder)}"
    )
    card = output.with_name(f"{output.stem}_card.md")
    with whole_file(card) as file:
        text = model_card(output.name, network, graph, Path(checkpoint).name, folder)
        file.write_text(text, encoding="utf-8")
    done = announce(f"{output}: {told}", f"model card: {card}")
    status.succeeded(done, kpi={"largest_deviation": graph.deviation})


def _restore(config: ExperimentConfig, explicit: Collection[str]) -> Restored:
    found = restore_network(
        config.export.checkpoint, config, key="export.checkpoint", explicit=explicit
    )
    if isinstance(found.network, OnnxNetwork):
        raise CheckpointError(f"export.checkpoint: {config.export.checkpoint} is exported already")
    return found


def _output_file(config: ExperimentConfig) -> Path:
    section, root = config.export, config.results_dir
    given, folder = section.onnx_file, section.results_dir
    key = "export.onnx_file"
    return output_file(given, folder, root, "model.onnx", key=key, suffixes=(".onnx",))


def _device(gpu_id: int) -> torch.device:
    """The GPU on which the graph is traced, or the CPU on a machine without any."""
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if present == 0:
        return torch.device("cpu")
    if gpu_id >= present:
        raise ConfigError(f"export.gpu_id {gpu_id}: {present} are visible (0 to {present - 1})")
    return torch.device("cuda", gpu_id)


def _write(network: Restored, crops: Tensor, device: torch.device, output: Path) -> ExportInfo:
    """Trace, compare, write; returns what was written."""
    config = network.config
    data, model, wanted = config.dataset, config.model, config.export
    assert isinstance(network.network, ReIDNetwork)
    exact = ExportedNetwork(network.network, l2_normalise=wanted.l2_normalise).eval()
    module = ExportedNetwork(
        network.network, l2_normalise=wanted.l2_normalise, half=wanted.fp16
    ).eval()
    shape = (model.input_channels, model.input_height, model.input_width)
    graph = trace_onnx(module, shape, device, wanted.opset)
    describe(graph, _facts(config))
    content = graph.SerializeToString()
    images = Normaliser(data.pixel_mean, data.pixel_std)(crops).contiguous()
    deviation = largest_deviation(content, exact, images)
    _check(deviation, wanted)
    if config.encryption_key:
        content = encrypt(content, config.encryption_key)
    with whole_file(output) as file:
        file.write_bytes(content)
    return ExportInfo(deviation, len(content), network.network.feat_dim)


def _check(deviation: float, wanted: ExportConfig) -> None:
    """Raise ReIDError for a graph that computes something else."""
    most = HALF_TOLERANCE if wanted.fp16 else TOLERANCE
    if deviation <= most:
        return
    hint = ""
    if wanted.fp16:
        hint = "; export.fp16=false is exact"
    elif wanted.opset != DEFAULT_OPSET:
        hint = f"; export.opset={DEFAULT_OPSET} is what the exporter writes without a conversion"
    raise ReIDError(
        f"the ONNX graph deviates from the network by {deviation:.1e}, more than {most:.0e}; "
        f"nothing was written{hint}"
    )


def _limits(network: Restored) -> str:
    """A note on what the graph leaves out."""
    if not network.config.model.sie_camera:
        return ""
    return "the graph takes no camera, so model.sie_camera adds nothing to its embeddings"


def _facts(config: ExperimentConfig) -> dict[str, object]:
    """What an application must know to feed the graph."""
    return {
        "model_name": config.model_name,
        "backbone": config.model.backbone,
        "pixel_mean": list(config.dataset.pixel_mean),
        "pixel_std": list(config.dataset.pixel_std),
        "l2_normalised": config.export.l2_normalise,
        "neck_feat": config.model.neck_feat,
        "fp16": config.export.fp16,
        "with_flip_feature": config.model.with_flip_feature,
    }


def _crops(config: ExperimentConfig) -> tuple[Tensor, Path | None]:
    """Crops (n, h, w, c) uint8 to compare on, and the data set that they are of, if any."""
    model = config.model
    for name in _FOLDER_KEYS:
        if folder := getattr(config.dataset, name):
            paths = _paths(Path(folder), f"dataset.{name}", config.dataset.pattern)
            chosen = _spread(paths, _CROPS)
            size = (model.input_height, model.input_width, model.input_channels)
            return _decoded(chosen, size), Path(folder)
    shape = (_CROPS, model.input_height, model.input_width, model.input_channels)
    generator = torch.Generator().manual_seed(_SEED)
    crops = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return crops, None


def _crops_text(crops: Tensor, folder: Path | None) -> str:
    if folder is None:
        return f"{len(crops)} random crops (dataset names no folder)"
    return f"{len(crops)} crops of {folder}"


def _paths(folder: Path, key: str, pattern: str) -> list[Path]:
    return [crop.path for crop in list_set(folder, key, pattern).crops]


def _spread(paths: Sequence[Path], count: int) -> list[Path]:
    """At most ``count`` paths, evenly spread over all."""
    count = min(count, len(paths))
    return [paths[place * len(paths) // count] for place in range(count)]


def _decoded(paths: Sequence[Path], size: tuple[int, int, int]) -> Tensor:
    height, width, channels = size
    crops = [decode(path, height=height, width=width, channels=channels) for path in paths]
    return torch.stack([torch.from_numpy(crop.copy()) for crop in crops])
