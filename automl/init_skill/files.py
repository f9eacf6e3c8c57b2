"""The files of a generated skill: read back, merged with the user's edits, written whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import YAMLError

from automl.constants import SCHEMA_FILE, SKILL_INFO_FILE, TEMPLATE_FILE
from automl.errors import InputError
from automl.init_skill.ask import CHILDREN
from automl.init_skill.documents import LAUNCHER
from automl.init_skill.merge import merge_into
from automl.skill.overlay_file import SKILL_OVERLAY

STATE: Final = ".automl-init.json"
SCHEMA: Final = SCHEMA_FILE.format(action="train")
TEMPLATE: Final = TEMPLATE_FILE.format(action="train")
_VERSION: Final = 1
_HEADS: Final = {
    SKILL_INFO_FILE: "# Written by automl init; yours to edit: the next automl init keeps it.\n",
    TEMPLATE: "# The default spec. Written by automl init; yours to edit.\n",
    SKILL_OVERLAY: (
        "# What is searched, in which range, and why: yours to edit.\n"
        "# include: true searches a parameter, leave_out: true does not.\n"
    ),
}


@dataclass(frozen=True)
class State:
    """What the last ``automl init`` of a folder was asked for and wrote."""

    request: Mapping[str, Any]
    documents: Mapping[str, Any]


def read_state(folder: Path) -> State | None:
    """Return what was generated last time, None for a folder that is not there or empty.

    Raises:
        InputError: the folder holds something else, or the file is damaged.
    """
    if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not (folder / STATE).is_file():
        what = "is there and was not made by automl init" if folder.is_dir() else "is a file"
        raise InputError(f"{folder} {what}: name another folder with --output")
    try:
        content = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return State(dict(content["request"]), dict(content["documents"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder / STATE} is damaged, so your edits cannot be told from what was generated:"
            " name another folder with --output"
        ) from error


def contents(
    folder: Path, documents: Mapping[str, Any], state: State | None
) -> tuple[dict[str, str], list[str]]:
    """Return the text of each file, and which of them keep an edit of the user's.

    Raises:
        InputError: a file that the user edited cannot be read.
    """
    texts, edited = {}, []
    for name, document in documents.items():
        base = state.documents.get(name) if state else None
        path = folder / name
        if base is None or not path.is_file():
            texts[name] = _HEADS.get(name, "") + _dump(name, document)
            continue
        mine = path.read_text(encoding="utf-8")
        texts[name] = _merged(path, name, mine, base, document)
        if _read(path, name, texts[name]) != document:
            edited.append(name)
    launcher = (CHILDREN / LAUNCHER).read_text(encoding="utf-8")
    return {**texts, LAUNCHER: launcher}, edited


def _merged(path: Path, name: str, mine: str, base: Any, document: Any) -> str:
    content = _read(path, name, mine)
    return _dump(name, content) if merge_into(content, base, document) else mine


def _read(path: Path, name: str, text: str) -> Any:
    try:
        content = json.loads(text) if name.endswith(".json") else _yaml().load(StringIO(text))
    except (ValueError, YAMLError) as error:
        words = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read: {words}; mend it, nothing was changed") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a mapping; mend it, nothing was changed")
    return content


def _dump(name: str, content: Any) -> str:
    if name.endswith(".json"):
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    out = StringIO()
    _yaml().dump(_flowing(content), out)
    return out.getvalue()


def _flowing(value: Any) -> Any:
    """Fresh values with lists of scalars on one line; what was read from a file stays."""
    if type(value) is dict:
        return {key: _flowing(each) for key, each in value.items()}
    if type(value) is list and not any(isinstance(each, dict | list) for each in value):
        value = CommentedSeq(value)
        value.fa.set_flow_style()
    return value


def _float(representer: Any, value: float) -> Any:
    """A float that readers of YAML 1.1 take for a number too: ``1.0e-05``, not ``1e-05``."""
    return representer.represent_scalar("tag:yaml.org,2002:float", yaml.safe_dump(value).split()[0])


def _yaml() -> YAML:
    made = YAML()
    made.representer.add_representer(float, _float)
    made.preserve_quotes = True
    made.width = 100
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def stage(
    folder: Path, texts: Mapping[str, str], request: Mapping[str, Any], documents: Mapping[str, Any]
) -> Path:
    """Write all files into a new folder beside the skill's, and return it.

    Raises:
        InputError: nothing can be written there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder.parent} cannot be written: {error.strerror}") from error
    staged.chmod(0o777 & ~_umask())
    for name, text in texts.items():
        path = staged / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    state = {"version": _VERSION, "request": dict(request), "documents": dict(documents)}
    (staged / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    return staged


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def put_in_place(staged: Path, folder: Path) -> None:
    """Make the staged folder the skill's, or its files those of a folder that is there."""
    if not os.path.lexists(folder) or not any(folder.iterdir()):
        os.replace(staged, folder)
        return
    for path in sorted(file for file in staged.rglob("*") if file.is_file()):
        target = folder / path.relative_to(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
    shutil.rmtree(staged)
