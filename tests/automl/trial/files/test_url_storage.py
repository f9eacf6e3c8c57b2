"""A run's folder at a URL: whole files, nothing outside, what changed alone."""

from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.trial.files.url_storage import Storage
from automl.trial.retry import with_retries
from automl.trial.secrets import mask


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "place"


@pytest.fixture
def storage(place: Path) -> Storage:
    return Storage(f"file://{place}", patience_s=0.0)


def _trial(folder: Path) -> Path:
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "model_epoch_001.pth").write_bytes(b"w" * 9)
    (folder / "status.json").write_text("{}\n")
    (folder / ".child.lock").touch()
    (folder / "latest.pth").symlink_to("train/model_epoch_001.pth")
    return folder


def test_there_and_back(storage: Storage, place: Path, tmp_path: Path) -> None:
    storage.push(_trial(tmp_path / "a"), "trials/0001")
    sent = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert sent == {"trials/0001/status.json", "trials/0001/train/model_epoch_001.pth"}
    storage.pull("trials/0001", tmp_path / "small", checkpoints=False)
    assert [path.name for path in (tmp_path / "small").rglob("*") if path.is_file()] == [
        "status.json"
    ]
    storage.pull("trials/0001", tmp_path / "all", checkpoints=True)
    assert (tmp_path / "all" / "train" / "model_epoch_001.pth").read_bytes() == b"w" * 9


def test_what_did_not_change_is_not_sent_again(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _trial(tmp_path / "a")
    storage.push(folder, "t")
    sent: list[str] = []
    put = storage._put
    monkeypatch.setattr(storage, "_put", lambda path, to: (sent.append(path.name), put(path, to)))
    storage.push(folder, "t")
    assert sent == []
    (folder / "status.json").write_text("{}\n{}\n")
    storage.push(folder, "t")
    assert sent == ["status.json"]


def test_only_the_trials_checkpoints_are_dropped(
    storage: Storage, place: Path, tmp_path: Path
) -> None:
    for trial in ("0001", "0002"):
        storage.push(_trial(tmp_path / trial), f"trials/{trial}")
    storage.drop_checkpoints("0001")
    left = sorted(path.relative_to(place).as_posix() for path in place.rglob("*.pth"))
    assert left == ["trials/0002/train/model_epoch_001.pth"]
    assert (place / "trials" / "0001" / "status.json").exists()
    storage.drop_checkpoints("0009")


@pytest.mark.parametrize("relative", ["../x", "/etc/x", "trials/../../x", ".."])
def test_nothing_outside_the_runs_place(storage: Storage, relative: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        storage.write_text(relative, "x")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot write to" in Storage(f"file://{tmp_path / 'file'}").probe("n")
    with pytest.raises(InputError, match="--storage nosuch://x"):
        Storage("nosuch://x")


class Clock:
    """Sleeping passes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def test_patience_outlasts_an_outage_with_growing_pauses() -> None:
    clock = Clock()

    def work() -> str:
        if clock.now < 30:
            raise OSError("storage is away")
        return "done"

    assert with_retries(work, sleep=clock.sleep, clock=lambda: clock.now) == "done"
    assert clock.pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_patience_ends() -> None:
    clock = Clock()

    def work() -> Any:
        raise OSError("gone for good")

    with pytest.raises(OSError, match="gone for good"):
        with_retries(work, patience_s=60, sleep=clock.sleep, clock=lambda: clock.now)
    assert 50 < clock.now <= 60


def test_what_waiting_does_not_change_is_told_at_once() -> None:
    clock = Clock()

    def work() -> Any:
        raise PermissionError("forbidden")

    with pytest.raises(PermissionError):
        with_retries(work, sleep=clock.sleep, clock=lambda: clock.now)
    assert clock.pauses == []


def test_masks() -> None:
    environ = {"AWS_SECRET_ACCESS_KEY": "s3cr3t-value", "HOME": "/home/me", "API_TOKEN": "abc"}
    assert mask("ftp://me:pass@host/x s3cr3t-value abc /home/me", environ) == (
        "ftp://***@host/x *** abc /home/me"
    )
    assert mask("sftp://me@host/x 12:30@noon", environ) == "sftp://me@host/x 12:30@noon"
