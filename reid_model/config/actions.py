"""The sections of the other actions: re-ranking, evaluate, inference, export, W&B."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.families import CROSS_CAMERA, PROTOCOLS
from reid_model.config.keys import key

DEFAULT_OPSET = 18
"""What torch's exporter writes without a conversion."""

_RE_RANKING = {"re_ranking.re_ranking": (True,)}
_LOGGING = {"wandb.enable": (True,)}


@dataclass(frozen=True)
class ReRankingConfig:
    """k-reciprocal re-ranking (Zhong et al., CVPR 2017), CMC length, and what evaluate draws."""

    re_ranking: bool = key(False, "Also score after k-reciprocal re-ranking.")
    k1: int = key(20, "Neighbours of the reciprocal sets.", minimum=1, active_when=_RE_RANKING)
    k2: int = key(6, "Neighbours of the query expansion.", minimum=1, active_when=_RE_RANKING)
    lambda_value: float = key(
        0.3,
        "Weight of the original distance.",
        minimum=0.0,
        maximum=1.0,
        active_when=_RE_RANKING,
    )
    max_rank: int = key(10, "Ranks of the CMC curve.", minimum=1, maximum=1000)
    num_query: int = key(
        10, "Queries shown in the ranked-matches picture.", minimum=1, maximum=1000
    )


@dataclass(frozen=True)
class EvaluateConfig:
    """What evaluate reads and writes."""

    num_gpus: int = key(1, "GPUs of this node.", minimum=1)
    gpu_ids: tuple[int, ...] = key(
        (0,), "Which of the visible GPUs.", minimum=0, distinct=True, length=(1, None)
    )
    num_nodes: int = key(
        1, "Machines; kept for TAO specs, only 1 is accepted.", minimum=1, searched=False
    )
    batch_size: int = key(
        -1,
        "Crops per batch; -1: dataset.val_batch_size.",
        minimum=-1,
        math_cond="!= 0",
    )
    checkpoint: str = key("", "Checkpoint, or an ONNX file of `export`, to score.")
    protocol: str = key(
        CROSS_CAMERA,
        "Which gallery images of the query's person count, in training's validation too: those of "
        "other cameras (cross_camera), of any camera but not the query's own image (cross_image), "
        "or all.",
        enum=PROTOCOLS,
        searched=False,
    )
    trt_engine: str = key("", "Kept empty for TAO specs: TensorRT engines are not read.")
    results_dir: str = key("", "Folder of the results; empty: evaluate/ in the root results_dir.")
    test_dataset: str = key("", "Folder or list of gallery crops.")
    query_dataset: str = key(
        "",
        "Folder or list of query crops; empty: drawn from the gallery, of each person one crop of "
        "every camera that has several, or one crop if none has.",
    )
    output_cmc_curve_plot: str = key("", "Picture of the CMC curve.")
    output_sampled_matches_plot: str = key("", "Picture of ranked matches.")


@dataclass(frozen=True)
class InferenceConfig:
    """What inference reads and writes."""

    num_gpus: int = key(1, "GPUs of this node.", minimum=1)
    gpu_ids: tuple[int, ...] = key(
        (0,), "Which of the visible GPUs.", minimum=0, distinct=True, length=(1, None)
    )
    num_nodes: int = key(
        1, "Machines; kept for TAO specs, only 1 is accepted.", minimum=1, searched=False
    )
    batch_size: int = key(
        -1,
        "Crops per batch; -1: dataset.val_batch_size.",
        minimum=-1,
        math_cond="!= 0",
    )
    checkpoint: str = key("", "Checkpoint, or an ONNX file of `export`, to use.")
    trt_engine: str = key("", "Kept empty for TAO specs: TensorRT engines are not read.")
    results_dir: str = key("", "Folder of the results; empty: inference/ in the root results_dir.")
    test_dataset: str = key("", "Folder or list of gallery crops.")
    query_dataset: str = key("", "Folder or list of query crops.")
    output_file: str = key(
        "",
        "Embeddings: .json (one array), .jsonl (lines), .parquet, or .arrow (an index to search).",
    )


@dataclass(frozen=True)
class ExportConfig:
    """What export reads and writes."""

    checkpoint: str = key("", "Checkpoint to export.")
    onnx_file: str = key("", "The ONNX file.")
    results_dir: str = key("", "Folder of the results; empty: export/ in the root results_dir.")
    opset: int = key(
        DEFAULT_OPSET,
        "ONNX operator set; an older TensorRT may need an earlier one.",
        minimum=14,
        maximum=24,
    )
    fp16: bool = key(
        False, "Weights and arithmetic of the backbone in 16 bits; input and output keep 32."
    )
    l2_normalise: bool = key(False, "Put the L2 normalisation of the embedding into the graph.")
    gpu_id: int = key(0, "GPU on which the graph is traced; the CPU without one.", minimum=0)


@dataclass(frozen=True)
class WandbConfig:
    """Weights & Biases logging; without its package the run goes on without it."""

    enable: bool = key(False, "Log to Weights & Biases.", searched=False)
    project: str = key("", "Project.", active_when=_LOGGING)
    entity: str = key("", "Entity.", active_when=_LOGGING)
    group: str = key("", "Group.", active_when=_LOGGING)
    tags: tuple[str, ...] = key((), "Tags.", active_when=_LOGGING)
    reinit: bool = key(False, "Start a new run even if the process has one.", active_when=_LOGGING)
    sync_tensorboard: bool = key(False, "Copy TensorBoard's events.", active_when=_LOGGING)
    save_code: bool = key(False, "Save the main script.", active_when=_LOGGING)
    name: str = key("", "Name of the run; empty: model_name.", active_when=_LOGGING)
    run_id: str = key("", "Id of a run to continue.", active_when=_LOGGING)
