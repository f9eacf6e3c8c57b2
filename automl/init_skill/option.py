"""A parameter of a trainer, whatever it was read from; all of them, and how they are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TrainerOption:
    """One parameter of a trainer.

    Attributes:
        key: its dotted key in a spec.
        type: ``int``, ``float``, ``bool``, ``str``, ``list`` or ``any``.
        default: what the trainer takes where nothing is given.
        choices: all values that it may have; empty for any of the type.
        help: what the trainer says of it.
        required: whether the trainer does not run without it.
        nullable: whether it may be null.
        ends: JSON Schema words of its bounds.
        flag: how a command line gives it, for ``launch.json``; empty where a file does.
    """

    key: str
    type: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    help: str = ""
    required: bool = False
    nullable: bool = False
    ends: Mapping[str, float] = field(default_factory=dict)
    flag: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceParameters:
    """The parameters of a trainer, as they were found in a source.

    Attributes:
        kind: what the source is, for a reader: ``argparse``, ``click``, ``hydra``, ``config`` ...
        options: the parameters, in the source's order.
        launch: how the trainer is started, without its options: for ``launch.json``.
        left_out: key -> why it is no parameter of the skill.
        template: the whole configuration, where the trainer reads one from a file.
    """

    kind: str
    options: tuple[TrainerOption, ...]
    launch: Mapping[str, Any]
    left_out: Mapping[str, str] = field(default_factory=dict)
    template: Mapping[str, Any] | None = None
