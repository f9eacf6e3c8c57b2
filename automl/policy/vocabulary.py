"""Reads ``vocabulary.toml``: the phrases of a request and the letter of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from string import ascii_lowercase


@dataclass(frozen=True)
class Vocabulary:
    """The letter of every phrase, the longest phrase of every first word, and what is folded.

    Attributes:
        letters: words of a phrase -> its letter.
        longest: first word -> how many words its longest phrase has.
        fold: traditional character -> simplified one.
        slips: misspelt word -> the word that is meant.
    """

    letters: dict[tuple[str, ...], str]
    longest: dict[str, int]
    fold: dict[int, int]
    slips: dict[str, str]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary, read once."""
    content = tomllib.loads(files("automl.policy").joinpath("vocabulary.toml").read_text("utf-8"))
    letters: dict[tuple[str, ...], str] = {}
    for letter, phrases in content["english"].items():
        letters |= {words: letter for text in phrases.split(",") for words in _spelled(text)}
    for letter, phrases in content["chinese"].items():
        parts = (text.replace("+", " ") for text in phrases.split())
        letters |= {tuple("".join(words)): letter for text in parts for words in _spelled(text)}
    longest: dict[str, int] = {}
    for words in letters:
        longest[words[0]] = max(len(words), longest.get(words[0], 0))
    fold = str.maketrans(content["fold"]["traditional"], content["fold"]["simplified"])
    known = {word for words in letters for word in words}
    return Vocabulary(letters, longest, fold, _slips(content["slips"]["words"].split(), known))


def _slips(words: list[str], known: set[str]) -> dict[str, str]:
    """Return what becomes of ``words`` by one slip, without what is itself a known word."""
    return {slip: word for word in words for slip in _misspelt(word) if slip not in known}


def _misspelt(word: str) -> Iterator[str]:
    """Yield ``word`` with a letter left out, two exchanged, or one put in; its ends stay.

    A letter behind the end or before the front would make another word: "optimizer", "research".
    """
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        yield from (word[:at] + letter + word[at:] for letter in ascii_lowercase)


def _spelled(phrase: str) -> Iterator[tuple[str, ...]]:
    for words in product(*(word.split("|") for word in phrase.split())):
        yield tuple(word for word in words if word != "_")
