"""Compares this machine's GPUs with what a skill says it needs, for a note in the plan."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from automl.skill import Hardware
from automl.sweep.cluster.resources import GPU, this_machine

_QUERY = ("--query-gpu=memory.total", "--format=csv,noheader,nounits")
_MIB_PER_GB = 10**9 / 2**20
_SLACK = 0.9  # a 16 GB card reports somewhat less
_TIMEOUT_S = 10.0


def local_hardware_notes(needs: Hardware) -> tuple[str, ...]:
    """Return a warning where this machine has less than ``needs``; else nothing."""
    if not (needs.gpus or needs.recommended_gpus or needs.gpu_memory_gb):
        return ()
    gpus = int(this_machine().nodes[0].amounts[GPU])
    return hardware_notes(needs, gpus, _gpu_memories_gb() if gpus else ())


def hardware_notes(needs: Hardware, gpus: int, memories_gb: Sequence[float]) -> tuple[str, ...]:
    """Return a warning where ``gpus`` of these sizes are less than ``needs``; else nothing."""
    lacks = []
    if gpus < max(needs.gpus, needs.recommended_gpus):
        lacks.append(f"this machine has {gpus or 'no'} GPU{'' if gpus == 1 else 's'}")
    small = [size for size in memories_gb if size < _SLACK * needs.gpu_memory_gb]
    if small:
        lacks.append(f"a GPU here has {min(small):.0f} GB")
    if not lacks:
        return ()
    return (f"WARNING: {' and '.join(lacks)}; the skill {_needs_text(needs)}",)


def _needs_text(needs: Hardware) -> str:
    parts = [
        f"needs {needs.gpus} GPU{'' if needs.gpus == 1 else 's'}" if needs.gpus else "",
        f"recommends {needs.recommended_gpus}" if needs.recommended_gpus else "",
        f"of {needs.gpu_memory_gb:g} GB each" if needs.gpu_memory_gb else "",
    ]
    words = ", ".join(part for part in parts[:2] if part)
    return f"{f'{words} {parts[2]}'.strip()}{f' ({needs.note})' if needs.note else ''}"


def _gpu_memories_gb() -> list[float]:
    """The memory of each GPU by nvidia-smi; empty where it cannot tell."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        found = subprocess.run(
            [program, *_QUERY], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
        return [float(line) / _MIB_PER_GB for line in found.stdout.split()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
