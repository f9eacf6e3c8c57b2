"""Every command of the documentation is run, or is listed as not run and known to the program."""

import re
import runpy
import shlex
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
import pandas
import pytest
from doc_blocks import Block, blocks_of
from project_paths import ROOT

from automl.cli.main import cli, run_command_line
from automl.constants import COLUMNS
from automl.launch.request import RunRequest
from automl.trial.data.cache import CACHE_VARIABLE

DOCS = ROOT / "docs"
BOWL = ROOT / "tests" / "fixtures" / "skills" / "bowl"
ORDER = ("quickstart.md", "search-spaces.md", "sweeps.md", "reid.md", "resuming.md", "pandas.md")
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
INDENTED = re.compile(r"^    ((?:automl|re_identification) .*?)(?:  +#.*)?$", re.MULTILINE)
# click's own, those of container engines, hydra's, Ray's
ELSEWHERE = {"--help", "--user", "--shm-size", "--env", "--gpus", "--nv", "--cfg", "--num-cpus"}
IN_A_SWEEP = "then a sweep"
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def commands(page: Path) -> list[str]:
    """All commands of a page, indented blocks of the README included."""
    fenced = [line for block in blocks_of(page) for line in block.commands]
    text = page.read_text(encoding="utf-8")
    return fenced + INDENTED.findall(text.replace("\\\n", " "))


def known_options(words: list[str]) -> set[str]:
    """The options of the command that ``words`` name, a group's own commands included."""
    command: click.Command = cli if words[0] == "automl" else import_module("reid_model.cli").cli
    rest = iter(words[1:])
    while isinstance(command, click.Group):
        name = next(rest, "nothing")
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{command.name} has no command {name}: {' '.join(words)}"
        command = found
    return {name for parameter in command.params for name in (*parameter.opts, "--help")}


def unknown_options(line: str) -> set[str]:
    words = shlex.split(line.replace("$(", "(").replace("|", " "))
    if words[0] not in ("automl", "re_identification") or words[1].startswith("-"):
        return set()
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return given - known_options(words)


def test_options_are_known_to_the_command_of_a_group() -> None:
    assert unknown_options("re_identification cache list --cache-dir D") == set()
    assert unknown_options("re_identification cache list --data D") == {"--data"}
    with pytest.raises(AssertionError, match="has no command empty"):
        unknown_options("re_identification cache empty")


def test_the_pages_are_there_and_name_one_another() -> None:
    assert set(ORDER) <= set(PAGES)
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page == "README.md" or f"({page})" in index


@pytest.mark.parametrize("page", [*(DOCS / name for name in PAGES), ROOT / "README.md"], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(
    "page", [*(DOCS / name for name in PAGES), ROOT / "README.md", ROOT / "SKILL.md"], ids=str
)
def test_every_option_is_known(page: Path) -> None:
    for line in commands(page):
        assert unknown_options(line) == set(), f"{page.name}: {line}"


def options_below(command: click.Command) -> set[str]:
    """The options of a command, or of all commands of a group."""
    if not isinstance(command, click.Group):
        return {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    context = click.Context(command)
    below = [command.get_command(context, name) for name in command.list_commands(context)]
    return {name for found in below if found for name in options_below(found)}


@pytest.mark.parametrize(
    "page", [*(DOCS / name for name in PAGES), ROOT / "README.md", ROOT / "SKILL.md"], ids=str
)
def test_options_named_in_the_text_are_known(page: Path) -> None:
    known = options_below(cli) | options_below(import_module("reid_model.cli").cli)
    named = {
        option
        for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
        for option in re.findall(r"--[a-z][a-z-]*[a-z]", code)
    }
    assert named - known - ELSEWHERE == set()


def test_every_option_of_python_and_every_column_is_named() -> None:
    words = set(re.findall(r"\w+", (DOCS / "python-api.md").read_text(encoding="utf-8")))
    assert {field.name for field in fields(RunRequest)} - words == {"configured"}
    words = set(re.findall(r"\w+", (DOCS / "pandas.md").read_text(encoding="utf-8")))
    assert words >= COLUMNS


def test_what_is_not_run_says_why() -> None:
    left_out = [b for page in PAGES for b in blocks_of(DOCS / page) if b.commands and not b.is_run]
    assert left_out
    assert all(len(block.note) > len("not run: ") for block in left_out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a reader works in, with a cache of its own and a terminal of 120 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / ".cache"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def run(line: str) -> None:
    """Run a command in this process: what each would import anew takes longer than it does."""
    program, *words = shlex.split(line)
    if program == "automl":
        assert run_command_line(words) == 0, line
    else:
        import_module("reid_model.cli").cli.main(words, program, standalone_mode=False)


def carry_out(block: Block, folder: Path) -> None:
    for line in block.commands if block.is_run else ():
        run(line)
    if block.language in ("yaml", "json", "python") and block.note and block.is_run:
        target = folder / block.note
        target.parent.mkdir(parents=True, exist_ok=True)
        one = "max_concurrent: 1\n" if block.note == "small.yaml" else ""  # one worker's imports
        target.write_text(block.text + one)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_pages_in_order(folder: Path) -> None:
    (folder / "SKILL").symlink_to(BOWL)
    for page in ORDER:
        for block in blocks_of(DOCS / page):
            carry_out(block, folder)
    assert (folder / "runs" / "first" / "best" / "spec.yaml").exists()
    assert (folder / "trials.xlsx").exists()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tutorial_of_ones_own_script(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks_of(DOCS / "own-script.md"):
        carry_out(block, folder)
    said = capsys.readouterr().out
    (shown,) = (b.text for b in blocks_of(DOCS / "own-script.md") if b.language == "text")
    assert shown in said
    trials = pandas.read_parquet("runs/fit/trials.parquet").sort_values("val_loss")
    assert list(trials["state"]) == ["finished"] * 8
    assert trials["source"].iloc[0] == "search"
    assert "8 trials are done" in said
    assert f"result     val_loss {trials['val_loss'].iloc[0]:.3f}" in said


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_skill_of_ones_own_and_the_python_api(folder: Path) -> None:
    for block in blocks_of(DOCS / "skill-format.md"):
        carry_out(block, folder)
    assert (folder / "runs" / "mine" / "trials.parquet").exists()
    examples = list(blocks_of(DOCS / "python-api.md"))
    assert examples
    for block in examples:
        script = block.text.replace("trials=20", "trials=2").replace(
            "add_trials=10", "add_trials=1"
        )
        (folder / "script.py").write_text(script)
        runpy.run_path("script.py")


def test_a_skill_out_of_each_kind_of_source(folder: Path) -> None:
    for block in blocks_of(DOCS / "coming-from.md"):
        if block.note != IN_A_SWEEP:
            carry_out(block, folder)
    made = {path.name for path in (folder / "skills").iterdir()}
    assert made == {"train", "click_train", "config", "Training", "Model"}
    assert not (folder / "out").exists()


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_skill_that_init_made_is_swept(folder: Path) -> None:
    for block in blocks_of(DOCS / "coming-from.md"):
        if block.note in ("train.py", IN_A_SWEEP):
            carry_out(block, folder)
    (run_folder,) = (folder / "runs").iterdir()
    trials = pandas.read_parquet(run_folder / "trials.parquet")
    assert list(trials["state"]) == ["finished"] * 2
    assert trials["param.lr"].nunique() == 2
    assert trials["val_accuracy"].tolist() == (1 - trials["param.lr"]).round(4).tolist()
