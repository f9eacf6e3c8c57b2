"""The reference pages name every column, event and environment variable that the code has."""

import re
from typing import get_args

import pytest
from project_paths import ROOT

from automl.constants import COLUMNS, Fault, TrialSource, TrialState
from automl.trial.ledger.events import LedgerEvent, UnknownEvent

REFERENCE = ROOT / "docs" / "reference"
VARIABLE = re.compile(r'"((?:AUTOML|RAY_AUTH|WANDB|MLFLOW)_[A-Z_]+)"')
INTERNAL = {"AUTOML_RAY_FOLDER"}  # marks processes of a local Ray


def test_every_column_and_word_of_the_tables() -> None:
    page = (REFERENCE / "columns.md").read_text()
    assert {name for name in COLUMNS if f"`{name}`" not in page} == set()
    words = [*TrialState, *TrialSource, *Fault]
    assert [word for word in words if f"`{word}`" not in page] == []


def test_every_event_of_the_ledger() -> None:
    shown = re.search(r'filters: \["\^\((.*)\)Event"\]', (REFERENCE / "ledger.md").read_text())
    assert shown is not None
    events = {event.__name__ for event in get_args(LedgerEvent) if event is not UnknownEvent}
    assert {f"{name}Event" for name in shown[1].split("|")} == events


@pytest.mark.parametrize("package", ["automl", "reid_model"])
def test_every_environment_variable(package: str) -> None:
    page = (REFERENCE / "environment.md").read_text()
    texts = (file.read_text() for file in (ROOT / package).rglob("*.py"))
    named = {name for text in texts for name in VARIABLE.findall(text)} - INTERNAL
    assert {name for name in named if f"`{name}`" not in page} == set()


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if f": {page}\n" not in navigation} == set()
