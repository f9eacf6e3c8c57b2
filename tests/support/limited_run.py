"""Runs ``automl validate`` and ``automl space`` on hostile skills, each in a limited process.

    python tests/support/limited_run.py FOLDER CASE...   prints one JSON line for each command

The processes are forked from one that has imported automl, so that a case takes milliseconds.
"""

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from project_paths import SKILLS
from skills import hostile_skills as hostile

SECONDS: Final = 10
BYTES: Final = 2**30
_GRACE: Final = 3  # times SECONDS, until a case is killed
_MATCHING: Final = 0.2  # of the processor, instead of the 2.0 that users' patterns have
_BLOCKED: Final = 120  # seconds, until a case that waits is ended


def cases() -> dict[str, hostile.Make]:
    """Every hostile skill, by ``kind: what``."""
    found = {
        f"file {file}: {what}": hostile.instead(file, make)
        for file in (hostile.INFO, hostile.TEMPLATE, hostile.SCHEMA, hostile.OVERLAY)
        for what, make in hostile.KINDS.items()
    }
    for file in (hostile.INFO, hostile.TEMPLATE, hostile.OVERLAY):
        found |= {f"yaml {file}: {w}": hostile.text(file, t) for w, t in hostile.YAML.items()}
    for kind in ("SCHEMAS", "LARGE", "NAMES"):
        found |= {f"{kind.lower()}: {w}": make for w, make in getattr(hostile, kind).items()}
    return found


def run_cases(folder: Path, wanted: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what each command did with each case whose name holds one of ``wanted``."""
    import jsonschema  # noqa: F401

    import automl.cli.commands.space
    import automl.cli.commands.validate
    import automl.spec.rules  # noqa: F401
    from automl.spec import bounded_validator

    bounded_validator.SECONDS = _MATCHING  # type: ignore[misc]

    for number, (name, make) in enumerate(cases().items()):
        if wanted and not any(word in name for word in wanted):
            continue
        skill = Path(shutil.copytree(SKILLS / "bowl", folder / str(number) / "bowl"))
        make(skill)
        for words in (["validate", str(skill)], ["space", "--skill-dir", str(skill)]):
            yield {"case": name, "command": words[0], **_limited(words)}
        shutil.rmtree(folder / str(number), ignore_errors=True)


def _limited(words: list[str]) -> dict[str, Any]:
    reader, writer = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_child(words, writer)
    os.close(writer)
    with open(reader, "rb") as stream:
        said = stream.read()
    _, status, used = os.wait4(child, 0)
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": round(time.monotonic() - start, 1),
    }
    found["cpu"] = round(used.ru_utime + used.ru_stime, 1)
    found["bytes"] = used.ru_maxrss * 1024
    return {**found, **(json.loads(said) if said else {"printed": "", "traceback": False})}


def _be_child(words: list[str], writer: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + 3 * BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_GRACE * SECONDS,) * 2)
    signal.alarm(_BLOCKED)  # one that waits takes no time of the processor
    code, failed = 1, False
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="strict", write_through=True)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            from automl.cli.main import run_command_line

            code = run_command_line(words)
        except BaseException:
            failed = True
            printed.write(traceback.format_exc(limit=-3)[-1000:])
    text = printed.buffer.getvalue().decode(errors="replace")
    said = {
        "printed": text[:300] if not failed else text[-600:],
        "length": len(text),
        "traceback": failed,
    }
    os.write(writer, json.dumps(said).encode()[:60_000])
    os._exit(code)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    for line in run_cases(Path(sys.argv[1]), sys.argv[2:]):
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()
