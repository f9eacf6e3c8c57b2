"""Every key of the sections evaluate, inference, export and re_ranking acts or is refused.

``python experiments/knobs.py`` prints the list.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from reid_model.actions import evaluate, export, inference
from reid_model.actions.embedder import inference_devices
from reid_model.actions.exported.onnx_file import ExportedNetwork, trace_onnx
from reid_model.actions.scores import RetrievalFeatures, evaluation_metrics, score
from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.keys import keys_of
from reid_model.errors import BadInputError, ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.osnet import OSNetFeatures

pytestmark = pytest.mark.slow

UseSpec = Callable[..., dict[str, Any]]
Observer = Callable[[dict[str, Any]], Any]

SECTIONS = ("evaluate", "inference", "export", "re_ranking")


def _devices(spec: dict[str, Any]) -> Any:
    """The devices that each section asks for on a machine with three GPUs."""
    config = load_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 3)
        patch.setattr(torch.cuda, "get_device_name", lambda index: "a GPU")
        picked = [
            inference_devices(section.num_gpus, section.gpu_ids, section=name)
            for name, section in (("evaluate", config.evaluate), ("inference", config.inference))
        ]
        return picked, export._device(config.export.gpu_id)


def _outputs(spec: dict[str, Any]) -> Any:
    """Every file that the actions would write."""
    config = load_spec(spec)
    files = (inference._output_file(config), export._output_file(config))
    return evaluate._pictures(config), files


def _scores(spec: dict[str, Any]) -> Any:
    """The figures of 30 random queries among 60 images, without and with re-ranking."""
    draw = torch.Generator().manual_seed(1)
    labels = (torch.arange(30) % 10, torch.arange(60) % 10)
    cameras = (torch.zeros(30, dtype=torch.int64), torch.ones(60, dtype=torch.int64))
    features = (torch.randn(30, 8, generator=draw), torch.randn(60, 8, generator=draw))
    return evaluation_metrics(
        score(RetrievalFeatures(*features, *labels, *cameras), load_spec(spec).re_ranking)
    )


def _counted(spec: dict[str, Any]) -> Any:
    """Which crops of one person do not count as matches of each other."""
    return evaluate._split(load_spec(spec)).views


def _graph(spec: dict[str, Any]) -> Any:
    """What the exported module computes."""
    config = load_spec(spec | {"model": {"backbone": "osnet_x0_25", "feat_dim": 32}})
    torch.manual_seed(1)
    network = ReIDNetwork(config.model, 5).eval()
    wanted = config.export
    module = ExportedNetwork(network, l2_normalise=wanted.l2_normalise, half=wanted.fp16)
    return module(torch.ones(1, 3, 32, 16)).tolist()


def _opset(spec: dict[str, Any]) -> Any:
    """The operator set that torch's exporter is asked for."""
    config, asked = load_spec(spec | {"model": {"backbone": "resnet_18", "feat_dim": 32}}), []

    def refuse(*_: Any, opset_version: int, **__: Any) -> None:
        asked.append(opset_version)
        raise torch.onnx.OnnxExporterError("no form there")

    module = ExportedNetwork(ReIDNetwork(config.model, 5).eval(), l2_normalise=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.onnx, "export", refuse)
        with pytest.raises(ConfigError, match=f"export.opset {config.export.opset}: no form there"):
            trace_onnx(module, (3, 32, 16), torch.device("cpu"), config.export.opset)
    return asked


