"""gpu.sh: what it does without a GPU, and that a part that fails is said and ends no other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project_paths import ROOT

SCRIPT = ROOT / "experiments" / "benchmarks" / "gpu.sh"
PARTS = ["tests", "fused", "memory", "throughput", "packing"]


def _run(python: Path | str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": str(python), "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [SCRIPT, *words], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_without_a_gpu_it_ends_at_once_and_says_so() -> None:
    done = _run(sys.executable)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "no GPU here, so nothing was measured" in done.stderr


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that sees a GPU, prints a line for each part and fails in one."""
    file = tmp_path / "python"
    file.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -c ] && exit 0\n'
        '[ "$2" = memory ] && exit 7\n'
        'echo "{\\"part\\": \\"$2\\", \\"more\\": \\"$3\\"}"\n'
    )
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("words", [(), ("--tiny",)])
def test_each_part_is_a_line_of_json_and_one_that_fails_ends_no_other(
    python: Path, words: tuple[str, ...]
) -> None:
    done = _run(python, *words)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["part"] for line in lines] == PARTS
    assert {line["more"] for line in lines if "more" in line} == {"".join(words)}
    assert [line for line in lines if "failed" in line] == [
        {"part": "memory", "failed": "exit code 7"}
    ]
    assert done.returncode == 1
    assert "gpu.sh: failed: memory" in done.stderr


def test_an_unknown_word_is_refused(python: Path) -> None:
    assert _run(python, "--all").returncode == 2


def test_all_limits_together_are_under_eight_minutes() -> None:
    limits = re.findall(r"^part (\w+) (\d+)$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in limits] == PARTS
    assert sum(int(seconds) + 5 for _, seconds in limits) < 8 * 60 + 6
