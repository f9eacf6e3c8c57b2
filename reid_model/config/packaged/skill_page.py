"""Writes the tables of ``SKILL.md`` from ``references/skill_info.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

SKILL_PAGE: Final = "SKILL.md"
SKILL_INFO: Final = "references/skill_info.yaml"

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_RULES: Final = {
    "output_dir": "the run's results folder",
    "parent_model": "the checkpoint of `--parent`",
    "resume_model": "the newest checkpoint in the results folder of a run that is resumed",
    "ptm_if_no_resume_model": "the pretrained file, unless a checkpoint is resumed",
    "key": "the passphrase for files, `env:NAME` for an environment variable",
    "cache_dir": "the machine's cache of decoded images",
    "metric": "the metric that the run optimises",
    "create_onnx_file": "a file in the results folder",
    "create_inference_result_file_reid": "a file in the results folder",
    "create_evaluate_cmc_plot_reid": "a file in the results folder",
    "create_evaluate_matches_plot_reid": "a file in the results folder",
}


def with_tables(page: str, info: Mapping[str, Any]) -> str:
    """``page`` with each block between ``<!-- generated: NAME -->`` and ``<!-- end -->`` anew."""
    tables = {"data": _data(info), "inferred": _inferred(info), "hardware": _hardware(info)}
    return _BLOCK.sub(lambda found: f"{found[1]}{''.join(tables[found[2]])}{found[3]}", page)


def _data(info: Mapping[str, Any]) -> Iterator[str]:
    yield "| action | spec key | below `--data ROOT` |\n|---|---|---|\n"
    for action, sources in info["data_sources"].items():
        for key, source in sources.items():
            names = [source["path"], *source.get("alternatives", ())]
            yield f"| {action} | `{key}` | {', '.join(f'`{name}`' for name in names)} |\n"


def _inferred(info: Mapping[str, Any]) -> Iterator[str]:
    yield "| action | spec key | filled with |\n|---|---|---|\n"
    for action, params in info["spec_params"].items():
        for key, rule in params.items():
            yield f"| {action} | `{key}` | {_RULES[rule]} |\n"


def _hardware(info: Mapping[str, Any]) -> Iterator[str]:
    needs = info["hardware"]
    yield (
        f"GPUs: {needs['gpus']} at least, {needs['recommended_gpus']} recommended, "
        f"{needs['gpu_memory_gb']} GB each; {needs['note']}.\n"
    )
