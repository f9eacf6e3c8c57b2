"""The layout that CONTRIBUTING.md promises: small folders, no import circle, no name used twice."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest
from project_paths import ROOT

MOST = 20


def test_a_folder_holds_at_most_twenty_files() -> None:
    folders = Counter(
        file.parent.relative_to(ROOT)
        for top in ("automl", "reid_model", "tests", "experiments")
        for file in (ROOT / top).rglob("*.py")
    )
    assert len(folders) > 50
    assert {str(folder): count for folder, count in folders.items() if count > MOST} == {}


@pytest.mark.parametrize("package", ["automl", "reid_model"])
def test_no_import_circle_with_lazy_imports_counted(package: str) -> None:
    graph = grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert sum(map(len, imports.values())) > len(imports)
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("package", ["automl", "reid_model"])
def test_no_two_classes_have_one_name(package: str) -> None:
    names = Counter(
        node.name
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert len(names) > 30
    assert [name for name, count in names.items() if count > 1] == []


def test_contributing_names_every_package_of_automl() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    packages = {
        f"`{file.parent.relative_to(ROOT / 'automl')}/`"
        for file in (ROOT / "automl").rglob("*/__init__.py")
    }
    assert len(packages) > 30
    assert {package for package in packages if f"| {package} |" not in text} == set()
