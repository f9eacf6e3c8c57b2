"""Finds the names of runs and places in a request, which say nothing of AutoML: "no-hpo-1"."""

from __future__ import annotations

import re
from typing import Final

_RUN: Final = (
    r"(?:(?:train(?:ing)?|new|output|results?)\s+)?(?:runs?|jobs?|experiments?|trainings?|sweeps?"
    r"|stud(?:y|ies)|projects?|models?|tests?|trials?|folders?|director(?:y|ies)|dirs?|outputs?"
    r"|branch(?:es)?|sessions?)"
)
_WHICH: Final = rf"(?:it|this|that|them|(?:(?:the|this|that|my|our|a|new)\s+)*{_RUN})"
_LINK: Final = r"(?:\s+(?:is|be|as|to|it|shall|should|will|must|by)\b)*\s*[:=]?\s*"
_JOINED: Final = r"(?<![\w./\\-])(?=[\w.~/][\w.~]*[-_/\\]+\w|/\w)(?>[\w.~/\\-]+)"
_QUOTED: Final = "|".join(
    rf"{start}[^{start}{end}\n]{{1,80}}{end}" for start, end in ("''", '""', "``", "‘’", "“”", "«»")
)
# a plain word that would name AutoML or end it, were it not the run's name
_WORD: Final = r"(?:automl|hpo|optuna|sweep|sweeping|tuning|search|defaults?|vanilla)\b(?![-'/])"

# "name the run X", "call it X", "a run called X"
_SURE: Final = (
    rf"\b(?:re)?(?:name|call|title|label|tag|dub)s?\s+{_WHICH}{_LINK}"
    rf"|\b{_WHICH}{_LINK}(?:named|called|titled|labell?ed|tagged){_LINK}"
    rf"|\b{_RUN}(?:'s)?[\s_-]+(?:name|id|title|tag){_LINK}"
    rf"|\b(?:name|title|tag|run[_-]?name)\s*[:=]\s*"
)
# "saved as X", "the folder X", "the run X", "in runs/X"
_LIKELY: Final = (
    r"\b(?:named|titled|entitled|tagged|tag)\s+(?:as\s+|with\s+)?"
    r"|\b(?:sav(?:e|ed|es|ing)|stor(?:e|ed|es|ing)|writ(?:e|es|ing|ten)|outputs?|export(?:ed)?)\b"
    r"(?:\s+\w+){0,4}?\s+(?:as|in|into|to|under|at|below)\s+"
    r"|\b(?:experiment|job|project|folder|directory|dir|branch|session|output)\s*[:=]?\s+"
    r"|\b(?:the|this|that|my|our|new|earlier|previous|last|old)\s+run\s+"
    r"|--?(?:output|name)[ =]"
    r"|\b(?:in|into|under|from|below)\s+(?=[\w.~-]*[/\\])"
)
_NAMES: Final = re.compile(
    rf"(?:{_SURE})(?P<sure>{_QUOTED}|{_JOINED}|{_WORD})|(?:{_LIKELY})(?P<likely>{_QUOTED}|{_JOINED})"
    rf"|(?P<before>{_JOINED})(?=\s+(?:folder|directory|dir|project|branch)\b)"
    rf"|(?P<as>{_QUOTED}|{_JOINED})(?=\s+as\s+(?:\w+\s+){{0,2}}?(?:name|title|id|label)\b)",
    re.IGNORECASE,
)
# words for AutoML itself that are written with a hyphen: "store it in auto-ml"
_AUTOML: Final = re.compile(
    r"auto[-_]?(?:ml|tun\w+)|hyper[-_]?param\w*(?:[-_](?:search|tuning|sweep|optimi[sz]ation))?"
    r"|(?:grid|random|parameter|bayesian)[-_](?:search|sweep)",
    re.IGNORECASE,
)


_VERB: Final = re.compile(r"\b(?:named|called|titled|labell?ed|tagged)\b[\s:=]*$", re.IGNORECASE)


def without_names(text: str) -> str:
    """Return ``text`` with a comma and blanks, as many as its letters, in place of each name.

    A name is what stands where a run, a folder or a project is named: quoted, joined by hyphens,
    underscores or slashes ("Name the run no-hpo-baseline"), or one word ("call it sweep").
    """
    return _NAMES.sub(_blanked, text)


def _blanked(match: re.Match[str]) -> str:
    group = match.lastgroup or ""
    name, start = match[group].rstrip("."), match.start(group) - match.start()
    if group != "sure" and _AUTOML.fullmatch(name):
        return match[0]
    lead = _VERB.sub("", match[0][:start])  # "a sweep called X" is a sweep
    end = start + len(name)
    return lead + "," + " " * (end - len(lead) - 1) + match[0][end:]
