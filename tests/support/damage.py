"""Damages a file of a run's folder, and tries commands on what is left.

An undamaged copy says what a command answers. On a damaged one it must say the same, or end with
one error that names a file.
"""

import json
import random
import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from small_runs import resume

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.launch.resume import resume_plan
from automl.results.run import read_run
from automl.search.dashboard import make_dashboard

Damage = Callable[[Path, random.Random], None]


def flip(path: Path, dice: random.Random) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes() or b"0")
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def cut(path: Path, dice: random.Random) -> None:
    """Cut the file somewhere."""
    content = path.read_bytes()
    path.write_bytes(content[: dice.randrange(len(content) or 1)])


def cut_line(path: Path, dice: random.Random) -> None:
    """Lose some last lines."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: dice.randrange(len(lines) or 1)]))


def lose_line(path: Path, dice: random.Random) -> None:
    """Lose a line somewhere."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[place : place + 1] = [] if (place := dice.randrange(len(lines) or 1)) >= 0 else []
    path.write_bytes(b"".join(lines))


def empty(path: Path, dice: random.Random) -> None:
    """Leave an empty file."""
    path.write_bytes(b"")


def delete(path: Path, dice: random.Random) -> None:
    """Delete the file."""
    path.unlink()


def folder(path: Path, dice: random.Random) -> None:
    """Put a folder in its place."""
    path.unlink()
    path.mkdir()
    (path / "inside").touch()


def loop(path: Path, dice: random.Random) -> None:
    """Put a link to itself in its place."""
    path.unlink()
    path.symlink_to(path)


def rubbish(path: Path, dice: random.Random) -> None:
    """Write random bytes."""
    path.write_bytes(dice.randbytes(dice.randrange(1, 400)))


def no_text(path: Path, dice: random.Random) -> None:
    """Put bytes into it that are no UTF-8."""
    content = path.read_bytes()
    place = dice.randrange(len(content) + 1)
    path.write_bytes(content[:place] + b"\xff\xc3(" + content[place:])


def other_shape(path: Path, dice: random.Random) -> None:
    """Write valid YAML, and mostly JSON, of another shape."""
    shapes = ["[]", "{}", "null", "3", '"text"', "[[{}]]", '{"metric": 5}', "a: {b: [1, 2]}"]
    deep = ["[" * 100_000, '{"a":' * 3_000 + "1" + "}" * 3_000]
    path.write_text(dice.choice([*shapes, *deep]) + "\n")


def huge_number(path: Path, dice: random.Random) -> None:
    """Put a huge number in place of a digit."""
    content = path.read_bytes()
    places = [place for place, byte in enumerate(content) if 48 <= byte <= 57] or [0]
    place, number = dice.choice(places), dice.choice([b"9" * 5_000, b"1e999", b"9" * 309])
    path.write_bytes(content[:place] + number + content[place + 1 :])


def twice(path: Path, dice: random.Random) -> None:
    """Write a line twice, which makes a key of YAML stand there twice."""
    lines = path.read_bytes().splitlines(keepends=True) or [b"\n"]
    place = dice.randrange(len(lines))
    path.write_bytes(b"".join([*lines[: place + 1], *lines[place:]]))


def other_value(path: Path, dice: random.Random) -> None:
    """Change a value in YAML, or in a line of JSON, to one of another type."""
    text = path.read_bytes().decode("utf-8", "replace")
    odd: Any = dice.choice([None, [], {}, "text", -1, 10**30, 1.5, True, [[1]], {"a": {"b": 1}}])
    if path.suffix == ".yaml":
        content, head = yaml.safe_load(text), text.partition("\n")[0]
        _change(content, odd, dice)
        kept = f"{head}\n" if head.startswith("#") and dice.random() < 0.5 else ""
        path.write_text(kept + yaml.safe_dump(content))
        return
    lines = text.splitlines()
    place = dice.randrange(len(lines) or 1)
    try:
        content = json.loads(lines[place])
    except (ValueError, IndexError):
        flip(path, dice)
        return
    _change(content, odd, dice)
    lines[place] = json.dumps(content)
    path.write_text("\n".join(lines) + "\n")


