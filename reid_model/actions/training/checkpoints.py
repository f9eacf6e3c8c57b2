"""Checkpoint files: written whole or not at all, named as agreed, pruned to the best."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from reid_model.models.weights.encryption import encrypt
from reid_model.models.weights.files import read_tensors

LATEST = "reid_model_latest.pth"
BEST = "reid_model_best.pth"


def checkpoint_name(epoch: int, step: int) -> str:
    """The file name of a checkpoint in or after epoch ``epoch`` (from 1), ``step`` steps in all."""
    return f"model_epoch_{epoch:03d}_step_{step:05d}.pth"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target and renames, so that a reader never meets half a file.

    With a passphrase, files are encrypted; loading never executes anything in a file.
    """

    def __init__(self, passphrase: str = "") -> None:
        super().__init__()
        self._passphrase = passphrase

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """See CheckpointIO."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            self._write(checkpoint, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _write(self, checkpoint: dict[str, Any], path: Path) -> None:
        if not self._passphrase:
            torch.save(checkpoint, path)
            return
        plain = io.BytesIO()
        torch.save(checkpoint, plain)
        path.write_bytes(encrypt(plain.getvalue(), self._passphrase))

    def load_checkpoint(
        self, path: Any, map_location: Any = None, weights_only: bool | None = None
    ) -> Any:
        """See CheckpointIO; tensors stay on the CPU, from where Lightning copies them."""
        return read_tensors(Path(path), self._passphrase)


@dataclass
class KeptCheckpoints:
    """Decides which checkpoints of a run are kept, and links the newest and the best.

    ``keep`` -1 keeps all; otherwise the ``keep`` best by their score, and always the newest. With 0
    there is no best to link to.
    """

    folder: Path
    keep: int
    _scores: dict[Path, float | None] = field(default_factory=dict)
    _extra: set[Path] = field(default_factory=set)

    def register(self, path: Path, score: float | None, *, extra: bool) -> None:
        """Note a checkpoint before it is written; an ``extra`` one goes when a better one comes."""
        self._scores[path] = score
        if extra:
            self._extra.add(path)

    def prune(self, newest: Path) -> None:
        """Once ``newest`` is written: update the links and remove what is not kept."""
        _point(self.folder / LATEST, newest)
        best = self._best()
        if best and self.keep:
            _point(self.folder / BEST, best[0])
        for old in self._superfluous(newest, best):
            old.unlink(missing_ok=True)
            del self._scores[old]

    def best_score(self) -> float | None:
        """The best score noted so far."""
        return max((score for score in self._scores.values() if score is not None), default=None)

    def state(self) -> dict[str, Any]:
        """Scores and extra checkpoints by file name, as plain containers."""
        return {
            "scores": {path.name: score for path, score in self._scores.items()},
            "extra": [path.name for path in self._extra],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state`, without the files that are no longer there."""
        found = {self.folder / name: score for name, score in state["scores"].items()}
        self._scores = {path: score for path, score in found.items() if path.is_file()}
        self._extra = {self.folder / name for name in state["extra"]} & set(self._scores)

    def _best(self) -> list[Path]:
        """Scored checkpoints, best first; of equal ones the earlier."""
        scored = [(score, path) for path, score in self._scores.items() if score is not None]
        return [path for _, path in sorted(scored, key=lambda pair: -pair[0])]

    def _superfluous(self, newest: Path, best: list[Path]) -> list[Path]:
        kept = {newest, *best[:1]} if self.keep < 0 else {newest, *best[: self.keep]}
        candidates = self._extra if self.keep < 0 else set(self._scores)
        return [path for path in self._scores if path in candidates - kept]


def without_scores(state: dict[str, Any]) -> dict[str, Any]:
    """The state of :class:`KeptCheckpoints` as if nothing had been scored."""
    return {**state, "scores": dict.fromkeys(state["scores"])}


def _point(link: Path, target: Path) -> None:
    """Make ``link`` a relative symbolic link to ``target``, replacing an older one in one step."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)
