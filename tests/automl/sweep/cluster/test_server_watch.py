"""A server of Ray's that dies is noticed, by name; other processes are not looked at."""

import subprocess
from pathlib import Path

import pytest
from processes import wait_until

from automl.sweep.cluster import server_watch
from automl.sweep.cluster.server_watch import RayDied, check_servers, dead_server, servers_watched
from automl.sweep.cluster.servers import servers_in


def _server(name: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [name, "-c", "sleep 600; exit", name, f"--log-dir={folder}/logs"], executable="/bin/sh"
    )


def test_the_one_that_died_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = ("/bin/gcs_server", "/bin/raylet", "/bin/other")
    servers = [_server(name, tmp_path) for name in named]
    wait_until(lambda: len(servers_in(tmp_path)) == len(named))  # none has a name before its exec
    try:
        with servers_watched(tmp_path):
            servers[2].kill()
            servers[2].wait()
            check_servers()
            with monkeypatch.context() as signalled:  # then the signal went to all of the job
                signalled.setattr(server_watch, "has_come", lambda: True)
                with pytest.raises(RayDied, match="Ray's process gcs_server ended"):
                    check_servers()
            servers[1].kill()
            while not dead_server():  # before anybody has waited for it
                assert servers[1].returncode is None
            with pytest.raises(RayDied, match="Ray's process raylet ended"):
                check_servers()
        check_servers()
    finally:
        for server in servers:
            server.kill()
            server.wait()
