"""An overlay: what an expert says of somebody else's schema, between the schema and the user.

An overlay decides what is searched and where, inside what is legal; it never widens legal bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from automl.skill.schema.annotations import Annotations
from automl.skill.schema.leaf import Leaf
from automl.skill.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class OverlayEntry:
    """What an overlay says of one parameter.

    ``include``: it is searched by default, also where the skill disables it. ``leave_out``: it is
    not searched unless the user names it. ``annotations``: ``search``, ``scale``, ``step`` and
    ``active_when``, each in place of the schema's. ``reason`` and ``source``: why, and who says so.
    """

    annotations: Annotations = field(default_factory=Annotations)
    include: bool = False
    leave_out: bool = False
    reason: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        """The reason with its source, for a reader."""
        source = f" [{self.source}]" if self.source else ""
        return f"overlay: {self.reason or 'no reason given'}{source}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay of the parameters of one action.

    ``origin``: where it was found, for a reader. ``network_arch``: the models that it is for, None
    for any. ``problems``: parts of the file that are not understood and are left out.
    """

    origin: str
    entries: Mapping[str, OverlayEntry]
    network_arch: str | None = None
    action: str = "train"
    problems: tuple[str, ...] = ()

    def apply(self, schema: Schema) -> Schema:
        """Return ``schema`` with the entries written into its leaves."""
        known = {name: entry for name, entry in self.entries.items() if name in schema.leaves}
        included = {name for name, entry in known.items() if entry.include}
        leaves = {
            name: _changed(leaf, known[name]) if name in known else leaf
            for name, leaf in schema.leaves.items()
        }
        return replace(
            schema,
            leaves=leaves,
            disabled_parameters=schema.disabled_parameters - included,
            overlay=known,
            overlay_warnings=(*self.problems, *self._unknown(schema)),
        )

    def _unknown(self, schema: Schema) -> tuple[str, ...]:
        return tuple(
            f"overlay {self.origin}: {name} is no parameter of this schema"
            for name in self.entries
            if name not in schema.leaves
        )

    def summary(self, schema: Schema) -> str:
        """Return in a line what the overlay changed of ``schema``, to which it was applied."""
        entries = schema.overlay.values()
        counts = {
            "included": sum(entry.include for entry in entries),
            "left out": sum(entry.leave_out for entry in entries),
            "ranges": sum(entry.annotations.search is not None for entry in entries),
            "conditions": sum(bool(entry.annotations.active_when) for entry in entries),
        }
        found = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"{self.origin}: {found or 'changes nothing here'}"


def _changed(leaf: Leaf, entry: OverlayEntry) -> Leaf:
    given = entry.annotations
    own = leaf.x_automl
    annotations = replace(
        own,
        scale=given.scale or own.scale,
        search=given.search or own.search,
        step=given.step or own.step,
        active_when=given.active_when or own.active_when,
        origin="overlay" if given.search else own.origin,
    )
    enabled = True if entry.include else leaf.automl_enabled
    return replace(leaf, x_automl=annotations, automl_enabled=enabled)
