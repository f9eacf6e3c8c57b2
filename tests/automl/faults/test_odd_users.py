"""Sweeps of users whom nobody knows, as in containers, and of one who loses the right to write."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from drivers import AUTOML, WITHOUT_RAY, events, resume_command, status
from processes import PATIENCE_S, wait_until
from project_paths import ROOT, UNKNOWN_USER

pytestmark = pytest.mark.slow

UID = 12345
HOMES = {"unset": None, "root": "/", "missing": "/nonexistent/home"}
NAMES = (
    "HOME",
    "USER",
    "LOGNAME",
    "LNAME",
    "USERNAME",
    "XDG_CACHE_HOME",
    "TORCHINDUCTOR_CACHE_DIR",
)
# a user who may read all files, so that this Python is among them, and writes with his own rights
READER = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
          "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")  # fmt: skip
CACHES = ("AUTOML_CACHE_DIR", "RE_IDENTIFICATION_CACHE", "RAY_TMPDIR")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other users can read, with room for them to write; pytest's are private."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="odd-"))
    folder.chmod(0o755)
    for name in ("scratch", "runs"):
        (folder / name).mkdir()
        (folder / name).chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def _environment(place: Path, home: str | None) -> dict[str, str]:
    found = {name: text for name, text in os.environ.items() if name not in (*NAMES, *CACHES)}
    paths = [str(ROOT), str(place), os.environ.get("PYTHONPATH", "")]
    found |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "TMPDIR": str(place / "scratch")}
    return found | ({} if home is None else {"HOME": home})


def _sweep(
    bowl: Path, data: Path, place: Path, environment: dict[str, str], **user: int | list[int]
) -> subprocess.CompletedProcess[str]:
    """A sweep of two trials whose data have to be unpacked, from a folder to write into."""
    for folder in (bowl, data):
        shutil.copytree(folder, place / folder.name)
    command = [sys.executable, "-m", "automl", "run", "--json", "--yes", "--trials", "2",
               "--skill-dir", str(place / bowl.name), "--data", str(place / data.name),
               "--no-probe", "--max-concurrent", "1", "--algorithm", "random"]  # fmt: skip
    return subprocess.run(
        command, env=environment, cwd=place / "runs", capture_output=True, text=True,
        timeout=PATIENCE_S, check=False, **user,  # type: ignore[call-overload]
    )  # fmt: skip


def _check(done: subprocess.CompletedProcess[str], private: Path) -> None:
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"
    assert done.stderr.count(f"goes to {private}") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert list((private / ".cache/automl/data").iterdir())


def test_a_user_whom_passwd_does_not_know(bowl: Path, data: Path, place: Path) -> None:
    (place / "sitecustomize.py").write_text(UNKNOWN_USER)
    done = _sweep(bowl, data, place, _environment(place, None))
    _check(done, place / "scratch" / f"automl-{os.getuid()}")
    assert not (place / "runs" / "~").exists()


@pytest.mark.parametrize("home", HOMES)
def test_a_user_of_a_container(bowl: Path, data: Path, place: Path, home: str) -> None:
    environment = _environment(place, HOMES[home])
    user = {"user": UID, "group": UID, "extra_groups": list[int]()}
    try:
        probe = [sys.executable, "-c", "import automl.home"]
        subprocess.run(probe, env=environment, cwd="/", check=True, capture_output=True, **user)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"another user cannot be, or cannot run this Python: {error}")
    _check(_sweep(bowl, data, place, environment, **user), place / "scratch" / f"automl-{UID}")


def _check_reader(environment: dict[str, str]) -> None:
    try:
        probe = [*READER, sys.executable, "-c", "import automl.home"]
        subprocess.run(probe, env=environment, cwd="/", check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"a user who reads everything cannot be: {error}")


def _may_write(run: Path, *, granted: bool) -> None:
    for path in [run, *run.rglob("*")]:
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IWUSR if granted else mode & ~0o222)


def test_output_that_may_no_longer_be_written(bowl: Path, place: Path) -> None:
    environment = _environment(place, str(place / "scratch"))
    output = place / "runs" / "sweep"
    _check_reader(environment)
    shutil.copytree(bowl, place / "bowl")
    (place / "crops").mkdir()

    def start(*words: str, program: tuple[str, ...] = AUTOML) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*READER, sys.executable, *program, "run", "--yes", "--json", *words],
            env=environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    driver = start(
        "--skill-dir", str(place / "bowl"), "--set", f"dataset.folder={place / 'crops'}",
        "--set", "fault=sleep", "--trials", "9", "--output", str(output), "--no-probe",
        "--algorithm", "random", "--max-concurrent", "1",
    )  # fmt: skip
    wait_until(lambda: len(events(output, "end")) >= 2, driver)
    _may_write(output, granted=False)
    _, said = driver.communicate(timeout=PATIENCE_S)
    finished = {event["number"] for event in events(output, "end")}
    assert driver.returncode == 1
    words = f"this user (uid {UID}) may write to {output} no longer: Permission denied"
    assert words in said
    assert f"automl run --resume {output}" in said
    assert "Traceback" not in said
    told = status(output)[0]
    assert (told["state"], told["resume"]) == ("interrupted", resume_command(output))

    refused = start("--resume", str(output))
    _, said = refused.communicate(timeout=PATIENCE_S)
    assert refused.returncode == 2
    assert f"this user (uid {UID}) may not write to the run's folder" in said
    _may_write(output, granted=True)
    resumed = start("--resume", str(output), program=WITHOUT_RAY)
    _, said = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 0, said
    ends = events(output, "end")
    over = [event["number"] for event in ends if event["state"] == "finished"]
    assert sorted(over) == list(range(9))
    assert finished
