"""Annotations of a spec key, stored in the metadata of its dataclass field.

The dataclasses of this package are the only description of a spec. Loading, the JSON schemas, the
packaged templates and the knob tests are all derived from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

Value = TypeVar("Value")

_METADATA_NAME = "key"

Conditions = Mapping[str, Sequence[Any]]
"""Other keys and the values that each of them must have."""


@dataclass(frozen=True)
class Key:
    """Annotations of a spec key: the bounds say what is legal, ``search`` where a sweep looks."""

    doc: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    enum: tuple[Any, ...] = ()
    pattern: str = ""  # texts beside those of enum that are legal
    length: tuple[int, int | None] | None = None
    distinct: bool = False
    nullable: bool = False
    popular: bool = False
    searched: bool | None = None  # True: by default; False: never; None: when asked for
    math_cond: str | None = None
    depends_on: tuple[str, ...] = ()
    scale: str | None = None
    search: tuple[float, float] | None = None
    step: float | None = None
    budget: Mapping[str, Any] | None = None
    active_when: Conditions | Sequence[Conditions] = ()  # several: any of them
    at_most: Mapping[str, Any] | None = None  # a limit that is counted in the data

    def x_automl(self) -> dict[str, Any]:
        """The content of the schema word ``x_automl``; empty when there is none."""
        found = {
            "scale": self.scale,
            "search": None if self.search is None else list(self.search),
            "step": self.step,
            "budget": None if self.budget is None else dict(self.budget),
            "active_when": self._written_conditions(),
            "at_most": None if self.at_most is None else dict(self.at_most),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def alternatives(self) -> tuple[Conditions, ...]:
        """Conjunctions of conditions, any of which lets the key act; none: it always acts."""
        given = self.active_when
        return (given,) if isinstance(given, Mapping) else tuple(given)

    def _written_conditions(self) -> Any:
        """As the schema has them: a mapping, a list of several, None if there is none."""
        written = [{k: list(values) for k, values in one.items()} for one in self.alternatives]
        return written if len(written) > 1 else next(iter(written), None)


def key(default: Value, doc: str, **annotations: Any) -> Value:
    """Declare a dataclass field with its :class:`Key`; typed as the field's value."""
    declared: Value = field(default=default, metadata={_METADATA_NAME: Key(doc, **annotations)})
    return declared


def section(factory: type[Value]) -> Value:
    """Declare a nested section whose defaults are those of its own dataclass."""
    declared: Value = field(default_factory=factory)
    return declared


def key_of(declared: Field[Any]) -> Key | None:
    """The annotations of a dataclass field, or None for a nested section."""
    found = declared.metadata.get(_METADATA_NAME)
    return found if isinstance(found, Key) else None


def keys_of(kind: type[Any], prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Every (dotted name, key) below a section, in document order."""
    hints = get_type_hints(kind)
    for entry in fields(kind):
        name, key = f"{prefix}{entry.name}", key_of(entry)
        if key is None:
            yield from keys_of(hints[entry.name], f"{name}.")
        else:
            yield name, key
