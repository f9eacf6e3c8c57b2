"""What `make install` does before it installs anything."""

import os
import subprocess
from pathlib import Path

import pytest
from project_paths import ROOT

MAKEFILE = ROOT / "Makefile"
OLD_PYTHON = '#!/bin/sh\ntest "$1" = -c && exit 1\ntouch "$0.called"\n'


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("python3.10", "make PYTHON=python3.11 install"),
        (".venv/bin/python", "remove .venv, then make PYTHON=python3.11 install"),
    ],
)
def test_an_old_python_is_refused_before_a_venv_is_made(
    tmp_path: Path, place: str, remedy: str
) -> None:
    python = tmp_path / place
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(OLD_PYTHON)
    python.chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    command = ["make", "-f", str(MAKEFILE), f"PYTHON={tmp_path / 'python3.10'}", "install"]
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout.strip().endswith(f" is not: {remedy}")
    assert not Path(f"{python}.called").exists()
