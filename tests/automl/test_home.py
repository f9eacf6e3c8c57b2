"""Folders for users who have no home, no name, or nothing that they can write to."""

import errno
import getpass
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl import home
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir, locked

VARIABLES = (
    "HOME", "XDG_CACHE_HOME", "TMPDIR", "HF_HOME", "TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR",
    "MPLCONFIGDIR", "TRITON_HOME", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", CACHE_VARIABLE,
    "LOGNAME", "USER", "LNAME", "USERNAME",
)  # fmt: skip


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory of its own, for a user of whom the environment says nothing.

    Its path is short enough for sockets, as the tests' own under xdist are not.
    """
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is restored, whatever the test sets
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture
def unknown(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, without an entry in passwd. Returns the private folder that is due."""

    def getpwuid(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    return scratch / f"automl-{os.getuid()}"


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that can be read and not written, by root neither."""
    folder, access = tmp_path / "frozen", os.access
    folder.mkdir()

    def no_writing(path: str | Path, mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and Path(path).is_relative_to(folder))

    monkeypatch.setattr(os, "access", no_writing)
    return folder


def _mended(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is said, the first time; the second time there is nothing left to say."""
    home.mend_environment()
    said = [record.getMessage() for record in caplog.records]
    home.mend_environment()
    assert len(caplog.records) == len(said)
    return said


@pytest.mark.parametrize("named", [None, "", "/nonexistent/me", "relative", "/dev/null"])
def test_without_a_home_a_private_folder_is_one(
    unknown: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    named: str | None,
) -> None:
    if named is not None:
        monkeypatch.setenv("HOME", named)
    assert cache_dir() == unknown / ".cache/automl/data"
    (said,) = _mended(caplog)
    assert str(unknown) in said
    assert "set HOME" in said
    assert os.environ["HOME"] == str(unknown)
    assert Path("~").expanduser() == Path.home() == unknown
    assert getpass.getuser() == str(os.getuid())
    assert Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]).parent == unknown
    assert stat.S_IMODE(unknown.stat().st_mode) == 0o700
    assert cache_dir() == unknown / ".cache/automl/data"


@pytest.mark.parametrize(("inherited", "named"), [("root", "12345"), ("jovyan-of-the-pod", None)])
def test_an_inherited_name_is_not_the_users(
    unknown: Path, monkeypatch: pytest.MonkeyPatch, inherited: str, named: str | None
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setattr(home, "private_folder", lambda: unknown)
    monkeypatch.setenv("USER", inherited)
    home.mend_environment()
    assert os.environ.get("LOGNAME") == named
    assert getpass.getuser() == (named or inherited)


def test_the_root_folder_is_no_home_unless_it_can_be_written(
    unknown: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", "/")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "/" and access(path, mode))
    (said,) = _mended(caplog)
    assert said.startswith("HOME=/ is no folder to write into")
    assert os.environ["HOME"] == str(unknown)


def test_a_known_user_without_home_variable_has_the_home_of_passwd(
    scratch: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = pwd.struct_passwd(("me", "x", os.getuid(), 0, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)
    assert _mended(caplog) == []
    assert os.environ["HOME"] == str(tmp_path)
    assert cache_dir() == tmp_path / ".cache/automl/data"
    assert not list(scratch.iterdir())


def test_a_home_that_can_only_be_read_stays_home_and_gives_its_weights(
    unknown: Path, frozen: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", str(frozen))
    monkeypatch.setenv("MPLCONFIGDIR", "/mine")
    (frozen / ".cache/torch").mkdir(parents=True)
    (said,) = _mended(caplog)
    assert f"the cache folder {frozen}/.cache cannot be written" in said
    assert os.environ["HOME"] == str(frozen)
    assert os.environ["XDG_CACHE_HOME"] == str(unknown / ".cache")
    assert os.environ["TORCH_HOME"] == str(frozen / ".cache/torch")
    assert "HF_HOME" not in os.environ
    assert os.environ["MPLCONFIGDIR"] == "/mine"
    assert Path(os.environ["TRITON_HOME"]) == unknown
    assert cache_dir() == unknown / ".cache/automl/data"


@pytest.mark.parametrize("cache", ["frozen", "relative", "/dev/null/cache"])
def test_a_cache_folder_that_cannot_be_written_moves(
    unknown: Path,
    frozen: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    cache: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(frozen) if cache == "frozen" else cache)
    (said,) = _mended(caplog)
    assert "set XDG_CACHE_HOME" in said
    assert os.environ["HOME"] == str(tmp_path)
    assert os.environ["XDG_CACHE_HOME"] == str(unknown / ".cache")


def test_a_cache_folder_that_is_not_there_yet_is_fine(
    unknown: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "deep/cache"))
    assert _mended(caplog) == []
    assert cache_dir() == tmp_path / "deep/cache/automl/data"


def test_a_temporary_folder_that_is_none_is_replaced(
    scratch: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    (said,) = _mended(caplog)
    assert said == (
        f"TMPDIR={tmp_path}/nowhere is no folder to write into: temporary files go to {scratch}"
    )
    assert os.environ["TMPDIR"] == str(scratch)


def test_a_temporary_folder_that_is_too_long_for_sockets_is_left(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(long))
    (said,) = _mended(caplog)
    assert "is too long for the sockets of workers: temporary files go to /tmp" in said
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == "/tmp"


def test_nowhere_to_write_is_one_error(unknown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    with pytest.raises(InputError, match="set TMPDIR"):
        home.mend_environment()


@pytest.mark.parametrize("squatter", ["link", "dangling", "file", "open"])
def test_a_folder_that_somebody_else_prepared_is_not_used(
    unknown: Path, tmp_path: Path, squatter: str
) -> None:
    target = tmp_path / "target"
    if squatter == "open":
        unknown.mkdir()
        unknown.chmod(0o777)
    elif squatter == "file":
        unknown.touch()
    else:
        unknown.symlink_to(target)
    if squatter == "link":
        target.mkdir(mode=0o700)
    found = home.private_folder()
    assert found != unknown
    assert found.parent == unknown.parent
    assert stat.S_IMODE(found.lstat().st_mode) == 0o700
    assert home.private_folder() == found
    assert not target.exists() or not list(target.iterdir())


def test_a_folder_of_another_user_is_not_used(
    unknown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.getuid()
    unknown.with_name(f"automl-{uid + 1}").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert home.private_folder().name != f"automl-{uid + 1}"


def test_the_private_folder_is_found_again(unknown: Path) -> None:
    unknown.mkdir(mode=0o700)
    assert home.private_folder() == unknown


def test_a_named_data_cache_that_cannot_be_written_is_refused(
    frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(frozen / "data"))
    with pytest.raises(InputError, match=f"{frozen}/data.*--cache-dir"), locked(cache_dir() / "x"):
        raise AssertionError("it was locked")


@pytest.mark.parametrize(
    "command",
    [["run", "--plan"], ["space"], ["trials", "x"], ["validate", "."]],
    ids=lambda c: c[0],
)
def test_a_current_folder_that_was_removed_is_one_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run_command_line(command) == 2
    assert "the current folder no longer exists" in capsys.readouterr().err
    assert run_command_line(["--help"]) == 0


def test_what_this_user_may_not_read_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def is_dir(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", is_dir)
    assert run_command_line(["trials", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"automl: {tmp_path}: this user (uid {os.getuid()}) may not read")
