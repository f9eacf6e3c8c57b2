"""Refuses secrets in a spec, since a run's folder holds its spec in plain text."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from automl.errors import InputError
from automl.skill import Skill
from automl.spec.nested import flatten, get_path

_SECRET: Final = re.compile(
    r"passw(or)?d|passphrase|credential|secret(?!ar|i|e)|pwd(_|$)"  # but not secretary, secretion
    r"|^pass$|(admin|auth|db|database|ftp|login|mail|proxy|root|smtp|ssh|user)_?pass$"
    r"|(access|account|api|auth|decryption|encryption|private|signing|ssh)_?keys?$"
)
_TOKEN: Final = re.compile(r"tokens?$")
_OF_A_TEXT: Final = re.compile(  # names of tokens in a text or an image
    r"(^|_)(audio|blank|bos|class|cls|dist|end|eos|image|mask|max|min|n|num|pad|patch|prompt"
    r"|register|sep|special|start|stop|text|unk|video|visual)_tokens?$"
)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_REFERENCE: Final = re.compile(r"env:(\w+)")
_WRITTEN: Final = "is a secret, which would be written down with the run"


def is_secret(key: str, value: Any) -> bool:
    """Return whether a leaf holds a secret, judged by the names in its dotted key.

    Below a name of a password or key (``db_password``, ``userPwd``, ``api_key``) every value but
    null and the empty text is a secret: YAML reads ``1234`` as a number. Below a name of a token
    (``hf_token``, not ``pad_token``) numbers are none: they count tokens.
    """
    if value is None or value == "":
        return False
    names = [_snake_case(name) for name in key.split(".")]
    if any(_SECRET.search(name) for name in names):
        return True
    is_token = _TOKEN.search(names[-1]) is not None and not _OF_A_TEXT.search(names[-1])
    return is_token and not isinstance(value, int | float)


def refuse_secrets(skill: Skill, spec: Mapping[str, Any], packaged: Collection[str]) -> None:
    """Refuse a spec that holds a secret.

    Args:
        skill: says which keys may name an environment variable instead, as ``env:NAME``.
        spec: nested; lists are looked into.
        packaged: dotted keys at the skill's packaged value, which is no secret of the user.

    Raises:
        InputError: a secret is neither packaged nor a reference that the trainer resolves.
    """
    for key, value in flatten(spec).items():
        if key in packaged:
            continue
        for leaf, said in _leaves(key, value):
            if is_secret(leaf, said):
                _check_reference(leaf, said, acts=key in skill.info.environment_keys)


def refuse_searched_secrets(key: str, values: Iterable[Any], where: str) -> None:
    """Refuse secrets among the values that the user wants a sweep to try.

    Raises:
        InputError: one of ``values`` for ``key`` is a secret, or names one; ``where`` says which
            option gave it.
    """
    for value in values:
        for leaf, said in _leaves(key, value):
            if is_secret(leaf, said):
                raise InputError(
                    f"{where}: {leaf} {_WRITTEN}, and is not searched: leave it out; where the"
                    f" skill's trainer takes that, --set {key}=env:NAME names a variable that"
                    " holds it"
                )


def check_variables(skill: Skill, spec: Mapping[str, Any]) -> None:
    """Raise InputError if a key names an environment variable that is not set, or empty."""
    for key in skill.info.environment_keys:
        named = _REFERENCE.fullmatch(str(get_path(spec, key, "")))
        if named and not os.environ.get(named[1]):
            raise InputError(
                f"{key} is {named[0]}, but there is no environment variable {named[1]}"
            )


def _snake_case(name: str) -> str:
    """``dbPassword``, ``db-password`` and ``db_password[0]`` as ``db_password``."""
    letters = re.sub(r"[\W\d_]+$", "", name)
    return re.sub(r"\W+", "_", _HUMP.sub("_", letters)).lower()


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(f"{key}.{name}", member)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from _leaves(f"{key}[{index}]", member)
    else:
        yield key, value


def _check_reference(key: str, value: Any, *, acts: bool) -> None:
    if not acts:
        raise InputError(
            f"{key} {_WRITTEN}: leave it out; the skill does not say that its trainer takes"
            " env:NAME for it (environment_keys in skill_info.yaml)"
        )
    if _REFERENCE.fullmatch(str(value)) is None:
        example = f"--set {key}=env:{key.rpartition('.')[2].upper()}"
        raise InputError(
            f"{key} {_WRITTEN}: put it into an environment variable and name that, as in {example}"
        )
