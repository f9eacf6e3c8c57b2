"""The options of trials and resources are stored under the keys that a plan may hold."""

from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from automl.launch.planning.options.resource import ResourceOptions
from automl.launch.planning.options.trial import TrialOptions
from automl.results.files.shapes import PLAN

ALL_TRIAL_OPTIONS = replace(
    TrialOptions(), container="image", container_args=("--cpus=8",), eval_command="measure"
)


@pytest.mark.parametrize(
    ("section", "options", "stored"),
    [
        ("care", TrialOptions, ALL_TRIAL_OPTIONS.to_dict()),
        ("wishes", ResourceOptions, asdict(ResourceOptions())),
    ],
)
def test_a_plan_may_hold_every_field_and_nothing_else(
    section: str, options: Any, stored: dict[str, Any]
) -> None:
    allowed = PLAN["properties"][section]["properties"].keys()
    assert allowed == {field.name for field in fields(options)} == stored.keys()
