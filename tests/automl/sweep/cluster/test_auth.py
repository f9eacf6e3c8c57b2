"""A local sweep's Ray: on loopback alone, behind a token that nobody else can read."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from processes import PATIENCE_S
from project_paths import SUPPORT

from automl.errors import InputError
from automl.sweep.cluster import auth as secure

LISTENERS = """
import json, os
from pathlib import Path
from automl.sweep.cluster.session import ray_running
from processes import children

def below(pid):
    return [pid] + [each for child in children(pid) for each in below(child)]

def sockets(pid):
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            yield os.readlink(path)
        except OSError:
            pass

with ray_running():
    mine = {name for pid in below(os.getpid()) for name in sockets(pid)}
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for words in map(str.split, Path(table).read_text().splitlines()[1:]):
            if words[3] == "0A" and f"socket:[{words[9]}]" in mine:
                listening.append(words[1].split(":")[0])
    folder = Path(os.environ["RAY_TMPDIR"])
    print(json.dumps({"listening": listening, "mode": os.environ["RAY_AUTH_MODE"],
        "folders": [oct(path.stat().st_mode & 0o777) for path in folder.iterdir()]}))
print(json.dumps(os.listdir(folder)))
"""
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")


@pytest.mark.slow
def test_a_local_ray_listens_on_loopback_and_leaves_nothing(tmp_path: Path) -> None:
    import json

    short = Path(tempfile.mkdtemp(dir="/tmp", prefix="r"))  # a socket's path is at most 107 bytes
    path = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    places = {"RAY_TMPDIR": str(short), "HOME": str(tmp_path), "PYTHONPATH": path}
    environment = {**os.environ, **places}
    for name in (secure.AUTH_MODE, secure.TOKEN, secure.TOKEN_PATH):
        environment.pop(name, None)
    try:
        done = subprocess.run(
            [sys.executable, "-c", LISTENERS], env=environment, capture_output=True, text=True,
            timeout=PATIENCE_S, check=True,
        )  # fmt: skip
        while_running, after = map(json.loads, done.stdout.splitlines()[-2:])
        assert len(while_running["listening"]) >= 4
        assert set(while_running["listening"]) <= set(LOOPBACK)
        assert while_running["mode"] == "token"
        assert while_running["folders"] == ["0o700"]
        assert after == []
        assert not (tmp_path / ".ray").exists()
    finally:
        short.rmdir()


@pytest.fixture
def no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (secure.TOKEN, secure.AUTH_MODE, secure.NODES_ALLOWED):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv(secure.TOKEN_PATH, str(tmp_path / "token"))
    return tmp_path / "token"


def test_a_token_of_this_process_where_the_user_has_none(no_token: Path) -> None:
    secure.stay_on_loopback()
    secure.secure_local()
    first = os.environ[secure.TOKEN]
    assert len(first) == 64
    assert os.environ[secure.NODES_ALLOWED] == "0"
    secure.secure_local()
    assert os.environ[secure.TOKEN] == first
    with pytest.raises(InputError, match="join it from a new process"):
        secure.secure_joining()
    assert not no_token.exists()


def test_the_users_own_token_serves_and_is_made_private(no_token: Path) -> None:
    no_token.write_text("t" * 64)
    no_token.chmod(0o644)
    secure.secure_local()
    assert secure.TOKEN not in os.environ
    assert no_token.stat().st_mode & 0o777 == 0o600


JOIN = """
import os, sys
from automl.sweep.cluster.auth import secure_joining
if sys.argv[1] == "ray":
    import ray
secure_joining()
print(os.environ.get("RAY_AUTH_MODE"))
"""


def _joins(imported: str, home: Path, **variables: str) -> tuple[str, str]:
    """What a new process prints and complains of that is about to join a cluster."""
    environment = {**os.environ, "HOME": str(home), **variables}
    done = subprocess.run(
        [sys.executable, "-c", JOIN, imported], env=environment, capture_output=True, text=True
    )
    return done.stdout.strip(), done.stderr


def test_a_cluster_is_shown_the_environments_token_alone(
    no_token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(secure.TOKEN_PATH)
    home = no_token.parent
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("t" * 64)
    assert _joins("nothing", home)[0] == "None"
    assert _joins("nothing", home, RAY_AUTH_TOKEN="t" * 64)[0] == "token"
    complaint = _joins("ray", home, RAY_AUTH_TOKEN="t" * 64)[1]
    assert "set RAY_AUTH_MODE=token before the import" in complaint
    assert _joins("ray", home, RAY_AUTH_TOKEN="t" * 64, RAY_AUTH_MODE="token")[0] == "token"


def test_a_ray_that_would_listen_to_other_machines_is_refused() -> None:
    code = "import ray; from automl.sweep.cluster.session import ray_running\nwith ray_running(): 1"
    environment = {name: v for name, v in os.environ.items() if name != secure.NODES_ALLOWED}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert "set RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 before the import" in done.stderr