def _change(content: Any, odd: Any, dice: random.Random) -> None:
    while isinstance(content, dict | list) and content:
        key = dice.choice(list(content) if isinstance(content, dict) else range(len(content)))
        if not isinstance(content[key], dict | list) or not content[key] or dice.random() < 0.5:
            content[key] = odd
            return
        content = content[key]


KINDS: Final[Mapping[str, Damage]] = {
    damage.__name__: damage
    for damage in (
        flip, cut, cut_line, lose_line, empty, delete, folder, loop, rubbish, no_text,
        other_shape, huge_number, twice, other_value,
    )
}  # fmt: skip


_VOLATILE: Final = re.compile(  # times of now, and the room on the disk
    r'Made [-\d: ]+ UTC|"created": "[^"]*"|"free": \d+|[\d.]+ GiB free|last word .*'
)


@dataclass(frozen=True)
class Answer:
    """What a command said: its exit code, and what it printed, or returned and wrote."""

    code: int
    said: str
    error: str = ""


Answers = dict[tuple[str, str], Answer]  # run and command -> its answer


def _command(*words: str) -> Callable[["Place"], Answer]:
    def answer(place: "Place") -> Answer:
        named = {"run": place.run, "other": place.other, "out": place.out, "all": place.all}
        place.out.unlink(missing_ok=True)
        code = run_command_line([word.format(**named) for word in words])
        printed = place.read_output()
        written = place.out.read_text() if place.out.is_file() else ""
        return Answer(code, _VOLATILE.sub("", printed.out + written), printed.err)

    return answer


def _call(function: Callable[["Place"], Any]) -> Callable[["Place"], Answer]:
    def answer(place: "Place") -> Answer:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                said = str(function(place))
            except InputError as error:
                return Answer(2, "", f"automl: {error}\n")
        return Answer(0, said, "\n".join(str(each.message) for each in warned))

    return answer


def _suggestions(place: "Place") -> Any:
    """What a resumed sweep starts next."""
    recorder = resume(resume_plan(read_run(place.run), add_trials=2))
    starts = [recorder.start() for _ in range(2)]
    return [(start.number, start.source, start.values) for start in starts if start]


def _dashboard(place: "Place") -> None:
    with make_dashboard(place.run / "study.journal"):
        pass


COMMANDS: Final[Mapping[str, Callable[["Place"], Answer]]] = {
    "trials": _command("trials", "{run}", "--columns", "all"),
    "epochs": _command("trials", "{run}", "--epochs", "--format", "csv"),
    "trials of all": _command("trials", "{all}", "--format", "json"),
    "status": _command("status", "{run}", "--json"),
    "status in words": _command("status", "{run}"),
    "best": _command("best", "{run}", "--json"),
    "report": _command("report", "{run}", "--output", "{out}"),
    "compare": _command("compare", "{run}", "{other}", "--columns", "all"),
    "spec": _command("spec", "{run}", "--for", "tao"),
    "spec of a trial": _command("spec", "{run}/trials/0000", "--for", "tao"),
    "resume --plan": _command("run", "--resume", "{run}", "--plan", "--json"),
    "resume": _command("run", "--resume", "{run}", "--yes", "--json"),
    "parent": _command(
        "run", "--action", "evaluate", "--parent", "{run}", "--output", "{out}x", "--plan", "--json"
    ),
    "load_trials": _call(lambda place: automl.load_trials(place.run).to_csv()),
    "load_epochs": _call(lambda place: automl.load_epochs(place.run).to_csv()),
    "compare in Python": _call(lambda place: automl.compare([place.run, place.other]).to_csv()),
    "suggestions": _call(_suggestions),
    "dashboard": _call(_dashboard),
}


