"""Looking at a space imports no heavy library (issue B)."""

import subprocess
import sys

HEAVY = ("torch", "ray", "optuna", "pandas", "numpy", "scipy", "pyarrow", "matplotlib")


def loaded(code: str) -> set[str]:
    """Modules among the heavy ones that a fresh interpreter has after ``code``."""
    report = f"{code}\nimport sys\nprint(*(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_packages_are_light() -> None:
    assert loaded("import automl, automl.skill, automl.spec, automl.space") == set()


def test_the_commands_are_light() -> None:
    command = "from automl.cli.main import run_command_line as run\n"
    assert loaded(f"{command}run(['space'])\nrun(['validate', '.'])") == set()
