"""The pages as a site: every block of code stays one, whatever stands behind its language."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown import markdown
from project_paths import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
HOOKS = runpy.run_path(str(ROOT / "docs" / "site_hooks.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_blocks_of_code_are_closed(path: Path) -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri=path.name))
    text = HOOKS["on_page_markdown"](path.read_text(encoding="utf-8"), page)
    site = markdown(text, extensions=["pymdownx.superfences", "tables"])
    assert "```" not in site


def test_what_is_not_run_is_told_above_the_block() -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))
    text = HOOKS["on_page_markdown"]("```console not run: needs a GPU\nautoml run\n```\n", page)
    site = markdown(text, extensions=["pymdownx.superfences", "pymdownx.highlight"])
    assert "not run by the tests: needs a GPU</span>" in site
