"""What a packaged template leaves open is filled, or told in the plan."""

from pathlib import Path
from typing import Any

import yaml

from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.spec.nested import get_path

TEMPLATE: dict[str, Any] = {
    "results_dir": "<out_dir>",
    "model": {"start": "<start_path>"},
    "data": [{"name": "<dataset_name>", "title": "a < b > c"}],
    "train": {"output_dir": "artifacts/train", "plots": "/plots", "lr": 0.1},
}
INFO: dict[str, Any] = {
    "name": "open",
    "metrics": {"monitoring_metric": "score", "direction": "maximize"},
    "spec_params": {"train": {"results_dir": "output_dir"}},
    "actions": {
        "train": {
            "command": "sh -c train {config_path}",
            "inputs": {"model.start": {"type": "file", "optional": True}},
            "outputs": {
                name: {"type": "folder"}
                for name in ("results_dir", "train.output_dir", "train.plots", "logs")
            },
        }
    },
}


def _plan(folder: Path, *overrides: str) -> Plan:
    references = folder / "skill" / "references"
    references.mkdir(parents=True, exist_ok=True)
    (references / "skill_info.yaml").write_text(yaml.safe_dump(INFO))
    (references / "spec_template_train.yaml").write_text(yaml.safe_dump(TEMPLATE))
    request = RunRequest(
        skill_dir=folder / "skill", output=folder / "run", policy="off", overrides=list(overrides)
    )
    return make_plan(request)


def test_blanks_and_shared_folders_of_a_template(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    spec = plan.spec
    assert [get_path(spec, key) for key in ("results_dir", "train.output_dir", "train.plots")] == [
        str(tmp_path / "run"),
        str(tmp_path / "run"),
        "/plots",
    ]
    assert get_path(spec, "model.start") == ""
    assert get_path(spec, "logs") == str(tmp_path / "run")
    assert sorted(plan.warnings) == [
        "data[0].name: the template leaves <dataset_name> open; give it with"
        " --set data[0].name=VALUE",
        "logs: each trial's folder, as the skill gives none",
        "train.output_dir: each trial's folder, in place of 'artifacts/train', which all trials"
        " would share",
    ]


def test_what_the_user_gives_stays(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "data[0].name=Kitti", "train.output_dir=mine", "model.start=<mine>")
    assert get_path(plan.spec, "train.output_dir") == "mine"
    assert get_path(plan.spec, "model.start") == "<mine>"
    assert len(plan.warnings) == 1
