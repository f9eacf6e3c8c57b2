"""Decides whether a run is a sweep or one direct run.

The policy comes from an explicit value or from a sentence and holds for one run only; the skill is
never changed. Nothing here prints: a :class:`Route` has a ``reason``, which the caller shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from automl.constants import RouteKind
from automl.errors import PolicyError
from automl.policy.grammar import Reading, readings
from automl.skill import Runnability
from automl.skill.info import is_training

Policy = Literal["auto", "on", "off"]
_DEFAULT: Final = "the default"


@dataclass(frozen=True)
class PolicyChoice:
    """The policy of this run and where it comes from."""

    policy: Policy
    reason: str

    @property
    def is_default(self) -> bool:
        """Whether nobody said anything about it."""
        return self.reason == _DEFAULT


@dataclass(frozen=True)
class Route:
    """The kind of a run, and why."""

    kind: RouteKind
    reason: str


def read_policy(explicit: str | None = None, request: str | None = None) -> PolicyChoice:
    """Return the policy of this run: an explicit value wins over a sentence, the default is auto.

    Raises:
        PolicyError: ``explicit`` is none of auto, on, off, or the sentence asks for both.
    """
    if explicit is not None:
        if explicit not in get_args(Policy):
            raise PolicyError(f"policy {explicit!r} is unknown: use auto, on or off")
        return PolicyChoice(cast(Policy, explicit), "as given")
    if not request:
        return PolicyChoice("auto", _DEFAULT)
    return _policy_of_sentence(request)


def _policy_of_sentence(request: str) -> PolicyChoice:
    said: Reading | None = None
    for reading in readings(request):
        if said and said.segment == reading.segment and {said.says, reading.says} == {"on", "off"}:
            raise PolicyError(
                f"the request asks for AutoML and against it: {request!r}; say --policy on or off"
            )
        said = _later(said, reading)
    if said is None:
        return PolicyChoice("auto", "the request says nothing of AutoML, so the default holds")
    if said.says == "on" or said.says == "off":
        return PolicyChoice(said.says, f"the request says {said.phrase!r}")
    if said.says == "kept":
        return PolicyChoice("auto", f"the request rules out {said.phrase!r}, so the default holds")
    why = f"nothing was read from the request but the words {said.phrase!r}, so the default holds"
    return PolicyChoice("auto", why)


def _later(said: Reading | None, reading: Reading) -> Reading:
    """Return the one that counts: the later one, unless it adds nothing to the earlier one."""
    if said is None:
        return reading
    adds_nothing = reading.says in ("named", said.says) or (said.says, reading.says) == (
        "on",
        "kept",
    )
    return said if adds_nothing and said.says != "named" else reading


def choose_route(
    policy: Policy,
    *,
    action: str,
    enabled: bool,
    runnability: Runnability,
    obstacle: str = "",
) -> Route:
    """Return the route of one action of a skill.

    Args:
        action: the action's name; actions other than ``train`` become sweeps only under ``on``.
        enabled: the skill's ``automl_enabled``.
        runnability: whether the action's schema and template are packaged and parse.
        obstacle: why an action that trains nothing cannot be swept.

    Raises:
        PolicyError: ``on`` was asked for a training and the skill cannot follow.
    """
    if policy == "off":
        return Route(RouteKind.DIRECT, "policy off")
    if policy == "on" and not is_training(action) and (obstacle or not runnability.ok):
        why = obstacle or runnability.reason
        return Route(RouteKind.DIRECT, f"policy on, but {action} cannot be swept: {why}")
    if not enabled:
        if policy == "on":
            raise PolicyError(
                "policy on, but the skill's references/skill_info.yaml does not say"
                " automl_enabled: true; use --policy off for one direct run"
            )
        return Route(RouteKind.DIRECT, "AutoML is not enabled for this skill (automl_enabled)")
    if not runnability.ok:
        if policy == "on":
            raise PolicyError(f"{runnability.reason}; use --policy off for one direct run")
        return Route(RouteKind.DIRECT, runnability.reason)
    if policy == "auto" and action != "train":
        return Route(RouteKind.DIRECT, f"action {action} becomes a sweep only with policy on")
    return Route(RouteKind.SWEEP, f"policy {policy}, AutoML enabled, schema and template packaged")
