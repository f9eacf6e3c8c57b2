"""optuna-dashboard on a run's study: read-only, on loopback, on a running sweep too.

The dashboard itself can delete studies and change trials. Here two layers allow only reading: the
storage refuses to write, and the web application refuses every method but GET and HEAD. It also
refuses requests whose Host is not loopback, so that no web page reads the study by DNS rebinding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from automl.errors import InputError
from automl.search.journal import check_journal, journal_damage_explained

LOOPBACK: Final = "127.0.0.1"
_INSTALL: Final = "pip install 'reid-automl[dashboard]'"
_READING: Final = ("GET", "HEAD")
_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class ReadOnlyJournal(JournalFileBackend):  # type: ignore[misc]
    """A journal that is read while it grows, and never written."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse."""
        raise PermissionError("this dashboard only reads")


class NotedStorage(JournalStorage):  # type: ignore[misc]
    """A study's storage with a note that stands on the dashboard's page and in no file."""

    def __init__(self, journal: Path, note: str) -> None:
        super().__init__(ReadOnlyJournal(str(journal)))
        self._note = {"dashboard:note_ver": 1, "dashboard:note_str:0": note} if note else {}

    def get_all_studies(self) -> list[Any]:
        """Return copies of the studies, each with the note."""
        studies: list[Any] = super().get_all_studies()
        for study in studies:
            study.system_attrs = {**study.system_attrs, **self._note}
        return studies


def make_dashboard(journal: Path, port: int = 0, note: str = "") -> WSGIServer:
    """Return a server of the dashboard on ``journal``, bound to loopback.

    Args:
        journal: the study's journal file.
        port: 0 takes a free one; ``server_port`` tells which.
        note: Markdown that the study's page shows; it is not stored.

    Raises:
        InputError: optuna-dashboard is not installed, the journal is missing, or the port is taken.
        DamagedFileError: the journal is damaged.
    """
    if not journal.is_file():
        raise InputError(f"{journal} is missing: a direct run has no study to show")
    application = reading_only(_dashboard(journal, note))
    try:
        return make_server(
            LOOPBACK, port, application, server_class=_Server, handler_class=_QuietHandler
        )
    except OSError as error:
        raise InputError(f"cannot listen on port {port}: {error.strerror}; try --port 0") from error


def _dashboard(journal: Path, note: str) -> Application:
    try:
        from optuna_dashboard import wsgi
    except ImportError as error:
        raise InputError(f"optuna-dashboard is not installed: {_INSTALL}") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    check_journal(journal)
    with journal_damage_explained(journal):
        storage = NotedStorage(journal, note)
    application: Application = wsgi(storage)
    return application


def reading_only(application: Application) -> Application:
    """Return the application with every request refused but GET and HEAD from loopback."""

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        host = str(environ.get("HTTP_HOST", "")).rsplit(":", 1)[0]
        if host not in _HOSTS:
            return _refuse(start_response, "403 Forbidden", "only loopback is served")
        if environ["REQUEST_METHOD"] not in _READING:
            return _refuse(start_response, "405 Method Not Allowed", "this dashboard only reads")
        return application(environ, start_response)

    return guarded


def _refuse(start_response: StartResponse, status: str, reason: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [f'{{"reason": "{reason}"}}'.encode()]


class _Server(ThreadingMixIn, WSGIServer):
    """A server with a daemon thread for each request, so that none delays its shutdown."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
