"""A logger whose failure does not end the run: it warns once and is then switched off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytorch_lightning.loggers import Logger

Result = TypeVar("Result")
LOG = logging.getLogger(__name__)


class ForgivingLogger(Logger):
    """Passes calls on to another logger until that raises, then ignores them."""

    def __init__(self, label: str, build: Callable[[], Logger]) -> None:
        """``build`` makes the logger; ``label`` names it in the warning."""
        super().__init__()
        self._label = label
        self._works = True
        self._logger = self._attempt(build)

    def _attempt(self, act: Callable[[], Result]) -> Result | None:
        """What ``act`` returns, or None from the first failure on."""
        if not self._works:
            return None
        try:
            return act()
        except Exception as exc:
            self._works = False
            reason = " ".join(str(exc).split()) or type(exc).__name__
            LOG.warning(
                "the %s logger failed (%s); the run goes on without it", self._label, reason
            )
            return None

    def _call(self, method: str, *args: Any, **options: Any) -> None:
        self._attempt(lambda: getattr(self._logger, method)(*args, **options))

    @property
    def experiment(self) -> Any:
        """The other logger's own; Lightning asks for it to open files and connections."""
        return self._attempt(lambda: getattr(self._logger, "experiment", None))

    @property
    def name(self) -> str | None:
        """See Logger."""
        return self._attempt(lambda: getattr(self._logger, "name", None))

    @property
    def version(self) -> int | str | None:
        """See Logger."""
        return self._attempt(lambda: getattr(self._logger, "version", None))

    @property
    def save_dir(self) -> str | None:
        """See Logger."""
        return self._attempt(lambda: getattr(self._logger, "save_dir", None))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """See Logger."""
        self._call("log_metrics", dict(metrics), step=step)

    def log_hyperparams(self, params: Any, *args: Any, **options: Any) -> None:
        """See Logger."""
        self._call("log_hyperparams", params, *args, **options)

    def save(self) -> None:
        """See Logger."""
        self._call("save")

    def finalize(self, status: str) -> None:
        """See Logger."""
        self._call("finalize", status)
