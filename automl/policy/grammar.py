"""Reads from a sentence whether it asks for AutoML or against it.

Every word becomes a letter (:mod:`automl.policy.vocabulary`); a clause is a string of letters, in
which patterns find the objects with the negations and verbs on both sides of them. An odd number of
negations turns an object around ("kept" is two of them). "Please don't run the sweep" is ``Enofs``:
polite, a negation, a verb that opens, a filler, the object. A question, a condition and a report of
the past ask for nothing. No pattern tries an unbounded repetition
twice over the same letters, so a text costs time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from automl.policy.names import without_names
from automl.policy.vocabulary import vocabulary

_FOLD: dict[int, int] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "’‘`´。、", "''''.&"
)
_HAN = "\u3400-\u9fff"
_WORD = re.compile(
    rf"[{_HAN}]|[^\W_{_HAN}]+(?:['/._][^\W_{_HAN}]+)*|[.,;:=?!()\n…—–&]|(?<=\s)-(?=\s)"
)
_ENDS = dict.fromkeys(".;!", ".") | dict.fromkeys(",()\n…—–-", ",") | {":": ":", "=": ":", "?": "?"}
_PARAMS = re.compile(r"(?:hyper)?par?a?m[a-z]*")

_NAME = r"(?:(?:[svw][fl]{0,4}[gG]|a(?!g)|s(?!u)|v(?!f{0,4}u))(?!f{0,4}h))"
_ALSO = r"(?:c[fl]{0,4}|d[ofl]{0,4}|f{0,4})"
_PASSIVE = "e(?!f{0,4}[ugGh])"
# AutoML ("the params must be tuned"), plain training ("params stay fixed"), and what counts only
# where a negation bars it ("change anything", "nothing must be tuned", "no param may be changed")
_AUTOML = f"{_NAME}(?:{_ALSO}{_NAME})*|[gG][fol]{{0,6}}{_PASSIVE}"
_PLAIN = r"[PW](?!u|f{0,4}h|[lf]{1,4}[gG])|T(?!f{0,4}h)|G[nmfl]{0,6}F(?!p)"
_BARRED = rf"t(?![fl]{{0,4}}[uph])|{_PASSIVE}|G[nmfl]{{0,6}}q"
_OBJECT = f"{_AUTOML}|(?P<plain>{_PLAIN})|(?P<barred>{_BARRED})"
# "is not needed", "must not run"
_BEHIND = r"[fnmloE]{0,8}(?:[zyb]|j(?![uag])|m(?=f{0,4}(?:$|[cTPW]))|n[fl]{0,4}o?(?=f{0,4}$))"
_PHRASE = re.compile(
    r"(?P<before>[nmRxzybjoflEHN]*(?:u[uf]{0,6}(?:c[fl]{0,4}|d[ofl]{0,4}))?)"
    rf"(?:(?P<object>{_OBJECT})(?P<behind>{_BEHIND})?)?"
)
_NEGATION = re.compile("[nmRxz]")
_ONLY_FILLERS = re.compile("[flaEsvwgG]*")
_ONLY_PREDICATE = re.compile("[flEN]*[nmxzybjo][nmxzybjoflEN]*")

Says = Literal["on", "off", "kept", "named"]


@dataclass(frozen=True)
class Reading:
    """What a clause says: on, off, "kept" where it rules out off, "named" where it says neither."""

    says: Says
    phrase: str
    segment: int
    asked: Says = "named"  # what a question would say as a statement


@dataclass(frozen=True)
class _Clause:
    letters: str
    spans: list[tuple[int, int]]
    opener: str
    closer: str
    segment: int


def readings(text: str) -> list[Reading]:
    """Return what the clauses of ``text`` say of AutoML, in order."""
    found: list[Reading] = []
    awaited: Reading | None = None  # AutoML is named, and what of it is to follow: "AutoML? No."
    negated = False
    for clause in _clauses(text):
        if awaited and _ONLY_PREDICATE.fullmatch(clause.letters):
            new = [_predicate(text, clause, awaited.asked)]
        else:
            new = list(_clause_readings(text, clause, listed=negated and clause.opener not in "kr"))
        found += new
        if new:
            is_open = new[-1].says == "named" or set(clause.letters) <= set("aflEs")
            awaited = new[-1] if is_open else None
        negated = _goes_on(clause, negated)
    return found


def _goes_on(clause: _Clause, negated: bool) -> bool:
    """Whether a bare noun in the next clause would go on with a list of what is not wanted."""
    if clause.closer in ".?k":
        return False
    return negated or bool(_NEGATION.search(clause.letters))


def _clauses(text: str) -> Iterator[_Clause]:
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    opener, segment = ".", 0
    for letter, span in (*_letters(text), (".", (0, 0))):
        if letter not in ".,:?kri":
            letters.append(letter)
            spans.append(span)
            continue
        if letters:
            yield _Clause("".join(letters), spans, opener, letter, segment)
        segment += letter not in "ki"
        if letters or letter in "kri":
            opener = letter
        letters, spans = [], []


def _letters(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the letter and the place of every phrase; the longest known phrase wins."""
    known = vocabulary()
    matches = list(_WORD.finditer(without_names(text.translate(_FOLD | known.fold))))
    words = [_canonical(match.group()) for match in matches]
    at = 0
    while at < len(words):
        length = min(known.longest.get(words[at], 1), len(words) - at)
        while length > 1 and tuple(words[at : at + length]) not in known.letters:
            length -= 1
        phrase = tuple(words[at : at + length])
        letter = known.letters.get(phrase) or _ENDS.get(words[at]) or _unknown(words[at])
        yield letter, (matches[at].start(), matches[at + length - 1].end())
        at += length


