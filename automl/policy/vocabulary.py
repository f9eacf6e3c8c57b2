"""Reads ``vocabulary.toml``: the phrases of a request and the letter of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product


@dataclass(frozen=True)
class Vocabulary:
    """The letter of every phrase, the longest phrase of every first word, and folded characters."""

    letters: dict[tuple[str, ...], str]
    longest: dict[str, int]
    fold: dict[int, int]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary, read once."""
    content = tomllib.loads(files("automl.policy").joinpath("vocabulary.toml").read_text("utf-8"))
    letters: dict[tuple[str, ...], str] = {}
    for letter, phrases in content["english"].items():
        letters |= {words: letter for text in phrases.split(",") for words in _spelled(text)}
    for letter, phrases in content["chinese"].items():
        letters |= {tuple(text): letter for text in phrases.split()}
    longest: dict[str, int] = {}
    for words in letters:
        longest[words[0]] = max(len(words), longest.get(words[0], 0))
    fold = str.maketrans(content["fold"]["traditional"], content["fold"]["simplified"])
    return Vocabulary(letters, longest, fold)


def _spelled(phrase: str) -> Iterator[tuple[str, ...]]:
    for words in product(*(word.split("|") for word in phrase.split())):
        yield tuple(word for word in words if word != "_")