_OF_SEVERAL: Final = ("trials of all", "compare", "compare in Python")  # one spoils no other


@dataclass
class Place:
    """Where runs are damaged: a copy of each pristine one, always at the same path."""

    pristine: Path  # written in ``folder``, and moved away: specs hold absolute paths
    folder: Path
    read_output: Callable[[], Any]
    answers: Answers
    name: str = ""

    @property
    def run(self) -> Path:
        """The run that is damaged."""
        return self.folder / self.name

    @property
    def other(self) -> Path:
        """A run that is not."""
        return self.folder / "other"

    @property
    def all(self) -> str:
        """A glob of both."""
        return str(self.folder / "*")

    @property
    def out(self) -> Path:
        """A file that a command may write."""
        return self.folder.parent / "out.html"

    def renew(self, name: str) -> None:
        """Copy the pristine run ``name``, and the other one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.name = name
        for each, source in ((name, name), ("other", "done")):
            shutil.copytree(self.pristine / source, self.folder / each, symlinks=True)

    def expected(self, name: str, command: str) -> Answer:
        """Return what a command says of the undamaged run."""
        if (name, command) not in self.answers:
            self.renew(name)
            self.answers[name, command] = COMMANDS[command](self)
        return self.answers[name, command]


@dataclass(frozen=True)
class Case:
    """A mutation and the command that meets it."""

    run: str
    file: str
    kind: str
    command: str
    seed: int

    @property
    def is_edited(self) -> bool:
        """Whether the file may be what somebody wrote on purpose: without a checksum, all well."""
        return self.kind == "other_value" and self.file.endswith(".yaml")

    @property
    def is_earlier(self) -> bool:
        """Whether the ledger may be what a driver left that died earlier."""
        return self.file.endswith("ledger.jsonl") and self.kind in ("cut", "cut_line")

    def fault(self, place: Place) -> str:
        """Return what is wrong with the command's answer; empty where nothing is."""
        expected = place.expected(self.run, self.command)
        place.renew(self.run)
        KINDS[self.kind](place.run / self.file, random.Random(self.seed))
        found = COMMANDS[self.command](place)
        if found.code == expected.code and found.said == expected.said:
            return ""
        named = str(place.run) in found.error
        if found.code == expected.code == 0 and named and "left out" in found.error:
            return ""
        refused = found.code == 2 and found.error.startswith("automl: ")
        if refused and named and self.command not in _OF_SEVERAL:
            return ""
        if "no report yet" in found.error or "trials/0000/spec.yaml" in found.said:
            return ""  # the report is no part of the result; the trial's own spec is the same
        if (self.is_edited or self.is_earlier) and found.code in (0, 2):
            return ""
        return f"{self}: {_difference(expected, found)}"


def _difference(expected: Answer, found: Answer) -> str:
    """Where two answers begin to differ, and what the second one complains of."""
    pairs = enumerate(zip(expected.said, found.said, strict=False))
    place = next((i for i, (one, other) in pairs if one != other), 0)
    part = slice(max(0, place - 60), place + 120)
    codes = f"exit code {expected.code} became {found.code}"
    return f"{codes}: {expected.said[part]!r} became {found.said[part]!r} {found.error[:300]}"


def draw(place: Place, seed: int) -> Case:
    """Draw a case: any file of any run, those of the run itself more often than its trials'."""
    dice = random.Random(seed)
    run = dice.choice(sorted(path.name for path in place.pristine.iterdir()))
    found = sorted((place.pristine / run).rglob("*"))
    files = [str(p.relative_to(place.pristine / run)) for p in found if p.is_file()]
    top = [name for name in files if "/" not in name]
    file = dice.choice(top if dice.random() < 0.6 else files)
    if run == "cut" and file.endswith(".pth"):  # of a run without best/ any may be pruned
        file = "plan.yaml"
    return Case(run, file, dice.choice(list(KINDS)), dice.choice(list(COMMANDS)), seed)
