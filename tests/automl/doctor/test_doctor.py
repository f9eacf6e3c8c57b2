"""`automl doctor` says what is in the way, and never breaks where things are broken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from project_paths import ROOT, SKILLS

from automl.doctor import machine, places, software
from automl.doctor.line import Level, Line, lines_of

TORCH = "import sys; sys.exit('no such symbol')"


def test_a_check_that_breaks_is_a_warning() -> None:
    def broken() -> list[Line]:
        raise RuntimeError("no /proc here")

    (line,) = lines_of("cores", broken)
    assert (line.name, line.level) == ("cores", Level.WARNING)
    assert "no /proc here" in line.found


def test_an_environment_without_home_with_a_broken_torch_and_a_place_not_to_write(
    tmp_path: Path,
) -> None:
    (tmp_path / "torch.py").write_text(TORCH)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    odd = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "TMPDIR": "/nowhere", "HOME": "/nowhere"}
    environment = {**kept, **odd}
    words = ["doctor", "--json", "--output", "/proc/runs", "--skill-dir", str(SKILLS / "bowl")]
    done = subprocess.run(
        [sys.executable, "-m", "automl", *words], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    lines = {line["name"]: line for line in found["lines"]}
    assert {"Python", "libraries", "cores", "memory", "/dev/shm", "files", "disk"} <= lines.keys()
    assert lines["torch"]["level"] == "fault"
    assert "no such symbol" in lines["torch"]["found"]
    assert (lines["HOME"]["level"], lines["HOME"]["found"][:8]) == ("warning", "/nowhere")
    assert "no home folder" in lines["cache"]["found"]
    assert lines["storage"]["level"] == "fault"
    assert lines["skill"]["level"] == "ok"
    assert all(line["remedy"] for line in found["lines"] if line["level"] != "ok")
    assert found["counts"]["fault"] == sum(line["level"] == "fault" for line in found["lines"])


def test_the_clock_of_the_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {line.name: line.level for line in places.storage(str(tmp_path / "new"))}
    assert good["storage"] is Level.OK
    assert good.keys() == {"storage", "clock"}
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(places, "_skew_of_folder", lambda folder: -90.0)
    (_, clock) = places.storage(str(tmp_path))
    assert (clock.level, clock.found) == (Level.WARNING, "90.0 s from the storage's")


def test_a_storage_at_a_url() -> None:
    assert [line.name for line in places.storage("memory://bucket/runs")] == ["storage", "clock"]
    (line,) = places.storage("nothing://bucket")
    assert line.level is Level.FAULT


def test_a_container_with_half_a_core_and_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text(f"{2**30}\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (cores,), (memory,) = machine.cores(), machine.memory()
    assert cores.level is Level.WARNING
    assert cores.found.startswith("0.5 of ")
    assert (memory.level, memory.found) == (Level.WARNING, "1.0 GiB")


def test_home_is_what_a_run_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("automl.home._passwd_home", lambda: str(tmp_path))
    (line,) = places.home()
    assert (line.level, line.found.split(";")[0]) == (Level.OK, f"{tmp_path} by passwd")


def test_an_engine_is_asked_with_the_home_that_a_run_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "podman"
    engine.write_text('#!/bin/sh\n[ -d "$HOME" ] || { echo "no home" >&2; exit 1; }\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(software, "_ENGINES", ("podman",))
    monkeypatch.setenv("HOME", "/nowhere")
    (line,) = software.containers()
    assert (line.level, line.found) == (Level.OK, "podman answers")


def test_a_skill_with_faults(tmp_path: Path) -> None:
    (line,) = places.skill(tmp_path / "none")
    assert line.level is Level.FAULT
    assert "automl validate" in line.remedy
