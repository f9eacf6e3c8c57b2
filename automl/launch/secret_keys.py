"""Spec keys that hold secrets: what they say would be written down with the run, so it may not."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from automl.errors import InputError
from automl.skill import Skill
from automl.spec.nested import flatten

_SECRET: Final = re.compile(
    r"(^|_)(password|passwd|passphrase|secret|credentials?)(_|$)"
    r"|(^|_)(api|access|auth|encryption|private|secret)_?(key|token)$|^token$|^h(f|ub)_token$"
)
_ENV: Final = "env:"
_REFERENCE: Final = re.compile(rf"{_ENV}\w+")


def is_secret_key(name: str) -> bool:
    """Return whether the last word of a dotted spec key says that its value is secret."""
    return _SECRET.search(name.rpartition(".")[2].lower()) is not None


def refuse_secrets(skill: Skill, spec: Mapping[str, Any], packaged: Collection[str]) -> None:
    """Refuse a spec that holds a secret.

    Args:
        skill: says which keys may name an environment variable instead, as ``env:NAME``.
        spec: nested.
        packaged: dotted keys that are as the skill packages them, so no secret of the user.

    Raises:
        InputError: a text under such a key is neither packaged nor a reference that acts, or the
            variable is not set.
    """
    for key, value in flatten(spec).items():
        if not (isinstance(value, str) and value and is_secret_key(key)) or key in packaged:
            continue
        acts = key in skill.info.environment_keys
        if acts and _REFERENCE.fullmatch(value):
            _check_set(key, value)
            continue
        variable = key.rpartition(".")[2].upper()
        remedy = (
            f"put it into an environment variable and name that, as in --set {key}=env:{variable}"
            if acts
            else "leave it out; the skill does not say that its trainer takes env:NAME for it"
            " (environment_keys in skill_info.yaml)"
        )
        raise InputError(f"{key} is a secret, which would be written down with the run: {remedy}")


def _check_set(key: str, reference: str) -> None:
    name = reference.removeprefix(_ENV)
    if not os.environ.get(name):
        raise InputError(f"{key} is {reference}, but there is no environment variable {name}")
