"""What travels in the wheel, and what the project must never carry."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from project_paths import ROOT

COMPILE = """
import pathlib, sys
files = [file for place in sys.argv[1:] for file in pathlib.Path(place).rglob("*.py")]
for file in files:
    compile(file.read_bytes(), file, "exec")
print(len(files))
"""
PACKAGED = "automl/_packaged_skill/"
SOURCES = ("automl", "reid_model")
TRAVELLING = ("schemas", "references", "experiments/demo.yaml", "experiments/market1501.yaml")


def build(target: str, source: Path, folder: Path) -> Path:
    """Build a distribution of ``source`` into ``folder``."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("sdist", ROOT, folder)) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.glob("*/")
    return unpacked


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution."""
    return build("wheel", sdist, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a virtual environment that has the wheel, and the others from this one."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (site,) = folder.glob("lib/*/site-packages")
    (site / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin"


def python_of(minor: int) -> str | None:
    """The interpreter of Python 3.``minor`` on the PATH, or among those of pyenv."""
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = [shutil.which(f"python3.{minor}"), *root.glob(f"versions/3.{minor}.*/bin/python")]
    return next((str(path) for path in found if path and starts(path)), None)


def starts(python: str | Path) -> bool:
    """Whether this is an interpreter, and no shim without one."""
    return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def write_crops(folder: Path, count: int) -> None:
    """Write crops of ``count`` people before two cameras."""
    folder.mkdir(parents=True)
    for person, camera in itertools.product(range(1, count + 1), (1, 2)):
        for frame in (1, 2):
            name = f"{person:04}_c{camera}s1_{frame:06}_01.jpg"
            Image.new("RGB", (24, 48), (person, camera, frame)).save(folder / name)


def files_below(root: Path, *places: str) -> set[str]:
    """The files at ``places`` that belong to the project, relative to ``root``."""
    found = [path for place in places for path in [root / place, *(root / place).rglob("*")]]
    files = {path.relative_to(root).as_posix() for path in found if path.is_file()}
    return {file for file in files if "__pycache__" not in file}


def test_what_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    skill = {PACKAGED + name for name in files_below(ROOT, *TRAVELLING, "SKILL.md")}
    assert names == files_below(ROOT, *SOURCES) | skill
    assert {f"experiments/{path.name}" for path in (ROOT / "experiments").glob("*.yaml")} <= {
        *TRAVELLING
    }
    assert {"automl/py.typed", "reid_model/py.typed", "automl/policy/vocabulary.toml"} < names


def test_what_is_in_the_sdist(sdist: Path) -> None:
    tests = files_below(ROOT, "tests")
    assert tests <= files_below(sdist, "tests")
    wanted = {"pyproject.toml", "requirements.lock", "Makefile", "README.md", "LICENSE", "PKG-INFO"}
    assert wanted <= {path.name for path in sdist.iterdir()}
    assert not [path for path in sdist.rglob("*") if path.suffix in (".pyc", ".parquet", ".pth")]


@pytest.mark.slow
def test_the_programs_work_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed / words[0]), *words[1:]]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    for split, count in (("sample_train", 16), ("sample_test", 4), ("sample_query", 4)):
        write_crops(tmp_path / "data" / split, count)
    assert run("automl", "--version").stdout.startswith("automl, version ")
    assert run("re_identification", "--help").returncode == 0
    plan = run("automl", "run", "--config", "demo", "--data", "data", "--plan", "--json")
    assert plan.returncode == 0, plan.stderr
    told = json.loads(plan.stdout)
    assert told["skill"]["directory"].startswith(str(installed.parent))
    assert told["trials"] == 12
    other = run("automl", "run", "--config", "demmo", "--data", "data", "--plan")
    assert other.returncode == 2
    assert "demo, market1501" in other.stderr


def test_every_python_that_is_named_is_a_classifier_of_the_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        metadata = archive.read(name).decode().splitlines()
    assert "Requires-Python: >=3.11" in metadata
    for minor in (11, 12, 13):
        assert f"Classifier: Programming Language :: Python :: 3.{minor}" in metadata
    for extra in ("client", "dashboard", "loggers", "s3"):
        assert f"Provides-Extra: {extra}" in metadata


@pytest.mark.slow
@pytest.mark.parametrize("minor", [11, 12, 13])
def test_every_named_python_compiles_the_code_without_a_warning(minor: int) -> None:
    python = python_of(minor)
    if python is None:
        pytest.skip(f"no Python 3.{minor} on this machine")
    told = subprocess.run(
        [python, "-W", "error", "-c", COMPILE, *SOURCES], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert int(told.stdout) > 200


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
