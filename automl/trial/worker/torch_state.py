"""Restores what a trial may change about torch: flags, random numbers, threads, memory.

torch is never imported here, since a trainer may not use it. Where a trainer imports it only while
it runs, the values of a fresh torch are restored.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any, Final

from automl.trial.worker.process_state import Restore

FRESH_SEED: Final = 67280421310721  # torch's own, before anybody sets one


def loaded_torch() -> Any:
    """Return the torch module if this process has imported it, else None."""
    return sys.modules.get("torch")


def gpu_in_use() -> bool:
    """Return whether this process has opened a CUDA device through torch."""
    torch = loaded_torch()
    return torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized()


def forget_gpu_use() -> None:
    """Let :func:`gpus_used` count from now on."""
    torch = loaded_torch()
    if gpu_in_use():
        for device in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(device)


def gpus_used() -> int:
    """Return on how many GPUs this process has had tensors since :func:`forget_gpu_use`."""
    torch = loaded_torch()
    if not gpu_in_use():
        return 0
    devices = range(torch.cuda.device_count())
    return sum(torch.cuda.max_memory_allocated(device) > 0 for device in devices)


def free_gpu_memory() -> None:
    """Give back the GPU memory that this process holds and no tensor needs, for a child process."""
    torch = loaded_torch()
    if torch is not None and gpu_in_use():
        gc.collect()
        torch.cuda.empty_cache()


def torch_state() -> Restore:
    """Note torch's flags and generators; the function returned puts them back."""
    torch = loaded_torch()
    noted = _noted(torch) if torch is not None else None

    def restore() -> None:
        torch = loaded_torch()
        if torch is None:
            return
        _leave_group(torch)
        for name, (_, setter) in _settings(torch).items():
            value = noted[name] if noted is not None else _fresh(torch).get(name)
            if value is not None:
                setter(value)
        if noted is None:
            torch.manual_seed(FRESH_SEED)
        if gpu_in_use():
            torch.cuda.empty_cache()

    return restore


def _noted(torch: Any) -> dict[str, Any]:
    return {name: getter() for name, (getter, _) in _settings(torch).items()}


def _fresh(torch: Any) -> dict[str, Any]:
    """What a fresh torch has; settings that are not named here depend on the machine."""
    return {
        "dtype": torch.float32,
        "grad": True,
        "deterministic": (False, False),
        "anomaly": (False, True),
        "precision": "highest",
        "cudnn.enabled": True,
        "cudnn.benchmark": False,
        "cudnn.deterministic": False,
    }


def _settings(torch: Any) -> dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]]:
    """Name -> how a setting is read, and how it is set."""
    cudnn = torch.backends.cudnn
    found = {
        "dtype": (torch.get_default_dtype, torch.set_default_dtype),
        "grad": (torch.is_grad_enabled, torch.set_grad_enabled),
        "threads": (torch.get_num_threads, torch.set_num_threads),
        "deterministic": (lambda: _deterministic(torch), lambda s: _determine(torch, *s)),
        "anomaly": (lambda: _anomaly(torch), lambda s: torch.autograd.set_detect_anomaly(*s)),
        "precision": (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        "random": (torch.get_rng_state, torch.set_rng_state),
        **{f"cudnn.{name}": _attribute(cudnn, name) for name in _CUDNN},
    }
    if gpu_in_use():
        cuda = torch.cuda
        found["cuda.device"] = (cuda.current_device, cuda.set_device)
        found["cuda.random"] = (cuda.get_rng_state_all, cuda.set_rng_state_all)
    return found


_CUDNN: Final = ("enabled", "benchmark", "deterministic")


def _attribute(owner: Any, name: str) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: getattr(owner, name), lambda value: setattr(owner, name, value)


def _deterministic(torch: Any) -> tuple[bool, bool]:
    on = torch.are_deterministic_algorithms_enabled()
    return on, torch.is_deterministic_algorithms_warn_only_enabled()


def _determine(torch: Any, on: bool, warn_only: bool) -> None:
    if _deterministic(torch) == (on, warn_only):
        return  # setting it imports torch's compiler, which takes longer than a short trial
    torch.use_deterministic_algorithms(on, warn_only=warn_only)


def _anomaly(torch: Any) -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _leave_group(torch: Any) -> None:
    group = torch.distributed
    if group.is_available() and group.is_initialized():
        group.destroy_process_group()
