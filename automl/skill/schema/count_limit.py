"""A limit on a number that is counted in the data: a batch no larger than the training set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from automl.skill.schema.activation import Alternatives, read_alternatives

FILES: Final = "files"
LINES: Final = "lines"
ROWS: Final = "rows"
ITEMS: Final = "items"
KINDS: Final = (FILES, LINES, ROWS, ITEMS)
_NAMED: Final = ", ".join(KINDS)
_WORDS: Final = frozenset({"count", "of", "match", "what", "times", "per", "when"})


@dataclass(frozen=True, slots=True)
class CountLimit:
    """A parameter is at most ``count * times / per``.

    Attributes:
        count: ``files`` below a folder, ``lines`` of a text file, ``rows`` of a table below its
            head, ``items`` of a list in a JSON file, or ``package.module:function`` of the skill,
            which takes the spec.
        of: the spec key of that folder or file; ``[*]`` stands for every entry of a list.
        match: the file names that count (``*.jpg``, ``train/*``), or the JSON key that holds the
            list.
        what: the word for what is counted, for a reader.
        times: a spec key by which the count is multiplied.
        per: a spec key by which it is divided, such as the number of GPUs.
        when: the values of other keys under which the limit holds.
    """

    count: str
    of: str | None = None
    match: str | None = None
    what: str = ""
    times: str | None = None
    per: str | None = None
    when: Alternatives = ()

    @property
    def counted(self) -> str:
        """What is counted, for a reader."""
        return self.what or (self.count if self.count in KINDS else "counted")

    @property
    def keys(self) -> tuple[str, ...]:
        """The spec keys that it names."""
        return tuple(key for key in (self.of, self.times, self.per) if key)


def read_count_limit(value: Any) -> CountLimit:
    """Return the limit that ``at_most`` states; ValueError if it is not understood."""
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a mapping with count, is {value!r:.60}")
    unknown = sorted(str(key) for key in value if key not in _WORDS)
    if unknown:
        raise ValueError(f"{', '.join(unknown)} not understood; known: {', '.join(sorted(_WORDS))}")
    texts = {key: value[key] for key in value if key != "when"}
    for key, text in texts.items():
        if not isinstance(text, str) or not text:
            raise ValueError(f"{key} must be text, is {text!r:.60}")
    count = texts.get("count", "")
    if count not in KINDS and ":" not in count:
        raise ValueError(f"count must be {_NAMED} or module:function, is {count!r}")
    if count in KINDS and "of" not in texts:
        raise ValueError("of is missing: the spec key of the folder or file that is counted")
    return CountLimit(**texts, when=read_alternatives(value["when"]) if "when" in value else ())
