"""Which code a skill's digest covers, and what may change beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.skill import load_skill
from automl.skill.code_files import code_files

INFO = "name: x\nautoml_enabled: true\nactions:\n  train:\n    "
SCRIPT = "execution: {type: python_script, script: scripts/train.py}\n"
ENTRY = 'execution: {type: python_entrypoint, entrypoint: "trainer.actions.fit:run"}\n'
FILES = {
    "scripts/train.py": "import helper\nfrom lib import nets\nexec(open('extra.py').read())\n",
    "scripts/helper.py": "import json, os\n",
    "scripts/extra.py": "",
    "scripts/unused.py": "",
    "lib/__init__.py": "",
    "lib/nets/deep.py": "",
    "lib/losses.py": "",
    "trainer/__init__.py": "",
    "trainer/data.py": "",
    "trainer/actions/__init__.py": "",
    "trainer/actions/fit.py": "from trainer import data\nfrom common import x\n",
    "common.py": "import importlib\nimportlib.import_module('plugins.' + 'a')\n",
    "plugins/a.py": "",
    "tests/test_it.py": "",
    "run.sh": 'set -e\npython -m trainer.actions.fit "$@"\n',
}


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Path]:
    """A skill folder with these files, whose one action does this."""

    def made(action: str) -> Path:
        for name, content in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        (tmp_path / "references").mkdir()
        (tmp_path / "references" / "skill_info.yaml").write_text(INFO + action)
        return tmp_path

    return made


def covered(skill: Path) -> set[str]:
    actions = load_skill(skill).info.actions.values()
    return {path.relative_to(skill).as_posix() for path in code_files(skill, actions)}


LIB = {"lib/__init__.py", "lib/losses.py"}
TRAINER = {name for name in FILES if name.startswith("trainer/")}


def test_a_script_covers_what_it_imports_and_names(make: Callable[[str], Path]) -> None:
    found = covered(make(SCRIPT))
    assert found >= {"scripts/train.py", "scripts/helper.py", "scripts/extra.py", *LIB}
    assert not found & {"scripts/unused.py", "tests/test_it.py", *TRAINER}


@pytest.mark.parametrize(
    "action", [ENTRY, "command: bash run.sh\n", "command: [python, -m, trainer.actions.fit]\n",
               'command: "cd . && ./run.sh --config {config_path} | tee log"\n'],
)  # fmt: skip
def test_an_entrypoint_and_commands_cover_whole_packages(
    make: Callable[[str], Path], action: str
) -> None:
    found = covered(make(action))
    assert found >= {*TRAINER, "common.py", "plugins/a.py"}
    assert not found & {"scripts/unused.py", "tests/test_it.py"}


@pytest.mark.parametrize("name", ["scripts/train.py", "scripts/helper.py", "lib/losses.py"])
def test_changed_code_is_another_digest(make: Callable[[str], Path], name: str) -> None:
    skill = make(SCRIPT)
    before = load_skill(skill).digest()
    (skill / name).write_text((skill / name).read_text() + "\n# changed")
    assert not load_skill(skill).has_digest(before)
    (skill / name).write_text(FILES[name])
    assert load_skill(skill).has_digest(before)
    (skill / name).unlink()
    assert not load_skill(skill).has_digest(before)


def test_caches_results_and_prose_are_no_code(make: Callable[[str], Path]) -> None:
    skill = make(SCRIPT)
    before = load_skill(skill).digest()
    for name in (
        "scripts/__pycache__/helper.cpython-311.pyc", "scripts/__pycache__/helper.py",
        "lib/__pycache__/losses.py", "lib/.ipynb_checkpoints/losses.py", ".git/hooks/train.py",
        "runs/x-2026/trials/0000/train.py", "results/metrics.json", "wandb/code/train.py",
        "README.md", "scripts/notes.txt", "lib/weights.pth",
    ):  # fmt: skip
        (skill / name).parent.mkdir(parents=True, exist_ok=True)
        (skill / name).write_text("changed")
    assert load_skill(skill).has_digest(before)


def test_the_digest_of_an_earlier_version_leaves_the_code_out(make: Callable[[str], Path]) -> None:
    skill = make(SCRIPT)
    earlier = load_skill(skill)._sha256(load_skill(skill).packaged_files())
    (skill / "scripts" / "train.py").write_text("# changed")
    assert load_skill(skill).has_digest(earlier)
    (skill / "references" / "skill_info.yaml").write_text(INFO + ENTRY)
    assert not load_skill(skill).has_digest(earlier)


def test_code_that_cannot_be_read_is_covered_by_its_bytes(make: Callable[[str], Path]) -> None:
    skill = make(SCRIPT)
    (skill / "scripts" / "train.py").write_text("def (:\n")
    assert covered(skill) == {"scripts/train.py"}
    (skill / "scripts" / "train.py").write_bytes(b"\xff" * 10)
    assert covered(skill) == {"scripts/train.py"}
    (skill / "scripts" / "train.py").unlink()
    (skill / "scripts" / "train.py").symlink_to("train.py")
    assert covered(skill) == set()
