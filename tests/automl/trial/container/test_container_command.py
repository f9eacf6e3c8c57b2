"""The command lines of the engines: what the user gives replaces what is ours."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import IMAGE, FakeEngine

from automl.errors import InputError
from automl.trial.container.command import (
    ContainedProgram,
    apptainer_variables,
    container_command,
    variables_of,
    visible_gpus,
)
from automl.trial.container.mounts import ContainerPaths, Mount, mounts_of
from automl.trial.container.settings import Container

HOME = Path("/cache/home")


def _program(*gpus: str) -> ContainedProgram:
    mounts = [Mount(Path("/data")), Mount(Path("/runs/0000"), writable=True)]
    return ContainedProgram(("trainer", "-e", "spec"), "automl-run1-0000", mounts, HOME, gpus=gpus)


def _words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, *gpus: str) -> list[str]:
    container = FakeEngine(tmp_path / engine, monkeypatch, engine).container
    return container_command(container, _program(*gpus))


def _has(words: list[str], *pair: str) -> bool:
    return any(tuple(words[at : at + len(pair)]) == pair for at in range(len(words)))


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_what_a_container_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    words = _words(tmp_path, monkeypatch, engine)
    assert words[1] == "run"
    assert words[-4:] == [IMAGE, "trainer", "-e", "spec"]
    assert _has(words, "--network", "none")
    assert _has(words, "--user", f"{os.getuid()}:{os.getgid()}")
    assert _has(words, "--volume", "/data:/data:ro")
    assert _has(words, "--volume", "/runs/0000:/runs/0000")
    assert _has(words, "--label", "automl.run=run1")
    assert _has(words, "--pull", "never")
    assert "--shm-size" in words
    assert "--gpus" not in words


def test_gpus_as_ray_gave_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _has(_words(tmp_path, monkeypatch, "docker", "2", "5"), "--gpus", '"device=2,5"')
    assert _has(_words(tmp_path, monkeypatch, "docker", "all"), "--gpus", "all")
    words = _words(tmp_path, monkeypatch, "podman", "2", "MIG-7")
    assert _has(words, "--device", "nvidia.com/gpu=2", "--device", "nvidia.com/gpu=MIG-7")
    assert "--nv" in _words(tmp_path, monkeypatch, "apptainer", "2")
    given = {"CUDA_VISIBLE_DEVICES": "2,5", "TAO_JOB_ID": "0001", "SECRET": "s"}
    monkeypatch.setattr(os, "environ", {})
    taken = {"APPTAINERENV_CUDA_VISIBLE_DEVICES": "2,5", "APPTAINERENV_TAO_JOB_ID": "0001"}
    assert apptainer_variables(["TAO_JOB_ID"], given) == taken


@pytest.mark.parametrize(
    ("said", "gpus"), [("1,3", ("1", "3")), ("", ()), ("-1", ()), ("GPU-ab", ("GPU-ab",))]
)
def test_visible_gpus(said: str, gpus: tuple[str, ...]) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": said}) == gpus


def test_arguments_of_the_user_replace_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = FakeEngine(tmp_path, monkeypatch).container
    args = ("--network=host", "--ipc", "host", "-u", "7", "--device=/dev/x", "-w/there")
    words = container_command(replace(container, args=args), _program("0"))
    before = words[: words.index("--network=host")]
    assert not {"--network", "--shm-size", "--user", "--device"} & set(before)
    assert words[words.index("--network=host") : words.index(IMAGE)] == list(args)
    declared = container_command(replace(container, network=True), _program())
    assert "--network" not in declared, "the engine's own network"


def test_no_secret_stands_in_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(tmp_path, monkeypatch)
    monkeypatch.setenv("NGC_KEY", "hush")
    monkeypatch.setenv("ENC", "hush")
    container = replace(engine.container, variables=("NGC_KEY",))
    names = variables_of(container, {"key": "env:ENC", "n": 1})
    assert {"NGC_KEY", "ENC", "TAO_RESULTS_ROOT"} <= set(names)
    words = container_command(container, replace(_program(), variables=names))
    assert _has(words, "--env", "NGC_KEY")
    assert "hush" not in " ".join(words)


def test_rootless_engines_keep_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine, flag in (("podman", "keep-id"), ("docker", "")):
        fake = FakeEngine(tmp_path / engine, monkeypatch, engine)
        words = container_command(replace(fake.container, rootless=True), _program())
        assert ("--user" in words) == (engine == "podman")
        assert not flag or flag in words


def test_mounts(tmp_path: Path) -> None:
    run, data = tmp_path / "run", tmp_path / "data"
    folder, cache = run / "trials" / "0000", tmp_path / "cache"
    for path in (folder, data, cache / "home", cache / "weights", cache / "staged"):
        path.mkdir(parents=True)
    spec = {
        "results_dir": str(folder / "train"),
        "roots": [{"images": str(data)}, "relative", "/no/such/path"],
        "python": "/usr/bin/env",
        "odd": "/",
        "weights": str(cache / "weights"),
    }
    paths = ContainerPaths(run, folder, cache, cache / "home", data=[cache / "staged"])
    found = {mount.path: mount.writable for mount in mounts_of(spec, paths)}
    assert found == {
        run: False,
        data: False,
        cache / "staged": False,
        folder: True,
        cache: True,
        cache / "home": True,
    }


def test_paths_with_signs_that_engines_part_by() -> None:
    assert Mount(Path("/a,b")).flags == ["--volume", "/a,b:/a,b:ro"]
    comma = ["--mount", "type=bind,source=/a:b,target=/a:b,readonly"]
    assert Mount(Path("/a:b")).flags == comma
    with pytest.raises(InputError, match="cannot be mounted"):
        _ = Mount(Path("/a:b,c")).flags


def test_settings_come_back() -> None:
    container = Container("docker", IMAGE, "id", ("--cpus=2",), True, False, ("KEY",))
    assert Container.from_dict(container.to_dict()) == container
