"""A skill whose trainer does nothing but report a score, after a pause if one is set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

_FILES: Final = {
    "noop_trainer.py": """
import time

def run(spec, report=None):
    train = spec["train"]
    for epoch in range(1, train["epochs"] + 1):
        time.sleep(train["pause_s"])
        kpi = {"score": train["x"] - train["y"] ** 2}
        report({"status": "RUNNING", "epoch": epoch, "kpi": kpi})
""",
    "references/skill_info.yaml": """
name: noop
network_arch: noop
automl_enabled: true
actions:
  train:
    command: "false"
    execution: {type: python_entrypoint, entrypoint: "noop_trainer:run"}
spec_params: {train: {results_dir: output_dir}}
metrics: {monitoring_metric: score, direction: maximize}
""",
    "references/spec_template_train.yaml": """
train: {x: 0.5, y: 0.5, epochs: 1, pause_s: 0.0}
results_dir: ""
""",
    "schemas/train.schema.json": json.dumps(
        {
            "type": "object",
            "properties": {
                "results_dir": {"type": "string", "default": ""},
                "train": {
                    "type": "object",
                    "properties": {
                        "epochs": {"type": "integer", "default": 1, "minimum": 1},
                        "pause_s": {"type": "number", "default": 0.0, "minimum": 0.0},
                        **{
                            name: {"type": "number", "default": 0.5, "minimum": 0.0,
                                   "maximum": 1.0, "automl_enabled": True}
                            for name in ("x", "y")
                        },
                    },
                },
            },
        }
    ),
}  # fmt: skip


def write_skill(folder: Path) -> Path:
    """Write the skill into ``folder`` and return it; ``train.pause_s`` is the pause of an epoch."""
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
