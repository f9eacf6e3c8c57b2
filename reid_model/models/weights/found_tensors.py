"""Finds a network's tensors in what a file holds, by the names under which trainers keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from torch import Tensor

from reid_model.models.weights.files import Inert

# In the order in which they are looked for.
_WRAPPERS: Final = (
    "state_dict",
    "model",
    "model_state_dict",
    "model_state",
    "net",
    "net_dict",
    "network",
    "params",
    "weights",
    "teacher",
    "ema",
    "model_ema",
    "state_dict_ema",
    "params_ema",
    "module",
)


def tensors_of(found: Any) -> dict[str, Tensor]:
    """Name -> tensor of the network in a file, as its ``state_dict`` names them; empty without one.

    ``found``: what the file holds; a pickled network in it is an :class:`Inert` with the state of a
    ``torch.nn.Module``.
    """
    if isinstance(found, Inert):
        return dict(_of_module(vars(found), ""))
    if not isinstance(found, Mapping):
        return {}
    for name in _WRAPPERS:
        wrapped = tensors_of(found.get(name))
        if wrapped:
            return wrapped
    own = {name: value for name, value in found.items() if isinstance(value, Tensor)}
    networks = (tensors_of(value) for value in found.values() if isinstance(value, Inert))
    return own or next((tensors for tensors in networks if tensors), {})


def _of_module(state: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Tensor]]:
    """What a module's own ``state_dict`` would hold."""
    unsaved = state.get("_non_persistent_buffers_set") or ()
    for kind in ("_parameters", "_buffers"):
        members = state.get(kind)
        for name, value in members.items() if isinstance(members, Mapping) else ():
            if isinstance(value, Tensor) and name not in unsaved:
                yield f"{prefix}{name}", value
    modules = state.get("_modules")
    for name, module in modules.items() if isinstance(modules, Mapping) else ():
        if isinstance(module, Inert):
            yield from _of_module(vars(module), f"{prefix}{name}.")
