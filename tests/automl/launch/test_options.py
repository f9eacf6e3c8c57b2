"""An option of ``automl run`` is one field of the request; everything else follows from it."""

import inspect
import re
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

import click
import pytest
from click.testing import CliRunner

import automl
from automl.cli.commands.run import run
from automl.cli.config_file import read_request
from automl.cli.main import cli
from automl.errors import InputError
from automl.launch.options import FLAGS, LISTS, MAPPINGS, Group, Kind, Option, option, options_of
from automl.launch.request import OPTIONS, RunRequest

NO_OPTION = {"configured"}
ACTS_ON_THE_COMMAND = ["--config", "--plan", "--resume", "--add-trials", "--allow-changed"]
ACTS_ON_THE_COMMAND += ["--yes", "--quiet", "--verbose", "--json"]


def test_every_field_is_one_option() -> None:
    assert {field.name for field in fields(RunRequest)} == OPTIONS.keys() | NO_OPTION
    keys = [option.key for option in OPTIONS.values()]
    assert len(set(keys)) == len(keys) > 40


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_on_the_command_line(name: str) -> None:
    found = {parameter.name: parameter for parameter in run.params}[name]
    assert isinstance(found, click.Option)
    assert found.opts == [OPTIONS[name].flag]
    assert found.help == OPTIONS[name].help


def test_the_command_line_has_them_in_their_order_and_nothing_else_but_its_own() -> None:
    flags = [parameter.opts[-1] for parameter in run.params]
    assert flags == [option.flag for option in OPTIONS.values()] + ACTS_ON_THE_COMMAND


def test_the_help_lists_every_option_once_below_the_heading_of_its_group() -> None:
    with click.Context(run) as context:
        text = run.get_help(context)
    sections = {
        heading: re.findall(r"^  (?:-\w, )?(--[a-z-]+)", section, re.MULTILINE)
        for heading, section in re.findall(r"^([A-Z].*):\n((?:  .*\n?)+)", text, re.MULTILINE)
    }
    assert [*sections] == [group.value for group in Group]
    assert len(sections[Group.FIRST.value]) == 10
    listed = [flag for section in sections.values() for flag in section if flag != "--help"]
    assert sorted(listed) == sorted(parameter.opts[-1] for parameter in run.params)
    for each in OPTIONS.values():
        assert each.group is not None
        assert each.flag in sections[each.group.value]


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_of_the_help_is_wider_than_the_terminal(columns: int) -> None:
    for name in cli.list_commands(click.Context(cli)):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        with click.Context(command, info_name=name, terminal_width=columns) as context:
            assert max(map(len, command.get_help(context).splitlines())) <= columns, name


@pytest.mark.parametrize("name", OPTIONS)
def test_a_config_file_may_hold_it(name: str, tmp_path: Any) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(f"{OPTIONS[name].key}: {_value(OPTIONS[name])}\n")
    request = read_request({}, config)
    assert request.configured == {name: str(config)}
    assert OPTIONS[name].is_given(getattr(request, name))


def _value(option: Option) -> str:
    if option.kind in MAPPINGS:
        return "{x: '1'}"
    if option.kind is Kind.SHARE:
        return "off"  # which YAML reads as false
    return "true" if option.kind in FLAGS else "1"


@pytest.mark.parametrize("name", OPTIONS)
def test_automl_run_has_it_as_a_keyword(name: str) -> None:
    found = inspect.signature(automl.run).parameters
    assert list(found) == list(OPTIONS)
    assert found[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert found[name].default == OPTIONS[name].default
    assert found[name].annotation == get_type_hints(RunRequest)[name]
    assert f"    {name}: " in (automl.run.__doc__ or "")


@pytest.mark.parametrize("name", OPTIONS)
def test_the_type_of_a_field_is_that_of_its_kind(name: str) -> None:
    hint = get_type_hints(RunRequest)[name]
    types = {str(each) for each in (get_args(hint) or (hint,))}
    kind = OPTIONS[name].kind
    assert ("<class 'int'>" in types) == (kind in (Kind.COUNT, Kind.COUNT_OR_AUTO))
    assert ("<class 'bool'>" in types) == (kind in FLAGS)
    assert ("<class 'float'>" in types) == (kind in (Kind.AMOUNT, Kind.DURATION, Kind.SHARE))
    mapped = any("Mapping" in each for each in types)
    assert mapped == (kind in (*MAPPINGS, Kind.ROOTS, Kind.POINTS))
    assert ("Sequence" in str(hint)) == (kind in (*LISTS, Kind.OVERRIDES))


def test_none_is_the_default() -> None:
    assert RunRequest(**dict.fromkeys(OPTIONS)) == RunRequest()  # type: ignore[arg-type]


@dataclass
class Table:
    share: float | None = option(Kind.AMOUNT, "{choices} of it.", choices=("all", "half"))
    wait_s: float = option(Kind.DURATION, "Wait T.", 5.0, zero=True, most=9, word="pause-for")


def test_names_and_help_texts_come_from_the_field() -> None:
    share, wait = options_of(Table).values()
    assert (share.key, share.flag, share.help) == ("share", "--share", "all or half of it.")
    assert (wait.key, wait.flag, wait.default) == ("pause-for", "--pause-for", 5.0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("share", 0, "--share must be positive, is 0"),
        ("share", float("nan"), "--share must be a finite number, is nan"),
        ("wait_s", -1.0, "--pause-for must not be negative, is -1.0"),
        ("wait_s", 9.5, "--pause-for must be at most 9, is 9.5"),
        ("wait_s", True, "--pause-for must be a finite number, is True"),
        ("wait_s", 0, ""),
        ("share", None, ""),
    ],
)
def test_numbers_are_checked_by_their_declaration(name: str, value: Any, words: str) -> None:
    assert options_of(Table)[name].fault(value) == words


def test_a_number_of_gpus_is_told_once() -> None:
    with pytest.raises(InputError, match="^--gpus-per-trial must be a finite number, is inf$"):
        RunRequest(gpus_per_trial=float("inf"))
    with pytest.raises(InputError, match="^--gpus-per-trial above 1 must be whole, is 1.5$"):
        RunRequest(gpus_per_trial=1.5)


@pytest.mark.parametrize("name", ["output", "cache_dir", "skill_dir", "storage"])
def test_an_empty_path_is_not_the_current_folder(name: str) -> None:
    flag = OPTIONS[name].flag
    with pytest.raises(InputError, match=f"{flag} is empty: give a path, or leave it out"):
        RunRequest(**{name: ""})
    done = CliRunner().invoke(run, [flag, "", "--plan"])
    assert done.exit_code != 0
    assert "is empty: give a path" in (done.stderr or str(done.exception))
