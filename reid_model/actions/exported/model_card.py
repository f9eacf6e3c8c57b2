"""The model card beside an exported network: what is known of it, and what is not.

Nothing is guessed. Figures come from the checkpoint (its spec and its last validation) and from the
export itself; what neither says is called unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reid_model.actions.exported.onnx_file import BATCH, INPUT, OUTPUT
from reid_model.actions.training.restore import Restored
from reid_model.config import ExperimentConfig
from reid_model.config.refusals import leaves
from reid_model.models.weights.checkpoint import CheckpointInfo

_UNKNOWN: Final = "unknown"
_FIGURES: Final = ("cmc_rank_1", "cmc_rank_5", "cmc_rank_10", "mAP")
_NORMAL: Final = 1.96
# Said elsewhere in the card, or of the machine and not of the network.
_LEFT_OUT: Final = ("wandb.", "evaluate.", "inference.", "export.", "re_ranking.")
_OF_MACHINE: Final = ("_dir", "_dirs", "_path", "_key", "num_workers", "num_gpus", "gpu_ids")


@dataclass(frozen=True)
class ExportInfo:
    """The exported file: its deviation from the network, bytes, length of an embedding."""

    deviation: float
    size: int
    dimension: int


def model_card(
    name: str, restored: Restored, export: ExportInfo, checkpoint: str, compared_on: Path | None
) -> str:
    """The card as Markdown; ``name`` is the ONNX file's.

    ``compared_on``: the data set on whose crops the deviation was measured, None for random ones.
    Data sets are named without their place on the machine.
    """
    config, info = restored.config, restored.info
    sections = (
        (f"Model card of {name}", _head(config, checkpoint)),
        ("File", _file(config, export)),
        ("Data", _data(info)),
        ("Metric", _metric(info)),
        ("Recipe", _recipe(info)),
        ("Limits of use", _limits(config, info)),
        ("Where the numbers come from", _sources(checkpoint, info, compared_on)),
    )
    first, *others = ("\n".join((title, "", *lines)) for title, lines in sections)
    return "\n\n## ".join((f"# {first}", *others)) + "\n"


def _head(config: ExperimentConfig, checkpoint: str) -> Iterator[str]:
    yield (
        f"{config.model_name}: a {config.model.backbone} that embeds crops of persons for "
        f"re-identification, exported from `{checkpoint}`. Two crops are compared by the cosine or "
        "the Euclidean distance of their embeddings."
    )


def _file(config: ExperimentConfig, export: ExportInfo) -> Iterator[str]:
    model, data, wanted = config.model, config.dataset, config.export
    shape = f"({BATCH}, {model.input_channels}, {model.input_height}, {model.input_width})"
    length = "of length 1" if wanted.l2_normalise else "of any length"
    bits = "16 bits in the backbone, 32 elsewhere" if wanted.fp16 else "32 bits"
    yield f"- ONNX opset {wanted.opset}, {export.size / 1e6:.1f} MB, {bits}"
    yield f"- input `{INPUT}` {shape} float32, any {BATCH} size: pixels / 255, then normalised"
    yield f"- channels: {'RGB' if model.input_channels == 3 else 'grey'}"
    yield f"- mean {list(data.pixel_mean)}, divisor {list(data.pixel_std)}"
    yield f"- output `{OUTPUT}` ({BATCH}, {export.dimension}) float32, {length}"
    yield f"- largest deviation from the checkpoint's network: {export.deviation:.1e}"


def _data(info: CheckpointInfo | None) -> Iterator[str]:
    if info is None:
        yield f"- training data: {_UNKNOWN} (the weights are of another trainer)"
        return
    data, model = info.spec.dataset, info.spec.model
    folders = map(_place, (data.train_dataset_dir, *data.extra_train_dirs))
    yield f"- trained on: {', '.join(folders)}"
    yield f"- {info.num_classes} identities, {info.num_cameras} cameras at most"
    weights = _place(model.pretrained_model_path) if model.pretrained_model_path else "none named"
    yield f"- starting weights: {model.pretrain_choice}, file: {weights}"
    yield f"- collection, consent and licence of data and starting weights: {_UNKNOWN}"


def _metric(info: CheckpointInfo | None) -> Iterator[str]:
    known = [name for name in _FIGURES if info and name in info.kpi]
    if info is None or not known:
        yield f"- {_UNKNOWN}: the checkpoint holds no validation"
        return
    yield "| figure | value | 95 % interval |"
    yield "|---|---:|---:|"
    for name in known:
        yield f"| {name} | {info.kpi[name]:.4f} | {_interval(info, name)} |"
    yield f"\nMeasured on {_measured_on(info)}, protocol {info.spec.evaluate.protocol}."


def _interval(info: CheckpointInfo, name: str) -> str:
    error = info.kpi.get(f"{name}_se")
    if error is None:
        return _UNKNOWN
    if not error:
        one = info.kpi.get("cmc_rank_1_resolution", 0.0)
        return f"{_UNKNOWN}: all queries scored alike; one query is {one:.4f} of rank-1"
    low, high = (info.kpi[name] + sign * _NORMAL * error for sign in (-1, 1))
    return f"{max(low, 0):.4f} to {min(high, 1):.4f}"


def _measured_on(info: CheckpointInfo) -> str:
    data = info.spec.dataset
    if info.held_out:
        return f"{len(info.held_out)} identities held out of the training set"
    query = (
        _place(data.query_dataset_dir)
        if data.query_dataset_dir
        else "queries drawn from the gallery"
    )
    return f"{query} against {_place(data.test_dataset_dir)}"


def _recipe(info: CheckpointInfo | None) -> Iterator[str]:
    if info is None:
        yield f"- {_UNKNOWN}"
        return
    spec = info.spec
    yield f"{info.next_epoch} of {spec.train.num_epochs} epochs. What differs from the defaults:\n"
    defaults = dict(leaves(ExperimentConfig()))
    changed = {name: value for name, value in leaves(spec) if value != defaults[name]}
    told = [f"    {name}: {_plain(value)}" for name, value in changed.items() if _is_recipe(name)]
    yield "\n".join(told) or "    nothing"


def _is_recipe(name: str) -> bool:
    return not (name.startswith(_LEFT_OUT) or name.endswith(_OF_MACHINE))


def _limits(config: ExperimentConfig, info: CheckpointInfo | None) -> Iterator[str]:
    yield (
        "- An embedding says how alike two crops look. It proves nobody's identity, and people who "
        "dress alike look alike."
    )
    yield (
        "- The figures hold for data like that on which they were measured. Other cameras, places, "
        "seasons or detectors: measure anew, with `re_identification evaluate`."
    )
    yield "- How the figures differ between groups of people: " + _UNKNOWN + "."
    if info and not info.held_out:
        yield (
            "- If this validation also chose epochs or settings, its figures are biased upwards; "
            "evaluate on data that no choice used."
        )
    if info and info.spec.evaluate.protocol != "cross_camera":
        yield "- Crops of one camera count as matches here: no comparison with published figures."
    if config.model.sie_camera:
        yield "- The graph takes no camera, so what the network learnt of cameras is not used."


def _sources(
    checkpoint: str, info: CheckpointInfo | None, compared_on: Path | None
) -> Iterator[str]:
    if info:
        yield f"- data and recipe: the spec inside `{checkpoint}`"
        yield (
            f"- metric: the last validation before `{checkpoint}` was written, after epoch "
            f"{info.next_epoch}; interval: value ± {_NORMAL} standard errors (a bootstrap over "
            "the persons of the queries)"
        )
    crops = f"crops of {_place(str(compared_on))}" if compared_on else "random crops"
    yield f"- deviation: this export, onnxruntime against torch on the CPU, {crops}"
    yield "- file: this export"


def _place(path: str) -> str:
    """The last two parts of a path: the data set and its part, without the machine's folders."""
    return f"`{'/'.join(Path(path).parts[-2:])}`" if path else _UNKNOWN


def _plain(value: Any) -> str:
    return str(list(value) if isinstance(value, tuple) else value)
