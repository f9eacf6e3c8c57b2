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
_REFERENCE: Final = re.compile(r"env:(\w+)")
_WRITTEN: Final = "is a secret, which would be written down with the run"


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
        if key in packaged or not (isinstance(value, str) and value and is_secret_key(key)):
            continue
        if key in skill.info.environment_keys:
            _check_reference(key, value)
        else:
            raise InputError(
                f"{key} {_WRITTEN}: leave it out; the skill does not say that its trainer takes"
                " env:NAME for it (environment_keys in skill_info.yaml)"
            )


def _check_reference(key: str, value: str) -> None:
    named = _REFERENCE.fullmatch(value)
    if named is None:
        example = f"--set {key}=env:{key.rpartition('.')[2].upper()}"
        raise InputError(
            f"{key} {_WRITTEN}: put it into an environment variable and name that, as in {example}"
        )
    if not os.environ.get(named[1]):
        raise InputError(f"{key} is {value}, but there is no environment variable {named[1]}")
