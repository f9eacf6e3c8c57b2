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
    secure.secure_local()
    first = os.environ[secure.TOKEN]
    assert len(first) == 64
    assert os.environ[secure.NODES_ALLOWED] == "0"
    secure.secure_local()
    assert os.environ[secure.TOKEN] == first
    with pytest.raises(InputError, match="join it from a new process"):
        secure.secure_joining()
    assert os.environ[secure.NODES_ALLOWED] == "0"
    assert not no_token.exists()


def test_the_users_own_token_serves_and_is_made_private(no_token: Path) -> None:
    no_token.write_text("t" * 64)
    no_token.chmod(0o644)
    secure.secure_local()
    assert secure.TOKEN not in os.environ
    assert no_token.stat().st_mode & 0o777 == 0o600


def test_a_cluster_is_shown_the_environments_token_alone(
    no_token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(secure.TOKEN_PATH)
    monkeypatch.setenv("HOME", str(no_token.parent))
    (no_token.parent / ".ray").mkdir()
    (no_token.parent / ".ray" / "auth_token").write_text("t" * 64)
    secure.secure_joining()
    assert secure.AUTH_MODE not in os.environ
    assert os.environ[secure.NODES_ALLOWED] == "1"
    monkeypatch.setenv(secure.TOKEN, "t" * 64)
    secure.secure_joining()
    assert os.environ[secure.AUTH_MODE] == "token"
