"""A skill's preflight may do anything: its findings are read, its mishaps are one error."""

import sys
from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError, SkillError
from automl.launch.planning.preflight import preflight
from automl.skill import Action, Execution


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def check(body: str, spec: Any = None) -> Any:
        """Run a preflight of this body; ``body`` may be a whole module that names ``pre``."""
        whole = body if "pre" in body else f"def pre(spec):\n    {body}\n"
        (tmp_path / "odd_preflight.py").write_text(f"def train(spec, report): ...\n{whole}")
        sys.modules.pop("odd_preflight", None)
        execution = Execution("python_entrypoint", "odd_preflight:train", preflight=NAME)
        action = Action("train", execution=execution)
        return preflight(action, tmp_path, spec or {"a": {"b": 1}}, here=True, child=False)

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield check
    sys.modules.pop("odd_preflight", None)


NAME = "odd_preflight:pre"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("spec['train']", "KeyError: 'train'"),
        ("assert False", "AssertionError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import sys; sys.exit('no data')", "SystemExit: no data"),
        ("raise BaseException('b')", "BaseException: b"),
        ("yield 'a'; raise ValueError('late')", "ValueError: late"),
        ("return 5", "TypeError: 'int' object is not iterable"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
    ],
)
def test_whatever_it_raises_is_one_error_that_names_it(check: Any, body: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        check(body)
    assert str(error.value).startswith(f"the skill's preflight {NAME} failed: {said}")
    assert not str(error.value).endswith(": ")


def test_ctrl_c_stays_ctrl_c(check: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        check("raise KeyboardInterrupt")


def test_a_function_that_is_not_there_is_named_as_the_preflight(check: Any) -> None:
    with pytest.raises(SkillError, match=f"preflight {NAME}: odd_preflight has no function 'pre'"):
        check("pre = 5")


@pytest.mark.parametrize("body", ["return 'one line'", "return ['one line']", "yield 'one line'"])
def test_a_text_is_one_line(check: Any, body: str) -> None:
    assert check(body).lines == ("one line",)


def test_a_builtin_and_a_preflight_that_clears_its_spec_do_no_harm(check: Any) -> None:
    spec = {"a": {"b": 1}}
    assert check("pre = dict", spec).lines == ()
    check("spec['a'].clear(); return []", spec)
    assert spec == {"a": {"b": 1}}
