"""Sweeps of the bowl skill that an advisor guides, without Ray and without waiting for answers."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS
from sweep_here import without_ray

from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.launch.running.guidance.advisor import Advisor


def answer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches run here, and each question to an advisor end before the sweep goes on."""
    without_ray(monkeypatch)
    ask = Advisor.ask

    def ask_and_wait(self: Advisor, compose: Any) -> None:
        ask(self, compose)
        assert self._thread is not None
        self._thread.join()

    monkeypatch.setattr(Advisor, "ask", ask_and_wait)


def advisor(folder: Path, body: str) -> str:
    """The command of an advisor of some lines, which have its request as ``told``."""
    script = folder / "advisor.py"
    lines = "import json, os, sys, time\ntold = json.load(sys.stdin)\n"
    script.write_text(lines + textwrap.dedent(body))
    return f"{sys.executable} -S {script}"


def bowl_plan(tmp_path: Path, **options: Any) -> Plan:
    """The plan of a short sweep of the bowl, one trial at a time."""
    (tmp_path / "crops").mkdir(exist_ok=True)
    told = {"dataset.folder": str(tmp_path / "crops"), "num_epochs": 1}
    given = {
        "skill_dir": SKILLS / "bowl", "overrides": told, "max_concurrent": 1, "seed": 3,
        "output": tmp_path / "run", "algorithm": "random", "trials": 8, **options,
    }  # fmt: skip
    return make_plan(RunRequest(**given))
