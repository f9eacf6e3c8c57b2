"""Which values of a parent's spec an action takes over."""

from pathlib import Path

import pytest

from automl.launch.planning.parents.parent_run import ParentRun, inherited_values
from automl.skill import load_skill, packaged_skill_dir


@pytest.mark.parametrize("action", ["evaluate", "export", "inference", "train"])
def test_how_a_parent_was_pretrained_is_of_no_matter_to_its_checkpoint(action: str) -> None:
    model = {"backbone": "resnet_18", "pretrain_choice": "self", "pretrained_model_path": "/w.pth"}
    parent = ParentRun(Path("run"), Path("run"), {"model": model}, Path("run/spec.yaml"))
    found = inherited_values(parent, load_skill(packaged_skill_dir()), action, goes_on=False)
    assert found == {"model.backbone": "resnet_18"}
