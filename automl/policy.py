"""Decides whether a run is a sweep or one direct run.

The policy comes from an explicit value or from a sentence and holds for one run only; the skill is
never changed. Nothing here prints: a :class:`Route` has a ``reason``, which the caller shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from automl.errors import PolicyError
from automl.skill import Runnability
from automl.skill.info import is_training

Policy = Literal["auto", "on", "off"]
RouteKind = Literal["sweep", "direct"]

_SUBJECT = (
    r"(?:auto[\s_-]?ml|hpo|hyper[\s-]?parameter (?:search|tuning|optimi[sz]ation|sweep)s?"
    r"|tuning|sweeps?|sweeping(?=\s*(?:$|[^\w\s]|please|this|today|now|here|for|on|of|in|and|or)))"
    r"(?![a-z])"
)
_NOT = r"(?:(?:do|does|did|is|are|was|should|must|need|can|ca|wo)n'?t|not|never)"
_IS = (
    r"(?:[ _]policy)?\s*[:=]?\s*"
    r"(?:(?:is|are|be|being|to|should|must|can|may|has|have|needs?|stays?|remains?"
    r"|keep|kept|set|left|turned|switched|currently|now) )*"
)
_OFF_AFTER = (
    rf"{_IS}(?:off|false|disabled|deactivated|skipped|unnecessary|unneeded|unwanted"
    rf"|{_NOT} (?:be )?(?:needed|necessary|required|wanted|used|run|on|enabled))(?![a-z])"
)
_ANY = r"(?:the |any |an? |all |some |more |further )?"
_OFF_EN = (
    rf"(?:turn|switch) off {_ANY}{_SUBJECT}",
    rf"(?:turn|switch) {_ANY}{_SUBJECT} off",
    rf"(?:disable|deactivate|skip|avoid|stop|opt out of) {_ANY}{_SUBJECT}",
    rf"(?:disabling|skipping|avoiding|turning off) {_ANY}{_SUBJECT}",
    rf"(?:\bno|without|w/o) {_ANY}{_SUBJECT}(?!{_OFF_AFTER})",
    rf"\bno need (?:for|of|to (?:use|do|run|start|have)) {_ANY}{_SUBJECT}(?!{_OFF_AFTER})",
    rf"{_NOT} (?:use|do|run|want|need|start|enable|turn on) {_ANY}{_SUBJECT}(?!{_OFF_AFTER})",
    rf"{_SUBJECT}{_OFF_AFTER}",
    r"plain (?:training|train|run)",
    r"(?:just|only) (?:train|one training|a single training)\b",
    r"(?:single|one) direct (?:training|run)",
)
_ON_EN = (
    rf"(?:turn|switch) on {_ANY}{_SUBJECT}",
    rf"(?:turn|switch) {_ANY}{_SUBJECT} on\b",
    rf"(?:enable|activate|use|run|do|start|want|need|with) {_ANY}{_SUBJECT}",
    rf"{_SUBJECT}{_IS}(?:on|true|enabled|activated)(?![a-z])",
)
_SUBJECT_ZH = r"(?:auto\s?ml|hpo|超参数?(?:搜索|优化|调优)|自动(?:机器学习|调参)|调参)"
_CLOSE_ZH = r"(?:关闭|关掉|关上|禁用|停用|跳过|关(?![于系注心联]))"
_NO_ZH = r"(?:不用|不使用|不做|不要|不需要|无需|没必要)"
_OFF_ZH = (
    rf"(?:{_CLOSE_ZH}|{_NO_ZH}|没有)\s*{_SUBJECT_ZH}",
    rf"(?:把|将)?\s*{_SUBJECT_ZH}\s*[:=：]?\s*(?:请|先|应该?|要|设为)*{_CLOSE_ZH}",
    rf"{_SUBJECT_ZH}\s*{_NO_ZH}(?!{_CLOSE_ZH})",
    r"(?:普通|直接|单次|仅|只做?)训练",
)
_ON_ZH = (
    rf"(?:开启|打开|启用|使用|运行|进行)\s*{_SUBJECT_ZH}",
    rf"{_SUBJECT_ZH}\s*(?:开启|打开|启用)",
)

_OFF = re.compile("|".join((*_OFF_EN, *_OFF_ZH)), re.IGNORECASE)
_ON = re.compile("|".join((*_ON_EN, *_ON_ZH)), re.IGNORECASE)
_NEGATED_BEFORE = re.compile(
    rf"(?:\b{_NOT}|\b(?:without|instead of|rather than|no)|{_NO_ZH}|不必|别|不|勿)"
    r"(?: (?:really|want|wish|like|need|use|have|keep|leave|go|run|train"
    r"|for|with|any|an?|the|to|you|do))*"
    r"\s*[把将让]?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PolicyChoice:
    """The policy of this run and where it comes from."""

    policy: Policy
    reason: str


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
        return PolicyChoice("auto", "the default")
    return _policy_of_sentence(request)


def _policy_of_sentence(request: str) -> PolicyChoice:
    text = " ".join(request.replace("’", "'").split())
    against, kept = _phrases(_OFF, text)
    wanted, unwanted = _phrases(_ON, _OFF.sub(" ; ", text))
    against += unwanted
    if against and wanted:
        raise PolicyError(
            f"the request asks for AutoML and against it: {request!r}; say --policy on or off"
        )
    if against:
        return PolicyChoice("off", f"the request says {against[0]!r}")
    if wanted:
        return PolicyChoice("on", f"the request says {wanted[0]!r}")
    said = f"rules out {kept[0]!r}" if kept else "says nothing of AutoML"
    return PolicyChoice("auto", f"the request {said}, so the default holds")


def _phrases(pattern: re.Pattern[str], text: str) -> tuple[list[str], list[str]]:
    """Return the phrases of ``pattern`` in ``text``: the affirmed ones and the negated ones."""
    meant: list[str] = []
    negated: list[str] = []
    for match in pattern.finditer(text):
        before = text[: match.start()]
        (negated if _NEGATED_BEFORE.search(before) else meant).append(match.group().strip())
    return meant, negated


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
        return Route("direct", "policy off")
    if policy == "on" and not is_training(action) and (obstacle or not runnability.ok):
        why = obstacle or runnability.reason
        return Route("direct", f"policy on, but {action} cannot be swept: {why}")
    if not enabled:
        if policy == "on":
            raise PolicyError(
                "policy on, but the skill's references/skill_info.yaml does not say"
                " automl_enabled: true; use --policy off for one direct run"
            )
        return Route("direct", "AutoML is not enabled for this skill (automl_enabled)")
    if not runnability.ok:
        if policy == "on":
            raise PolicyError(f"{runnability.reason}; use --policy off for one direct run")
        return Route("direct", runnability.reason)
    if policy == "auto" and action != "train":
        return Route("direct", f"action {action} becomes a sweep only with policy on")
    return Route("sweep", f"policy {policy}, AutoML enabled, schema and template packaged")
