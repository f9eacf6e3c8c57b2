"""What the shell offers on Tab."""

import pytest
from click.shell_completion import ShellComplete

from automl.cli.main import cli
from automl.search.algorithm import ALGORITHMS


def _offered(words: list[str], typed: str) -> list[tuple[str, str]]:
    items = ShellComplete(cli, {}, "automl", "_AUTOML_COMPLETE").get_completions(words, typed)
    return [(item.value, item.type) for item in items]


@pytest.mark.parametrize(
    ("words", "typed", "values"),
    [
        (["run", "--algorithm"], "", ["auto", *ALGORITHMS]),
        (["run", "--policy"], "o", ["on", "off"]),
        (["run", "--scheduler"], "a", ["auto", "asha"]),
        (["run", "--keep-checkpoints"], "", ["best", "all", "none"]),
        (["run", "--logger"], "t", ["tensorboard"]),
        (["trials", "runs/one", "--format"], "m", ["markdown"]),
    ],
)
def test_the_values_of_an_option(words: list[str], typed: str, values: list[str]) -> None:
    assert _offered(words, typed) == [(value, "plain") for value in values]


@pytest.mark.parametrize(
    "words",
    [["trials"], ["compare", "runs/one"], ["best"], ["report"], ["status"], ["dashboard"]]
    + [["run", "--resume"], ["run", "--parent"], ["run", "--prior"]],
)
def test_runs_are_completed_as_folders(words: list[str]) -> None:
    assert _offered(words, "runs/f") == [("runs/f", "dir")]
