"""optuna-dashboard on a study: it answers on loopback, follows a sweep, and changes nothing."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

from automl.errors import InputError
from automl.search.dashboard import ReadOnlyJournal, make_dashboard
from automl.search.study import STUDY_NAME, Study
from automl.space import Float, Space

pytest.importorskip("optuna_dashboard", reason="the extra `dashboard` is not installed")


def _study(path: Path) -> Study:
    space = Space((Float(name="lr", default=0.1, low=1e-4, high=1.0, log=True),))
    return Study(
        path, space=space, base={"lr": 0.1}, algorithm="random", direction="maximize", seed=1
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "study.journal"


@pytest.fixture
def address(journal: Path) -> Iterator[str]:
    suggestion = (study := _study(journal)).ask()
    assert suggestion is not None
    study.tell(suggestion.ticket, "finished", 0.5)
    with make_dashboard(journal) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _read(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path) as answer:
        return json.loads(answer.read())


def test_it_shows_the_study(address: str) -> None:
    (summary,) = _read(address, "/api/studies")["study_summaries"]
    (trial,) = _read(address, f"/api/studies/{summary['study_id']}")["trials"]
    assert (trial["state"], trial["values"]) == ("Complete", [0.5])


def test_it_shows_a_note_that_no_file_holds(journal: Path) -> None:
    _study(journal)
    before = journal.read_bytes()
    with make_dashboard(journal, note="keep the *defaults*") as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        found = _read(f"http://127.0.0.1:{server.server_port}", "/api/studies/0")
        server.shutdown()
        thread.join()
    assert found["note"] == {"version": 1, "body": "keep the *defaults*"}
    assert journal.read_bytes() == before


def test_objectives_are_called_by_their_metrics(address: str, journal: Path) -> None:
    for names in (["score"], ["other"]):  # a run that goes on changes nothing
        _study(journal).name_metrics(names)
    (summary,) = _read(address, "/api/studies")["study_summaries"]
    assert _read(address, f"/api/studies/{summary['study_id']}")["objective_names"] == ["score"]


def test_the_storage_follows_a_sweep_and_writes_nothing(journal: Path) -> None:
    study = _study(journal)
    storage = optuna.storages.JournalStorage(ReadOnlyJournal(str(journal)))
    shown = optuna.load_study(study_name=STUDY_NAME, storage=storage)
    for count in (1, 2):
        study.ask()
        assert len(shown.get_trials()) == count
    with pytest.raises(PermissionError, match="only reads"):
        shown.ask()


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/api/studies/0"), ("POST", "/api/trials/0/tell"), ("PUT", "/api/studies/0/note")],
)
def test_nothing_can_be_changed(journal: Path, address: str, method: str, path: str) -> None:
    before = journal.read_bytes()
    request = urllib.request.Request(address + path, data=b"{}", method=method)
    with pytest.raises(urllib.error.HTTPError, match="405") as error:
        urllib.request.urlopen(request)
    error.value.close()
    assert journal.read_bytes() == before


def test_a_rebound_name_is_refused(address: str) -> None:
    request = urllib.request.Request(address + "/api/studies", headers={"Host": "evil.example:80"})
    with pytest.raises(urllib.error.HTTPError, match="403") as error:
        urllib.request.urlopen(request)
    error.value.close()


def test_no_journal_and_a_taken_port(journal: Path, address: str) -> None:
    with pytest.raises(InputError, match="a direct run has no study"):
        make_dashboard(journal.with_name("none"))
    port = int(address.rpartition(":")[2])
    with pytest.raises(InputError, match=f"cannot listen on port {port}"):
        make_dashboard(journal, port)


def test_how_to_install_it(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _study(journal)
    monkeypatch.setitem(__import__("sys").modules, "optuna_dashboard", None)
    with pytest.raises(InputError, match=r"pip install 'reid-automl\[dashboard\]'"):
        make_dashboard(journal)
