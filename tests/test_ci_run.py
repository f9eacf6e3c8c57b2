"""What CI does before the README's test command: it tries to get programs, and goes on without."""

import shutil
import subprocess
from pathlib import Path

import pytest
from project_paths import ROOT

SCRIPT = ROOT / ".ci" / "run"
TOOLS = ("bash", "dirname", "timeout", "tail")
WITHOUT = "no chromium, and none could be installed: the browser tests will skip"
NO_PODMAN = "no podman, and none could be installed: the container tests will skip"
ROOT_ALONE = "(this needs apt-get, as root)"


@pytest.mark.parametrize(
    ("user", "apt_get", "there", "told"),
    [
        (
            0,
            'echo "apt-get $@" >> "$0.called"',
            False,
            [
                "chromium installed for the browser tests",
                "podman installed for the container tests",
            ],
        ),
        (
            0,
            "echo no such mirror >&2; exit 100",
            False,
            [WITHOUT, "no such mirror", NO_PODMAN, "no such mirror"],
        ),
        (1000, "exit 0", False, [WITHOUT, ROOT_ALONE, NO_PODMAN, ROOT_ALONE]),
        (0, "exit 0", True, []),
    ],
)
def test_a_browser_is_installed_where_that_can_be(
    tmp_path: Path, user: int, apt_get: str, there: bool, told: list[str]
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    fakes = {"id": f"echo {user}", "apt-get": apt_get, "make": 'echo "make $@"'}
    for name, body in {
        **fakes,
        **({"chromium": "exit 0", "podman": "exit 0"} if there else {}),
    }.items():
        (tools / name).write_text(f"#!{tools}/bash\n{body}\n")
        (tools / name).chmod(0o755)
    place = tmp_path / ".ci" / "run"
    place.parent.mkdir()
    shutil.copy(SCRIPT, place)
    done = subprocess.run(
        [tools / "bash", place], env={"PATH": str(tools)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [*told, "make test"]
    called = tools / "apt-get.called"
    if called.exists():
        installs = [line for line in called.read_text().splitlines() if " install " in line]
        assert [line.split(" --no-install-recommends ")[1] for line in installs] == [
            "chromium",
            "podman runc catatonit busybox-static",
        ]
