"""Folders of the trainer and its libraries for users who have no home or no name."""

import getpass
import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_paths import ROOT, UNKNOWN_USER

from reid_model import cli, home
from reid_model.actions.training.loggers import _has_login
from reid_model.data.cache import VARIABLE, cache_folder
from reid_model.errors import BadInputError

VARIABLES = (
    "HOME", "XDG_CACHE_HOME", "HF_HOME", "TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "MPLCONFIGDIR",
    "TRITON_HOME", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_API_KEY", "WANDB_MODE", "NETRC",
    VARIABLE, "LOGNAME", "USER", "LNAME", "USERNAME",
)  # fmt: skip


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The private folder that is due to a user without an entry in passwd."""

    def getpwuid(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is restored, whatever the test sets
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home.private_folder.cache_clear()
    monkeypatch.setattr(home, "private_folder", home.private_folder.__wrapped__)
    return tmp_path / f"re_identification_{os.getuid()}"


@pytest.mark.parametrize("named", [None, "/nonexistent/me", "relative", "/dev/null"])
def test_without_a_home_everything_goes_to_a_private_folder(
    private: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    if named is not None:
        monkeypatch.setenv("HOME", named)
    assert cache_folder() == private / ".cache/re_identification"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    note = home.mend_environment()
    assert note is not None
    assert str(private) in note
    for name in ("TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "MPLCONFIGDIR", "TRITON_HOME"):
        assert Path(os.environ[name]).is_relative_to(private)
    assert getpass.getuser() == str(os.getuid())
    assert home.mend_environment() is None  # it is said once
    assert cache_folder() == private / ".cache/re_identification"


def test_an_unknown_user_with_a_home_keeps_it(
    private: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home.mend_environment() is None
    assert cache_folder() == tmp_path / ".cache/re_identification"
    assert Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]).parent == private


def test_weights_in_a_cache_that_can_only_be_read_are_found(
    private: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, cache = os.access, tmp_path / "cache"
    (cache / "torch").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: path != cache and access(path, mode))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert home.mend_environment() is not None
    assert os.environ["TORCH_HOME"] == str(cache / "torch")
    assert Path(os.environ["HF_HOME"]).is_relative_to(private)
    assert Path(os.environ["XDG_CACHE_HOME"]).is_relative_to(private)


@pytest.mark.parametrize("squatter", ["link", "dangling", "file", "open"])
def test_a_folder_that_somebody_else_prepared_is_not_used(
    private: Path, tmp_path: Path, squatter: str
) -> None:
    target = tmp_path / "target"
    if squatter == "open":
        private.mkdir()
        private.chmod(0o777)
    elif squatter == "file":
        private.touch()
    else:
        private.symlink_to(target)
    if squatter == "link":
        target.mkdir(mode=0o700)
    found = home.private_folder()
    assert found != private
    assert stat.S_IMODE(found.lstat().st_mode) == 0o700
    assert not target.exists() or not list(target.iterdir())


def test_a_temporary_folder_that_is_too_long_for_sockets_is_left(
    private: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / ("x" * 80)))
    home.mend_environment()
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == "/tmp"


def test_nowhere_to_write_is_one_error(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    with pytest.raises(BadInputError, match="set TMPDIR"):
        home.mend_environment()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temporary folder whose path is short enough for sockets, as those of xdist are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.slow
def test_the_trainer_is_imported_by_a_user_whom_nobody_knows(
    tmp_path: Path, short_folder: Path
) -> None:
    """torch asks for the user's name when it is imported."""
    (tmp_path / "sitecustomize.py").write_text(UNKNOWN_USER)
    environment = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    paths = [str(ROOT), str(tmp_path), os.environ.get("PYTHONPATH", "")]
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "TMPDIR": str(short_folder)}
    code = (
        "import reid_model.actions.train, reid_model, torch._inductor.codecache;"
        " print(reid_model.CACHE_WARNING)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(short_folder / f"re_identification_{os.getuid()}") in done.stdout
    assert "Matplotlib" not in done.stderr


def test_a_login_is_looked_for_without_a_home(private: Path) -> None:
    assert not _has_login()


def test_a_current_folder_that_was_removed_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "argv", ["re_identification", "make-data", "--out", "data"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "the current folder no longer exists" in capsys.readouterr().err
