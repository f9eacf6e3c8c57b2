"""Runs whose trials get containers: by a fake engine, and by podman where it works."""

import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fake_engine import IMAGE, FakeEngine
from project_paths import SKILLS

from automl.cli.views.plan_review import render_plan
from automl.constants import RunStatus
from automl.errors import InputError
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.launch.review import make_review
from automl.launch.running.assembly import trial_job
from automl.trial.child.command import run_command
from automl.trial.child_start import child_start
from automl.trial.container.leftovers import remove_leftovers
from automl.trial.container.settings import Container
from automl.trial.job import write_spec
from automl.trial.run import run_trial
from automl.trial.timeouts import Limits

SKILL = SKILLS / "boxed"
REAL = "localhost/automl-boxed-test:1"
# what a podman inside a container or a small virtual machine may not set higher
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")


def _plan(tmp_path: Path, **options: object) -> Plan:
    (tmp_path / "data").mkdir(exist_ok=True)
    data, output = str(tmp_path / "data"), tmp_path / "run"
    given = {"skill_dir": SKILL, "data": data, "output": output, "policy": "off", **options}
    return make_plan(RunRequest(**given))  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine(tmp_path / "engine", monkeypatch)


def test_a_direct_run_in_a_container(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = _plan(tmp_path)
    shutil.copy(SKILL / "boxed_train.sh", engine.folder / "boxed_train")  # what an image has
    result = execute(plan)
    assert result.status == RunStatus.DONE, result.message
    assert [epoch.kpi["val_acc"] for epoch in result.run.histories[0].epochs][-1] == 0.31
    train = next(call for call in engine.calls if "boxed_train" in call and "-0000" in call)
    folder, data = tmp_path / "run" / "trials" / "0000", tmp_path / "data"
    assert f"--volume {data}:{data}:ro" in train
    assert f"--volume {folder}:{folder} " in train
    assert f"--volume {plan.output}:{plan.output}:ro" in train
    assert engine.calls[-1].startswith("ps "), "what is left is looked for at the end"


def test_nothing_is_written_where_containers_cannot_run(engine: FakeEngine, tmp_path: Path) -> None:
    engine.say("refuse")
    with pytest.raises(InputError, match="cannot pull it"):
        execute(_plan(tmp_path), is_new=True)
    assert not (tmp_path / "run" / "plan.yaml").exists()


_EVALUATE = (
    'while read -r key value; do [ "$key" = checkpoint: ] && model=$value; done < {config_path};'
    ' read -r found < "$model"; echo "val_acc: 0.$found"'
)


def _measured(tmp_path: Path, **options: object) -> tuple[Plan, dict[str, float]]:
    """Run a trial of the skill, whose action evaluate reads the checkpoint; return what it has."""
    skill = Path(shutil.copytree(SKILL, tmp_path / "skill"))
    info = skill / "references" / "skill_info.yaml"
    found = yaml.safe_load(info.read_text())
    found["actions"]["evaluate"] = {"command": shlex.join(["sh", "-c", _EVALUATE])}
    found["spec_params"]["evaluate"] = {"results_dir": "output_dir", "checkpoint": "parent_model"}
    info.write_text(yaml.safe_dump(found))
    template = {"checkpoint": "", "results_dir": ""}
    (info.parent / "spec_template_evaluate.yaml").write_text(yaml.safe_dump(template))
    plan = _plan(tmp_path, skill_dir=skill, policy="on", objective="evaluate", **options)
    reported: dict[str, float] = {}
    run_trial(trial_job(plan, 0), 0, {"train.lr": 0.2}, lambda epoch, kpi: reported.update(kpi))
    return plan, reported


def test_a_trial_is_measured_in_a_container_too(engine: FakeEngine, tmp_path: Path) -> None:
    shutil.copy(SKILL / "boxed_train.sh", engine.folder / "boxed_train")
    plan, reported = _measured(tmp_path, container=IMAGE)
    said = render_plan(plan, make_review(plan), width=200)
    assert f"by action evaluate, in a container of {IMAGE}" in said
    assert [container.image for container, _ in plan.containers] == [IMAGE, IMAGE]
    assert reported["evaluate.val_acc"] == 0.23
    call = next(c for c in engine.calls if c.startswith("run ") and "0000-evaluate" in c)
    folder = plan.output / "trials" / "0000"
    assert f"--volume {folder}/evaluation:{folder}/evaluation " in call
    assert f"--volume {plan.output}:{plan.output}:ro" in call


def test_a_command_of_the_users_measures_outside_its_container(
    engine: FakeEngine, tmp_path: Path
) -> None:
    given = {"eval_command": "env", "metric": ("evaluate.f1:max",), "container": IMAGE}
    plan = _plan(tmp_path, policy="on", **given)
    said = render_plan(plan, make_review(plan), width=200)
    assert "measured   each trained trial, by env, outside its container" in said


def _podman(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """A real podman with an image of busybox and the skill's trainer."""
    busybox = shutil.which("busybox")
    if shutil.which("podman") is None or busybox is None:
        pytest.skip("podman, runc and busybox-static are not installed")
    root = tmp_path_factory.mktemp("image")
    (root / "bin").mkdir()
    (root / "tmp").mkdir()
    shutil.copy(busybox, root / "bin" / "busybox")
    for name in ("sh", "sleep", "touch"):
        (root / "bin" / name).symlink_to("busybox")
    shutil.copy(SKILL / "boxed_train.sh", root / "bin" / "boxed_train")
    archive = shutil.make_archive(str(root), "tar", root)
    made = _podman("import", "--quiet", archive, REAL)
    container = Container("podman", REAL, "podman-test", LIMITS)
    tried = _podman("run", "--rm", "--network=none", *LIMITS, REAL, "sh", "-c", "exit 7")
    if tried.returncode != 7:
        pytest.skip(f"podman runs no container here: {made.stderr} {tried.stderr}")
    return container


@pytest.mark.slow
def test_podman_runs_stops_and_leaves_nothing(podman: Container, tmp_path: Path) -> None:
    plan = _plan(tmp_path, container=REAL, container_args=list(LIMITS))
    result = execute(plan)
    assert result.status == RunStatus.DONE, result.message
    log = (tmp_path / "run" / "trials" / "0000" / "log.txt").read_text()
    assert "the data are writable" not in log
    (tmp_path / "data" / "hang").touch()
    other = replace(plan, output=tmp_path / "other")
    job = trial_job(other, 0)
    folder = job.folder(0)
    spec = job.trial_spec(0, {})
    config = write_spec(folder, spec)
    start = child_start(job, spec, config, folder, "0000")
    seen: list[object] = []
    with pytest.raises(Exception, match="--stall-timeout"):
        run_command(
            start.argv, folder, folder / "log.txt", seen.append, start.cwd,
            limits=Limits(stall_s=2.0), grace_s=1.0, environment=start.environment,
            container=start.container, program=start.program,
        )  # fmt: skip
    assert len(seen) == 1
    assert plan.container is not None
    assert start.container not in _podman("ps", "--all").stdout


@pytest.mark.slow
@pytest.mark.usefixtures("podman")
def test_podman_measures_a_trial(tmp_path: Path) -> None:
    _, reported = _measured(tmp_path, container=REAL, container_args=list(LIMITS))
    assert reported["evaluate.val_acc"] == 0.23
    assert "0000-evaluate" not in _podman("ps", "--all").stdout


@pytest.mark.slow
def test_podmans_orphans_are_removed_by_a_later_run(podman: Container) -> None:
    name = podman.name("0000")
    label = f"automl.run={podman.run}", "automl.guard=odd"
    labels = [word for each in label for word in ("--label", each)]
    flags = ("--detach", "--network=none", *LIMITS, "--name", name, *labels)
    assert _podman("run", *flags, REAL, "sleep", "600").returncode == 0
    assert remove_leftovers(podman) == [name]
    assert name not in _podman("ps", "--all").stdout
