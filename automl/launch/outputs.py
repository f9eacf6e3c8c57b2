"""Where a script's declared outputs go: each into a place of its own in the job's folder.

The contract of script skills (``outputs:`` of an action in skill_info.yaml) is that the runner
names these places; a skill of the ``spec_params`` kind says itself where they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.skill import Action
from automl.spec.nested import get_path, set_path


def routed_keys(action: Action, rules: Mapping[str, str]) -> tuple[str, ...]:
    """Return the spec keys of a script's outputs that no ``spec_params`` rule fills."""
    if action.execution is None or action.execution.script is None:
        return ()
    return tuple(key for key in action.outputs if key not in rules)


def route_outputs(
    spec: dict[str, Any], keys: tuple[str, ...], output: Path, *, present: bool = False
) -> None:
    """Set each of ``keys`` to a path below ``output``, named by the key with ``_`` for dots.

    ``present`` leaves out those that the spec does not have.
    """
    for key in keys:
        if not present or get_path(spec, key, None) is not None:
            set_path(spec, key, str(output / re.sub(r"[^A-Za-z0-9_-]+", "_", key).strip("_")))
