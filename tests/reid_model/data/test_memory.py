"""Decoded crops share one budget with everything else that runs beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_model.config import load_spec
from reid_model.data import inputs
from reid_model.data.inputs import open_inputs
from reid_model.data.memory import memory_budget

MakeSpec = Callable[..., dict[str, Any]]
GIB = 2**30


def _machine(root: Path, **files: str) -> Path:
    names = {
        "v2": "sys/fs/cgroup/memory.max",
        "v1": "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "meminfo": "proc/meminfo",
    }
    for name, text in files.items():
        path = root / names[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(autouse=True)
def _sixteen_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_model.data.memory._physical", lambda: 16 * GIB)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)


@pytest.mark.parametrize(
    ("files", "gib"),
    [
        ({}, 4),
        ({"v2": "max\n"}, 4),
        ({"v2": f"{2 * GIB}\n"}, 0.5),
        ({"v1": f"{4 * GIB}\n"}, 1),
        ({"v1": "9223372036854771712\n"}, 4),
        ({"meminfo": f"MemTotal: 1 kB\nMemAvailable:  {2**20} kB\n"}, 0.5),
    ],
)
def test_the_smallest_limit_counts(tmp_path: Path, files: dict[str, str], gib: float) -> None:
    assert memory_budget(root=_machine(tmp_path, **files)) == gib * GIB


def test_the_processes_of_a_machine_share_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert memory_budget(4, root=tmp_path) == GIB
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert memory_budget(4, root=tmp_path) == 2 * GIB


@pytest.mark.parametrize(
    ("crops", "held"),
    [(31, (False, False)), (32, (True, False)), (69, (True, False)), (70, (True, True))],
)
def test_both_stores_share_one_budget(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch, crops: int, held: tuple[bool, bool]
) -> None:
    config = load_spec(make_spec())
    monkeypatch.setattr(inputs, "memory_budget", lambda processes: crops * 32 * 16 * 3)
    found = open_inputs(config, 1)
    assert (len(found.train_store), len(found.retrieval_store)) == (32, 38)
    assert (found.train_store.in_memory, found.retrieval_store.in_memory) == held
