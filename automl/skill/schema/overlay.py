"""An overlay: what an expert says of somebody else's schema, between the schema and the user.

An overlay decides what is searched and where, inside what is legal; it never widens legal bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from automl.skill.schema.annotations import NONE, Annotations
from automl.skill.schema.leaf import Leaf
from automl.skill.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class OverlayEntry:
    """What an overlay says of one parameter, or of every one below a collection.

    ``include``: it is searched by default, also where the skill disables it. ``leave_out``: it is
    not searched unless the user names it. ``annotations``: ``search``, ``scale``, ``step``,
    ``active_when``, ``options_when`` and ``at_most``, each in place of the schema's. ``reason`` and
    ``source``: why, and who says so.
    """

    annotations: Annotations = field(default_factory=Annotations)
    include: bool = False
    leave_out: bool = False
    reason: str = ""
    source: str = ""

    @property
    def why(self) -> str:
        """The reason with its source, for a reader."""
        source = f" [{self.source}]" if self.source else ""
        return f"{self.reason or 'no reason given'}{source}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay of the parameters of one action.

    ``origin``: where it was found, for a reader. ``network_arch``: the models that it is for, None
    for any. ``packaged``: it comes with automl. ``problems``: parts of the file that are not
    understood; they are left out.
    """

    origin: str
    entries: Mapping[str, OverlayEntry]
    network_arch: str | None = None
    action: str = "train"
    packaged: bool = False
    problems: tuple[str, ...] = ()

    def fits(self, action: str, schema: Schema) -> bool:
        """Whether it is for the action; a packaged one is not for a schema with ``x_automl``.

        Nor is a packaged one of any model, unless the schema has all that it names.
        """
        speaks = any(leaf.x_automl != NONE for leaf in schema.leaves.values())
        strange = self.network_arch is None and bool(self._unknown(schema))
        return action == self.action and not (self.packaged and (speaks or strange))

    def apply(self, schema: Schema) -> Schema:
        """Return ``schema`` with the entries written into its leaves."""
        known = dict(self._by_leaf(schema))
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

    def _by_leaf(self, schema: Schema) -> Iterator[tuple[str, OverlayEntry]]:
        """Each leaf with its entry: its own, else that of the nearest collection that holds it."""
        for name in schema.leaves:
            place = name
            while place and place not in self.entries:
                place = place.rpartition(".")[0]
            if place:
                yield name, self.entries[place]

    def _unknown(self, schema: Schema) -> tuple[str, ...]:
        return tuple(
            f"overlay {self.origin}: {name} is no parameter of this schema"
            for name in self.entries
            if name not in schema.leaves and name not in schema.collections
        )

    def summary(self, schema: Schema) -> str:
        """Return in a line what the overlay changed of ``schema``, to which it was applied."""
        entries = schema.overlay.values()
        counts = {
            "included": sum(entry.include for entry in entries),
            "left out": sum(entry.leave_out for entry in entries),
            "ranges": sum(entry.annotations.search is not None for entry in entries),
            "conditions": sum(bool(entry.annotations.active_when) for entry in entries),
            "conditions of options": sum(bool(e.annotations.options_when) for e in entries),
            "limits": sum(entry.annotations.at_most is not None for entry in entries),
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
        at_most=given.at_most or own.at_most,
        options_when=given.options_when or own.options_when,
        origin="overlay" if given.search else own.origin,
    )
    enabled = True if entry.include else leaf.automl_enabled
    return replace(leaf, x_automl=annotations, automl_enabled=enabled)
