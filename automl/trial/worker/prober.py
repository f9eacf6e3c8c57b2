"""Runs a skill's probe on one spec after the other, in a child process.

So the process that plans a run never opens the accelerator, and a probe that runs out of memory
ends no other process. The child reads one spec a line and writes one answer a line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from automl.constants import Fault
from automl.errors import SkillError
from automl.trial.costs import Cost, parse_cost
from automl.trial.faults import fault_of_exception
from automl.trial.worker.entrypoint import load_entrypoint
from automl.trial.worker.gpu_share import limit_gpu_share, tell_gpu_share

ANSWER: Final = "answer"
FAILED: Final = "failed"
FAULT: Final = "fault"


class Prober:
    """A child process that measures specs; use it as a context."""

    def __init__(self, reference: str, skill_dir: Path, gpu_share: float = 1.0) -> None:
        """``reference``: ``module:function`` of the probe; ``gpu_share``: a trial's GPUs."""
        self._reference = reference
        self._child = subprocess.Popen(
            [sys.executable, "-m", __name__, reference, str(skill_dir), str(gpu_share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Prober:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._child.communicate()

    def measure(self, spec: Mapping[str, Any]) -> Cost:
        """Return what a trial of the nested ``spec`` needs.

        Raises:
            SkillError: the probe died, or failed for another reason than too little memory.
        """
        line = self._answer(json.dumps(spec))
        if not line:
            raise SkillError(f"probe {self._reference} died with {self._child.wait()}")
        reply = json.loads(line)
        if ANSWER in reply:
            return parse_cost(reply[ANSWER], self._reference)
        if reply[FAULT] == Fault.OUT_OF_MEMORY:
            return Cost(0.0, ran=False)
        raise SkillError(f"probe {self._reference} failed: {reply[FAILED]}")

    def _answer(self, line: str) -> str:
        """The child's answer to a line; empty where it died."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(f"{line}\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._child.stdout.readline()


def answer_lines(reference: str, skill_dir: Path, gpu_share: float) -> None:
    """Answer the specs of standard input; what the skill prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    tell_gpu_share(gpu_share)
    limit_gpu_share(gpu_share)
    for line in sys.stdin:
        replies.write(json.dumps(_reply(reference, skill_dir, json.loads(line))) + "\n")


def _reply(reference: str, skill_dir: Path, spec: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {ANSWER: load_entrypoint(reference, skill_dir)(spec)}
    except Exception as error:  # a skill's errors share no base with ours
        words = f"{type(error).__name__}: {error}"
        return {FAILED: words, FAULT: fault_of_exception(error)}


if __name__ == "__main__":
    answer_lines(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
