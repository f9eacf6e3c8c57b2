"""Starting a local Ray in a thread while the launch is planned: Ray mostly waits meanwhile."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


def has_joined() -> bool:
    """Return whether this process is connected to a Ray already."""
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


class BackgroundRay:
    """A Ray that a thread starts, and shuts down at the end of the block, used or not.

    The thread lives as long as that Ray: Linux ends Ray's processes when the thread that started
    them ends.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._up, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> BackgroundRay:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    @property
    def begun(self) -> bool:
        """Whether :meth:`begin` started a Ray."""
        return self._thread is not None

    def begin(self) -> None:
        """Start Ray in the background, unless this process has joined one."""
        from automl.sweep.cluster.local_ray import prepare_environment

        prepare_environment()
        import ray  # noqa: F401  (not in the thread: two threads must not import it at once)

        if not has_joined():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Wait until Ray is up; shut it down at the end of the block.

        Raises:
            InputError: it does not start on this machine.
        """
        self._up.wait()
        if self._error is not None:
            raise self._error
        try:
            yield
        finally:
            self._close()

    def _run(self) -> None:
        from automl.sweep.cluster.local_ray import local_ray

        try:
            self._stack.enter_context(local_ray())
        except BaseException as error:
            self._error = error
        self._up.set()
        self._over.wait()

    def _close(self) -> None:
        if self._thread is None:
            return
        self._up.wait()
        try:
            self._stack.close()
        finally:
            self._over.set()
            self._thread.join()
            self._thread = None
