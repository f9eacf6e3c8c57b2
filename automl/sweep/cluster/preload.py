"""Imported by each worker that a local Ray starts: loads what its first trial will call.

Ray's workers are up seconds before the first trial is handed out, and a trainer takes seconds to
import. What is wrong with it is left to the trial to say, in the same words as ever.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_MODULES: Final = "RAY_preload_python_modules"


_TOLD: Final = "AUTOML_PRELOAD"


_THREADS: Final = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Preload:
    """What workers load ahead: an entrypoint ``module:function`` of the skill in ``skill_dir``.

    ``threads``: the CPUs of a trial, which libraries ask for when they are loaded.
    """

    entrypoint: str
    skill_dir: str
    threads: int


@contextmanager
def preloading(what: Preload | None) -> Iterator[None]:
    """Let the workers of a Ray that is started in the block load ``what``; None for nothing."""
    theirs = os.environ.get(_MODULES)
    if what is not None:
        os.environ[_MODULES] = ",".join(filter(None, (theirs, __name__)))
        os.environ[_TOLD] = json.dumps(asdict(what))
    try:
        yield
    finally:
        os.environ.pop(_TOLD, None)
        if theirs is None:
            os.environ.pop(_MODULES, None)
        else:
            os.environ[_MODULES] = theirs


def _load(what: Preload) -> None:
    import automl.sweep.workers.actor  # noqa: F401
    from automl.trial.worker.entrypoint import load_entrypoint

    os.environ.setdefault(_THREADS, str(what.threads))  # as Ray does when it hands out a trial
    load_entrypoint(what.entrypoint, Path(what.skill_dir))


if _TOLD in os.environ:
    gc.disable()  # importing makes many objects, and no garbage
    with suppress(Exception):
        _load(Preload(**json.loads(os.environ.pop(_TOLD))))
    gc.enable()
