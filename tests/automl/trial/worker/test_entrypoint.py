"""Entrypoints that cannot be loaded, and what a trainer's ``sys.exit`` means."""

import gc
import re
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from automl.errors import SkillError, TrialError
from automl.trial.worker.entrypoint import call_entrypoint, check_entrypoint, load_entrypoint


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("bad_syntax", "def run(:", "bad_syntax cannot be imported: SyntaxError: "),
        ("bad_start", "raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("bad_exit", "import sys; sys.exit('go away')", "SystemExit: go away"),
        ("no_run", "walk = 1", "no_run has no function 'run'"),
        ("no_import", "import not_there_at_all", "module not_there_at_all cannot be imported"),
    ],
)
def test_modules_that_cannot_be_used(tmp_path: Path, name: str, code: str, words: str) -> None:
    (tmp_path / f"{name}.py").write_text(code)
    with pytest.raises(SkillError, match=re.escape(words)):
        load_entrypoint(f"{name}:run", tmp_path)


def _call(folder: Path, name: str, code: str, report: object = None) -> None:
    (folder / f"{name}.py").write_text(f"import sys\ndef run(spec, report):\n    {code}\n")
    call_entrypoint(f"{name}:run", folder, {}, report, folder / "log.txt")  # type: ignore[arg-type]


def test_a_trainer_that_exits(tmp_path: Path) -> None:
    _call(tmp_path, "exits_well", "sys.exit(0)")
    with pytest.raises(TrialError, match="exits_badly:run left with exit code 3"):
        _call(tmp_path, "exits_badly", "sys.exit(3)")
    for code in (130, 143):
        with pytest.raises(KeyboardInterrupt):
            _call(tmp_path, f"exits_at_signal_{code}", f"sys.exit({code})")
    with ThreadPoolExecutor(1) as pool:  # a sweep's trial: signals never reach it
        future = pool.submit(_call, tmp_path, "exits_in_thread", "sys.exit(143)")
    with pytest.raises(TrialError, match="left with exit code 143"):
        future.result()


def test_a_schedulers_stop_passes_through(tmp_path: Path) -> None:
    def stop(record: object) -> None:
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        _call(tmp_path, "is_stopped", "report({'status': 'RUNNING'})", stop)


def test_what_a_trainer_raises_is_in_its_log_with_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"):
        _call(tmp_path, "raises", "raise ValueError('no s3://me:pass-word@host')")
    log = (tmp_path / "log.txt").read_text()
    assert log.startswith("Traceback (most recent call last)")
    assert "in run" in log
    assert "entrypoint.py" not in log  # the trainer's own frames alone
    assert log.endswith("ValueError: no s3://***@host\n")

    def refuse(record: object) -> None:
        raise RuntimeError("the run ends")

    with pytest.raises(RuntimeError):
        _call(tmp_path, "refused", "report({'status': 'RUNNING'})", refuse)
    assert "the run ends" not in (tmp_path / "log.txt").read_text()


def test_a_function_is_found_without_importing_its_module(tmp_path: Path) -> None:
    code = "import os.path\nfrom . import near\nraise RuntimeError('imported')\ndef run(): pass"
    (tmp_path / "seen.py").write_text(code)
    check_entrypoint("seen:run", tmp_path)
    (tmp_path / "not_seen.py").write_text(code.replace("from . import near\n", ""))
    with pytest.raises(SkillError, match="RuntimeError: imported"):
        load_entrypoint("not_seen:run", tmp_path)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("check_syntax", "def run(:", "check_syntax cannot be imported: SyntaxError: "),
        ("check_name", "walk = 1", "check_name has no function 'run'"),
        ("check_gone", None, "module check_gone cannot be imported"),
        (
            "check_needs",
            "import lacking.part\ndef run(): pass",
            "module lacking cannot be imported",
        ),
        ("check_from", "from lacking import run", "module lacking cannot be imported"),
    ],
)
def test_what_is_not_found_is_imported_after_all(
    tmp_path: Path, name: str, code: str | None, words: str
) -> None:
    if code is not None:
        (tmp_path / f"{name}.py").write_text(code)
    with pytest.raises(SkillError, match=re.escape(words)):
        check_entrypoint(f"{name}:run", tmp_path)
    (tmp_path / "made_late.py").write_text("run = print if True else None")
    check_entrypoint("made_late:run", tmp_path)


@pytest.mark.parametrize("end", ["", "raise ValueError"])
def test_nothing_is_searched_for_garbage_while_a_trainer_is_imported(
    tmp_path: Path, end: str
) -> None:
    name = f"imported_{len(end)}"
    (tmp_path / f"{name}.py").write_text(
        f"import gc\nimport pathlib\npathlib.Path(__file__).with_suffix('.txt').write_text(\n"
        f"    str(gc.isenabled()))\n{end}\ndef run(): pass"
    )
    with suppress(SkillError):
        load_entrypoint(f"{name}:run", tmp_path)
    assert (tmp_path / f"{name}.txt").read_text() == "False"
    assert gc.isenabled()


def test_what_a_trial_leaves_is_not_kept_by_the_next_one(tmp_path: Path) -> None:
    class Left:
        pass

    (tmp_path / "warm.py").write_text("def run(): pass")
    load_entrypoint("warm:run", tmp_path)
    left = Left()
    left.itself = left  # type: ignore[attr-defined]
    watched = weakref.ref(left)
    gc.disable()
    try:
        del left
        load_entrypoint("warm:run", tmp_path)
    finally:
        gc.enable()
    gc.collect()
    assert watched() is None
