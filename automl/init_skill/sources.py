"""Tells what a source is, and finds its parameters."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.init_skill.ask import ask, output_of
from automl.init_skill.config import JSON_SUFFIX, read_config, read_config_text
from automl.init_skill.from_code import choose_command, read_options
from automl.init_skill.option import SourceParameters, TrainerOption
from automl.init_skill.request import CONFIG_PATH, InitRequest

_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_CONFIGS: Final = (".yaml", ".yml", ".json")
_HYDRA_KEYS: Final = ("defaults", "hydra")
PYTHON: Final = "{python}"


def find_options(request: InitRequest) -> SourceParameters:
    """Return the parameters of the request's source, and how its trainer is started.

    Raises:
        InputError: it is no source, or cannot be read.
    """
    source = request.source or ""
    path = Path(os.path.expanduser(source))
    if _CLASS.fullmatch(source) and not path.exists():
        _refuse_file_name(source)
        return _from_class(request, source)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is no file"
        raise InputError(
            f"{source} {what}: name a Python script, a YAML or JSON configuration, or a class as"
            " module:Class"
        )
    if path.suffix == ".py":
        return _from_script(request, path)
    if path.suffix in _CONFIGS:
        return _from_config(request, path)
    raise InputError(f"{source} ends in none of .py {' '.join(_CONFIGS)}: it is no source")


def _refuse_file_name(source: str) -> None:
    module, _, name = source.partition(":")
    if module.endswith(".py") and Path(module).is_file():
        raise InputError(f"{source} names a file: write the module, {module[:-3]}:{name}")


def _from_script(request: InitRequest, path: Path) -> SourceParameters:
    _refuse(request, "a script is started as it is", "command", "call")
    answer = ask(
        "ask_script.py", [str(path.absolute())], request.python, request.limit_s, str(path)
    )
    command = [PYTHON, os.path.relpath(path)]
    if answer["kind"] == "hydra":
        return _composed(request, command, str(path))
    names, raw = choose_command(answer, (request.subcommand or "").split(), str(path))
    options, left_out = read_options(raw)
    launch = {"style": "flags", "command": command, "subcommand": names}
    return _checked(SourceParameters(answer["kind"], tuple(options), launch, left_out), str(path))


def _from_config(request: InitRequest, path: Path) -> SourceParameters:
    _refuse(request, "a configuration is a file", "call", "subcommand")
    if request.command is None:
        raise InputError(
            f"{path}: say how the trainer is started with it: --command 'python train.py --config"
            f" {CONFIG_PATH}', or --command 'python train.py' where it takes key=value words, as"
            " with Hydra and OmegaConf"
        )
    command, content = _words(request.command), read_config(path)
    if CONFIG_PATH in request.command:
        options, left_out = content.options, content.left_out
        form = "json" if path.suffix == JSON_SUFFIX else "yaml"
        launch = {"style": "file", "format": form, "command": command}
        found = SourceParameters("config", options, launch, left_out, content.values)
        return _checked(found, str(path))
    if any(key in content.values for key in _HYDRA_KEYS):
        return _composed(request, command, request.command)
    return _checked(_overrides("config", content.options, content.left_out, command), str(path))


def _composed(request: InitRequest, command: list[str], what: str) -> SourceParameters:
    """The configuration that Hydra composes, printed by the trainer itself."""
    argv = [request.python if word == PYTHON else word for word in command]
    text = output_of([*argv, "--cfg", "job"], request.limit_s, what)
    content = read_config_text(text, f"{what} --cfg job")
    found = _overrides("hydra", content.options, content.left_out, command)
    return _checked(
        replace(found, launch={**found.launch, "results_keys": ["hydra.run.dir"]}), what
    )


def _overrides(
    kind: str, options: tuple[TrainerOption, ...], left_out: Mapping[str, str], command: list[str]
) -> SourceParameters:
    """Parameters given as ``key=value``; what follows from another key stays as it is."""
    follows = {o.key for o in options if isinstance(o.default, str) and "${" in o.default}
    kept = tuple(
        replace(option, flag={"default": option.default})
        for option in options
        if option.key not in follows
    )
    why = {**left_out, **dict.fromkeys(follows, "it follows from another key")}
    return SourceParameters(kind, kept, {"style": "overrides", "command": command}, why)


def _from_class(request: InitRequest, place: str) -> SourceParameters:
    _refuse(request, "a class has no commands", "subcommand")
    if (request.command is None) == (request.call is None):
        raise InputError(
            f"{place}: say how the trainer gets it: --call module:function that takes such an"
            f" object, or --command 'python train.py --config {CONFIG_PATH}' that reads a file"
        )
    words = [place, os.getcwd()]
    answer = ask("ask_class.py", words, request.python, request.limit_s, place)
    options, left_out = read_options(answer["options"])
    if request.call is not None:
        if not _CLASS.fullmatch(request.call):
            raise InputError(f"--call {request.call!r} must be module:function")
        launch: dict[str, Any] = {"style": "call", "call": request.call, "class": place}
        return _checked(SourceParameters("class", tuple(options), launch, left_out), place)
    if CONFIG_PATH not in (request.command or ""):
        raise InputError(f"--command must hold {CONFIG_PATH}, where the trainer gets its file")
    launch = {"style": "file", "format": "yaml", "command": _words(request.command or "")}
    return _checked(SourceParameters("class", tuple(options), launch, left_out), place)


def _words(command: str) -> list[str]:
    """The command's words; the interpreter is that of whoever starts the trial.

    Raises:
        InputError: it cannot be split into words.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"--command {command!r} cannot be split into words: {error}") from error
    if not words:
        raise InputError("--command is empty")
    return [PYTHON, *words[1:]] if words[0] in ("python", "python3") else words


def _refuse(request: InitRequest, why: str, *names: str) -> None:
    for name in names:
        if getattr(request, name) is not None:
            raise InputError(f"{request.source}: {why}: leave out --{name}")


def _checked(found: SourceParameters, what: str) -> SourceParameters:
    """The parameters, each in a place of its own; InputError where there are none."""
    if not found.options:
        raise InputError(f"{what} has no parameters that a spec could hold")
    keys = {option.key for option in found.options}
    sections = {key.rpartition(".")[0] for key in keys}
    clash: Callable[[TrainerOption], bool] = lambda option: option.key in sections  # noqa: E731
    names = [option.key for option in found.options if clash(option)]
    kept = tuple(option for option in found.options if not clash(option))
    why = dict.fromkeys(names, "other parameters lie below its name")
    return replace(found, options=kept, left_out={**found.left_out, **why})
