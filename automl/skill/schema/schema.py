"""An action's schema: its leaves, collections, defaults and issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.skill.schema.json_schema import translate
from automl.skill.schema.leaf import Collection, Issue, Leaf

if TYPE_CHECKING:
    from automl.skill.schema.overlay import OverlayEntry


@dataclass(frozen=True, eq=False)
class Schema:
    """One action's parameters, in document order.

    ``default_parameters`` / ``disabled_parameters``: the union of all lists at every level.
    ``popular``: leaf -> value, the parameters that people set most often.
    ``issues``: keywords that cannot be used. ``crossing``: (name, keyword) of conditions such as
    ``if``, which validation checks and a search space does not know.
    ``overlay``: what was applied, by leaf; ``overlay_warnings``: what of it could not be.
    """

    leaves: Mapping[str, Leaf]
    collections: Mapping[str, Collection]
    default_parameters: frozenset[str] = frozenset()
    disabled_parameters: frozenset[str] = frozenset()
    popular: Mapping[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    crossing: tuple[tuple[str, str], ...] = ()
    overlay: Mapping[str, OverlayEntry] = field(default_factory=dict)
    overlay_warnings: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def defaults(self) -> dict[str, Any]:
        """A fresh nested spec of all defaults: an outer ``default`` wins over an inner one."""
        defaults: dict[str, Any] = copy_plain(self._defaults)
        return defaults

    def json_schema(self) -> dict[str, Any]:
        """The schema as plain JSON Schema 2020-12, for validating a nested spec.

        Relations between leaves (``depends_on``), ``active_when`` and multiples of a decimal
        fraction have no usable JSON Schema form: :func:`automl.spec.validate_spec` checks them.
        """
        return translate(self.source)


def copy_plain(value: Any) -> Any:
    """A copy of nested plain containers; it recurses once per level, ``deepcopy`` several times."""
    if isinstance(value, Mapping):
        return {key: copy_plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [copy_plain(member) for member in value]
    return value
