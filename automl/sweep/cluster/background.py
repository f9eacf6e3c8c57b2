"""Starting a local Ray in a thread while the launch is planned: Ray mostly waits meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from automl.errors import RunError
from automl.interrupts import is_ending
from automl.sweep.cluster.forks import check_usable, has_joined
from automl.sweep.cluster.server_watch import dead_server
from automl.sweep.cluster.start_turn import StartTurn

LOG: Final = logging.getLogger(__name__)
_one_ray: Final = threading.Lock()  # a start that was given up may still be going on


class BackgroundRay:
    """A Ray that a thread starts, and shuts down at the end of the block, used or not.

    The thread lives as long as that Ray: Linux ends Ray's processes when the thread that started
    them ends. So a start that failed is tried once more in another thread.
    """

    def __init__(self) -> None:
        self._up, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> BackgroundRay:
        return self

    def __exit__(self, *error: object) -> None:
        if not is_ending():
            self._close()  # else what starts, or came up unused, ends with the process

    @property
    def begun(self) -> bool:
        """Whether :meth:`begin` started a Ray."""
        return self._thread is not None

    def begin(self) -> None:
        """Start Ray in the background, unless this process has joined one.

        Raises:
            InputError: this process was forked from one that ran Ray.
        """
        check_usable()
        from automl.sweep.cluster.local_ray import prepare_environment

        prepare_environment()
        import ray  # noqa: F401  (not in the thread: two threads must not import it at once)

        if not has_joined():
            self._try(retries=1)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Wait until Ray is up; shut it down at the end of the block.

        Raises:
            InputError: it cannot start on this machine.
            RunError: it did not come up, twice; or it died.
        """
        self._up.wait()
        if self._error is not None:
            raise self._error
        try:
            yield
        except Exception as error:
            if died := dead_server():
                raise RunError(died) from error
            raise
        finally:
            self._close()

    def _try(self, retries: int) -> None:
        self._thread = threading.Thread(target=self._run, args=(retries,), daemon=True)
        self._thread.start()

    def _run(self, retries: int) -> None:
        """Start Ray, keep it until it is closed, and shut it down."""
        from automl.sweep.cluster.local_ray import RayStartError

        try:
            with _one_ray:
                self._start_and_keep()
        except RayStartError as error:
            wanted = not (self._over.is_set() or is_ending())
            if wanted and not retries:
                self._error = error
            else:
                error.drop_log()
            if wanted and retries:
                LOG.warning("%s; it is started once more", error.reason)
                self._try(retries - 1)
                return
        except BaseException as error:
            self._error = error
        self._up.set()

    def _start_and_keep(self) -> None:
        from automl.sweep.cluster.local_ray import local_ray
        from automl.sweep.cluster.ray_folder import unused_folder

        turn = StartTurn()
        try:
            turn.wait(self._over.wait)
            if not self._over.is_set():
                with local_ray(unused_folder()):
                    turn.release()
                    self._up.set()
                    self._over.wait()
        finally:
            turn.release()

    def _close(self) -> None:
        self._over.set()
        while self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._thread = None
