"""Ray's servers lead sessions of their own; what else the process starts stays in its own."""

import os
import subprocess
import sys
import threading

from automl.sweep.cluster.own_sessions import own_sessions


def _session() -> tuple[int, int]:
    """A child's pid and session; Ray starts its servers with a preexec_fn too."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import os; print(os.getsid(0))"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: None,
    )
    return child.pid, int(child.communicate()[0])


def test_only_what_the_thread_forks_in_the_block() -> None:
    seen = []
    with own_sessions():
        pid, session = _session()
        assert session == pid
        other = threading.Thread(target=lambda: seen.append(_session()[1]))
        other.start()
        other.join()
    assert [*seen, _session()[1]] == [os.getsid(0)] * 2