def _batches(spec: dict[str, Any]) -> Any:
    """The size of every batch that the backbone sees."""
    action = "evaluate" if "evaluate" in spec else "inference"
    sizes: list[int] = []

    def watch(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(module, OSNetFeatures):
            sizes.append(len(output))

    hook = torch.nn.modules.module.register_module_forward_hook(watch)
    try:
        importlib.import_module(f"reid_model.actions.{action}").run(spec)
    finally:
        hook.remove()
    return sizes


def _run(spec: dict[str, Any]) -> Any:
    """The action that the spec is for; used where a refusal is expected."""
    action = next(name for name in SECTIONS if name in spec)
    importlib.import_module(f"reid_model.actions.{action}").run(spec)


def _pictured(spec: dict[str, Any]) -> Any:
    """The size of the picture of ranked matches."""
    evaluate.run(spec)
    with Image.open(Path(spec["results_dir"]) / "evaluate" / "sampled_matches.png") as picture:
        return picture.size


RE_RANKED = {"re_ranking.re_ranking": True}
# key: another value, who watches, what else must be set
KNOBS: dict[str, tuple[Any, Observer, dict[str, Any]]] = {
    **{
        f"{section}.{name}": knob
        for section in ("evaluate", "inference")
        for name, knob in {
            "num_gpus": (2, _devices, {}),
            "gpu_ids": ([2], _devices, {}),
            "num_nodes": (2, _run, {}),
            "batch_size": (5, _batches, {}),
            "checkpoint": ("/missing.pth", _run, {}),
            "results_dir": ("/elsewhere", _outputs, {}),
            "test_dataset": ("/missing", _run, {}),
            "query_dataset": ("/missing", _run, {}),
            "trt_engine": ("/model.engine", _run, {}),
        }.items()
    },
    "evaluate.protocol": ("all", _counted, {}),
    "evaluate.output_cmc_curve_plot": ("/x/c.png", _outputs, {}),
    "evaluate.output_sampled_matches_plot": ("/x/m.png", _outputs, {}),
    "inference.output_file": ("/x/e.parquet", _outputs, {}),
    "export.checkpoint": ("/missing.pth", _run, {}),
    "export.onnx_file": ("/x/m.onnx", _outputs, {}),
    "export.results_dir": ("/elsewhere", _outputs, {}),
    "export.l2_normalise": (True, _graph, {}),
    "export.fp16": (True, _graph, {}),
    "export.opset": (17, _opset, {}),
    "export.gpu_id": (2, _devices, {}),
    "re_ranking.re_ranking": (True, _scores, {}),
    "re_ranking.k1": (4, _scores, RE_RANKED),
    "re_ranking.k2": (1, _scores, RE_RANKED),
    "re_ranking.lambda_value": (0.9, _scores, RE_RANKED),
    "re_ranking.max_rank": (3, _scores, {}),
    "re_ranking.num_query": (3, _pictured, {}),
}


@pytest.mark.parametrize("name", KNOBS)
def test_every_key_acts_or_is_refused(
    use_spec: UseSpec,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    name: str,
) -> None:
    value, observe, around = KNOBS[name]
    section = name.partition(".")[0]
    action = "evaluate" if section == "re_ranking" else section
    refused = observe is _run
    base = None if refused else observe(use_spec(action, tmp_path / "out", **around))
    try:
        changed = observe(use_spec(action, tmp_path / "out", **around, **{name: value}))
        told = "nothing" if changed == base else f"acts: {observe.__name__.strip('_')}"
    except BadInputError as exc:
        told = f"refused: {str(exc).splitlines()[-1].strip(' -')}"
    record_property("knob", (name, "any", told))
    assert told.startswith(f"refused: {name}" if refused else "acts")


@pytest.mark.parametrize("name", [name for name, knob in KNOBS.items() if knob[2]])
def test_a_key_of_a_block_that_is_off_is_accepted_and_changes_nothing(
    use_spec: UseSpec, tmp_path: Path, name: str
) -> None:
    value, observe, _ = KNOBS[name]
    base = observe(use_spec("evaluate", tmp_path / "out"))
    assert observe(use_spec("evaluate", tmp_path / "out", **{name: value})) == base


def test_the_walk_covers_these_sections() -> None:
    keys = {name for name, _ in keys_of(ExperimentConfig)}
    assert set(KNOBS) == {name for name in keys if name.startswith(SECTIONS)}
