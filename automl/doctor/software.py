"""Checks of Python, the libraries, the GPU driver, and engines of containers."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from packaging.requirements import Requirement

from automl.doctor.line import Line, fault, ok, output_of, warning
from automl.home import private_folder, user_home

_DISTRIBUTION: Final = "reid-automl"
_OLDEST, _NEWEST = (3, 11), (3, 13)
_ENGINES: Final = ("docker", "podman", "apptainer", "singularity")
_ASK_TORCH: Final = """
import json, torch
gpus = []
if torch.cuda.is_available():
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        gpus.append([torch.cuda.get_device_name(index), free, total])
print(json.dumps([torch.__version__, torch.version.cuda, gpus]))
"""
_GIB: Final = 2**30


def python() -> Iterator[Line]:
    """Whether this Python is one that automl is tested with."""
    found = f"{platform.python_version()} ({sys.executable})"
    if not _OLDEST <= sys.version_info[:2] <= _NEWEST:
        yield warning("Python", found, "use Python 3.11, 3.12 or 3.13, which automl is tried with")
    else:
        yield ok("Python", found)


def libraries() -> Iterator[Line]:
    """Whether each library that automl needs is there in a version that fits."""
    try:
        needed = [Requirement(text) for text in requires(_DISTRIBUTION) or ()]
    except PackageNotFoundError:
        yield warning("automl", "is not installed as a package", "install it with pip")
        return
    wrong = [words for each in needed if each.marker is None and (words := _misfit(each))]
    if wrong:
        yield fault("libraries", "; ".join(wrong), "pip install -r requirements.lock, or reinstall")
    shown = [f"{name} {_version(name)}" for name in ("ray", "optuna", "pytorch-lightning")]
    if not wrong:
        yield ok("libraries", ", ".join(shown))


def _misfit(needed: Requirement) -> str:
    have = _version(needed.name)
    if have is None:
        return f"{needed.name} is missing"
    fits = needed.specifier.contains(have, prereleases=True)
    return "" if fits else f"{needed.name} {have} does not fit {needed.specifier}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def torch_and_gpus() -> Iterator[Line]:
    """Whether torch starts, and the GPUs that it and the driver see."""
    driver = _driver()
    code, out, said = output_of([sys.executable, "-c", _ASK_TORCH])
    if code != 0:
        remedy = "install the torch of requirements.lock"
        yield fault("torch", f"cannot be imported: {said}", remedy)
        return
    name, cuda, gpus = json.loads(out.strip().splitlines()[-1])
    yield ok("torch", f"{name} ({f'CUDA {cuda}' if cuda else 'for CPUs'})")
    yield from _driver_lines(driver, cuda, len(gpus))
    for gpu, free, total in gpus:
        words = f"{gpu}, {free / _GIB:.0f} of {total / _GIB:.0f} GiB free"
        busy = free < total / 2
        remedy = "another process fills it: nvidia-smi names it"
        yield warning("GPU", words, remedy) if busy else ok("GPU", words)


def _driver() -> str | None:
    """The version of NVIDIA's driver, None without one."""
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    code, out, said = output_of(query)
    return out.strip().splitlines()[0] if code == 0 and out.strip() else f"no answer: {said}"


def _driver_lines(driver: str | None, cuda: str | None, gpus: int) -> Iterator[Line]:
    if gpus:
        yield ok("driver", f"NVIDIA {driver or 'unknown'}, fits torch")
    elif driver is not None and cuda is None:
        remedy = "install a torch that is built for CUDA"
        yield warning("driver", f"NVIDIA {driver}, but torch is for CPUs", remedy)
    elif driver is not None:
        remedy = "renew the driver, or take a torch for an older CUDA; see CUDA_VISIBLE_DEVICES"
        yield fault("driver", f"NVIDIA {driver}, but torch (CUDA {cuda}) sees no GPU", remedy)
    else:
        remedy = "trials train on CPUs; with a GPU, install its driver (in a container: --gpus all)"
        yield warning("GPU", "none: no driver of NVIDIA answers", remedy)


def containers() -> Iterator[Line]:
    """The engines of containers that are installed, and whether they answer this user.

    They see the home folder that a run gives them.
    """
    home = {**os.environ, "HOME": str(user_home() or private_folder())}
    found = [name for name in _ENGINES if shutil.which(name)]
    if not found:
        yield ok("containers", "no engine (docker, podman, apptainer): trials run as processes")
    for name in found:
        code, _, said = output_of([name, "--version" if name in _ENGINES[2:] else "info"], home)
        if code == 0:
            yield ok("containers", f"{name} answers")
        else:
            remedy = f"start its service, or let this user use it; needed for images alone ({name})"
            yield warning("containers", f"{name} does not answer: {said}", remedy)
