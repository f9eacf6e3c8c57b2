"""Which runs get containers: nothing changes where the command is found or no engine answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import IMAGE, FakeEngine
from project_paths import SKILLS

from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.plan_codec import plan_from_dict, plan_to_dict
from automl.launch.planning.container import choose_container
from automl.launch.request import RunRequest
from automl.skill import load_skill
from automl.trial.container.settings import Container

SKILL = load_skill(SKILLS / "boxed")
TRAIN = SKILL.action("train")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine(tmp_path / "engine", monkeypatch)


def _chosen(action: Any = TRAIN, **options: Any) -> tuple[Container | None, tuple[str, ...]]:
    return choose_container(RunRequest(**options), SKILL, action, None)


def test_auto_takes_the_skills_image(engine: FakeEngine) -> None:
    container, notes = _chosen(container_args=["--cpus=2"])
    assert container is not None
    assert (container.engine, container.image) == ("podman", IMAGE)
    assert (container.args, container.network) == (("--cpus=2",), False)
    assert "boxed_train is not installed here" in notes[0]
    own, _ = _chosen(replace(TRAIN, container_image="other:2", network=True))
    assert own is not None
    assert (own.image, own.network) == ("other:2", True)


def test_auto_changes_nothing_elsewhere(engine: FakeEngine) -> None:
    assert _chosen(replace(TRAIN, command=("sh", "-c"))) == (None, ())
    assert _chosen(container="none") == (None, ())
    assert engine.calls == [], "no engine is asked where none is needed"
    _, notes = _chosen(replace(TRAIN, command=("sh",)), container_args=["--cpus=2"])
    assert notes == ("no effect: --container-arg, as no trial gets a container",)
    engine.say("dead")
    assert _chosen() == (None, ())


def test_an_image_by_name(engine: FakeEngine) -> None:
    container, _ = _chosen(replace(TRAIN, command=("sh",)), container="mine:3")
    assert container is not None
    assert container.image == "mine:3"
    engine.say("dead")
    with pytest.raises(InputError, match="--container needs docker.*podman does not answer"):
        _chosen(container="mine:3")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"container": "--privileged"}, "is no image"),
        ({"container": "a b"}, "is no image"),
        ({"container": "a", "venv": "v"}, "exclude each other"),
        ({"container_args": ["--name=x"]}, "is set by the run"),
        ({"container_args": ["--rm"]}, "is set by the run"),
        ({"container_args": [""]}, "is empty"),
        (
            {"container": "none", "container_args": ["--cpus=1"]},
            "--container none asks for none: leave one out",
        ),
    ],
)
def test_bad_words(engine: FakeEngine, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        _chosen(**options)


def test_a_plan_keeps_its_container(engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    request = RunRequest(
        skill_dir=SKILLS / "boxed", data=str(tmp_path / "data"), output=tmp_path / "run"
    )
    plan = make_plan(request)
    assert plan.mode.reason == f"a container for each: podman, {IMAGE}"
    again = plan_from_dict(plan_to_dict(plan), plan.skill, plan.output)
    assert (again.container, again.mode) == (plan.container, plan.mode)
