"""Commands that only a shell can run are told from plain ones."""

import pytest

from automl.skill.shell import needs_shell, script_position, shell_of

HERE_DOCUMENT = """python - <<'PY'
import json  # it's a script
PY
"""


@pytest.mark.parametrize(
    "command",
    [
        HERE_DOCUMENT,
        "cd /opt/net && train -e {config_path}",
        "train -e {config_path} | tee log.txt",
        "train -e {config_path} > log.txt",
        "train --root $DATA -e {config_path}",
        'train --root "$DATA/x" -e {config_path}',
        "OMP_NUM_THREADS=1 train -e {config_path}",
        "source env.sh\ntrain -e {config_path}",
        "prepare\ntrain -e {config_path}",
    ],
)
def test_a_shell_is_needed(command: str) -> None:
    assert needs_shell(command)


@pytest.mark.parametrize(
    "command",
    [
        "train -e {config_path}",
        "python -m net.train -e {config_path}\n",
        "bash -lc 'cd /opt && train -e {config_path}'",
        "train \\\n  -e {config_path}",
        "train --note 'a & b' --sizes [1,2] --quote \"a; b\" --price \\$5",
        "train key=value",
    ],
)
def test_a_program_with_arguments_needs_none(command: str) -> None:
    assert not needs_shell(command)


@pytest.mark.parametrize(
    ("argv", "shell", "position"),
    [
        (["bash", "-lc", "train"], "bash", 2),
        (["/bin/sh", "-e", "-c", "train"], "sh", 3),
        (["bash", "train.sh", "{config_path}"], None, None),
        (["python", "-c", "print(1)"], None, None),
        (["bash", "-c"], None, None),
        ([], None, None),
    ],
)
def test_the_script_of_a_shell(argv: list[str], shell: str | None, position: int | None) -> None:
    assert (shell_of(argv), script_position(argv)) == (shell, position)
