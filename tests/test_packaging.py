"""What travels in the wheel, and what the project must never carry."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from project_paths import ROOT


@pytest.mark.slow
def test_the_packaged_skill_travels_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "from automl.skill import load_skill, packaged_skill_dir\n"
        "skill = load_skill(packaged_skill_dir())\n"
        "print(packaged_skill_dir(), skill.runnability('train').ok)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
    )
    assert told.stdout.split() == [str(tmp_path / "site" / "automl" / "_packaged_skill"), "True"]


def test_pins_are_plain_and_cover_every_dependency() -> None:
    lines = (ROOT / "requirements.lock").read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+", line) for line in lines)
    pins = {_name(line) for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {*project["dependencies"], *project["optional-dependencies"]["dev"]}
    assert len(declared) > 20
    assert {_name(line) for line in declared} - pins == set()


@pytest.mark.parametrize("module", ["automl", "automl.cli.main", "automl.cli.commands.space"])
def test_imports_stay_light(module: str) -> None:
    heavy = ("torch", "ray", "optuna")
    code = f"import {module}, sys; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


def _name(requirement: str) -> str:
    """The normalised name of a requirement line."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;]", requirement)[0]).lower()