def _unknown(word: str) -> str:
    """Return the letter of an unknown word: an adverb changes nothing."""
    return "f" if word.endswith("ly") else "u"


@lru_cache(10_000)
def _canonical(word: str) -> str:
    word = word.lower().removesuffix("'s").replace("_", "")
    word = vocabulary().slips.get(word, word)
    if _PARAMS.fullmatch(word):
        return "params"
    return "#" if word.isdigit() and word not in "01" else word


def _clause_readings(text: str, clause: _Clause, *, listed: bool) -> Iterator[Reading]:
    no_wish = bool(set("QY") & set(clause.letters)) or (
        clause.closer == "?" and not set("RE") & set(clause.letters)
    )
    names_it = re.search("[asvw]", clause.letters)
    for match in _PHRASE.finditer(clause.letters):
        if not match["object"] or (names_it and _is_weak(match)):
            continue
        stated = _says(match, clause, listed)
        says = "named" if no_wish or clause.opener == "i" else stated
        if says != "named" or not (match["plain"] or match["barred"]):
            yield Reading(says, _phrase(text, clause, match, says), clause.segment, stated)


def _is_weak(match: re.Match[str]) -> bool:
    """Whether this object counts only where nothing names AutoML: "run the sweep once"."""
    return bool(match["barred"] or (match["plain"] and match["plain"] != "P"))


def _says(match: re.Match[str], clause: _Clause, listed: bool) -> Says:
    before, behind = match["before"], match["behind"] or ""
    negations = len(_NEGATION.findall(match.group()))
    if match["barred"]:
        return "off" if negations % 2 else "named"
    if match["plain"]:
        if not negations and _is_looked_at(match):
            return "named"
        return "kept" if (negations + before.count("H")) % 2 else "off"
    if "H" in before:
        return "named"
    if negations:
        return "off" if negations % 2 else "kept"
    if _spent_on_another(match):
        return "named"
    if (
        re.search("[ob]", before)
        or re.search("[ybj]", behind)
        or re.search("[vwgG]", match["object"])
    ):
        return "on"
    listed = listed and not clause.letters.startswith("E")
    bare = _ONLY_FILLERS.fullmatch(clause.letters) and clause.closer != ":" and not listed
    return "on" if bare else "named"


def _is_looked_at(match: re.Match[str]) -> bool:
    """Whether these settings are the object of another verb: "print the defaults", "list of"."""
    return match["plain"] in "PW" and bool(re.search("(?:^[fE]*u|ul|N)[fl]*$", _lead(match)))


def _lead(match: re.Match[str]) -> str:
    """Return the letters before the object, no more than a pattern may look at."""
    start = match.start("object")
    return match.string[max(0, start - 20) : start]


def _spent_on_another(match: re.Match[str]) -> bool:
    """Whether a negation before this object belongs to another one: "don't use wandb with HPO"."""
    earlier = match.string[max(0, match.start() - 20) : match.start()]
    return bool(_NEGATION.search(re.split("[cd]", earlier)[-1]))


def _predicate(text: str, clause: _Clause, asked: Says) -> Reading:
    """Read a clause that speaks of the object before it: "no" and "yes" answer what was asked."""
    negated = len(_NEGATION.findall(clause.letters)) % 2 == 1
    is_answer = asked == "off" and not set("xzob") & set(clause.letters)
    phrase = text[clause.spans[0][0] : clause.spans[-1][1]]
    if negated != is_answer:
        return Reading("off", phrase, clause.segment)
    return Reading("kept" if _NEGATION.search(clause.letters) else "on", phrase, clause.segment)


def _phrase(text: str, clause: _Clause, match: re.Match[str], says: Says) -> str:
    """Return the words of ``match`` that decide; for "kept" without the negation in front."""
    start = match.start("object")
    leads = {"on": "[ob]", "off": "[nmRxz]", "kept": "[nmR].|[xz]", "named": "$"}
    if lead := re.search(leads[says], match["before"]):
        start = match.start() + lead.end() - 1 if says != "named" else start
    return " ".join(text[clause.spans[start][0] : clause.spans[match.end() - 1][1]].split())
