"""A plan that was written comes back the same: no option is lost on the way to ``--resume``."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_engine import IMAGE, FakeEngine
from project_paths import SKILLS
from skills.holdout_skill import make_holdout_skill
from skills.measured_skill import make_hard_data, make_measured_skill

from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.launch.running.assembly import trial_job
from automl.results.run import read_run
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir
from automl.trial.ledger.writer import Ledger

pytestmark = pytest.mark.usefixtures("no_checkpoint_is_read")

LINEAGE = SKILLS / "lineage"
NO_PART_OF_A_PLAN = {
    "configured",
    "request",  # words for --policy
    "strict",  # a refusal
    "parent_job",  # another name of --parent
    "goes_on",  # of a direct run
    "overlay",  # it shapes the space, which the plan holds
    "recipe",  # another name of a spec file
}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture
def cases(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, Any]]:
    """Between them they set every option of a sweep that a plan keeps."""
    FakeEngine(tmp_path / "engine", monkeypatch)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    (bowl / "sizes.py").write_text("def check(spec): return ['crops', {'checkpoint_bytes': 7}]\n")
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:check", "sizes:check"))
    template = bowl / "references" / "spec_template_train.yaml"
    template.write_text(template.read_text() + "a_key_of_no_schema: 1\n")
    common = {"skill_dir": bowl, "action": "train", "data": str(data), "policy": "on", "seed": 7}
    earlier = _earlier(tmp_path, common)
    return {
        "children": {
            **common,
            "spec_file": _file(tmp_path / "spec.yaml", {"train": {"num_epochs": 4}}),
            "overrides": {"train.parts": 2}, "algorithm": "tpe", "scheduler": "asha",
            "trials": 9, "ranges": {"lr": "0.001:0.1:log"}, "mode": "min", "probe": True,
            "retries": 3, "oom_retries": 2, "trial_timeout_s": 50.0, "stall_timeout_s": 40.0,
            "keep_best": 4, "metric_pattern": "score=(.*)", "isolate": True,
            "venv": _venv(tmp_path),
            "enqueue": [{"lr": 0.02}], "prior": [earlier], "stop": "score<=0.1",
            "patience": 5, "loggers": ["tensorboard"], "confirm": 2, "repeats": 4,
            "allow_repeats": True, "advisor": "env", "advisor_share": 0.5,
            "advisor_timeout_s": 9.0,
        },
        "cluster": {
            **common,
            "time_budget_s": 90.0, "max_concurrent": 3, "cpus_per_trial": 2.0,
            "gpus_per_trial": 0.5, "resources": {"rack": 1.0}, "address": "127.0.0.1:1",
            "storage": "memory://runs", "search": ["lr", "kind"], "weights": {"kind": "3,1"},
            "choices": {"kind": "round,flat"}, "allow_disabled": True, "keep_checkpoints": "all",
            "metric": ("score", "train_time_s:min"), "cache_dir": tmp_path / "wanted",
            "prior": [earlier],
        },
        "measured": {**common, "eval_command": "env", "metric": ("evaluate.f1:max",), "trials": 3},
        "judged": {
            "skill_dir": make_measured_skill(tmp_path / "scripts"),
            "data": make_hard_data(tmp_path / "hard"), "objective": "evaluate",
            "overrides": {"train.pretrained": str(_file(tmp_path / "m.pth", {}))},
        },
        "contained": {
            "skill_dir": SKILLS / "peer_script", "trials": 3,
            "container": IMAGE, "container_args": ("--cpus=8",),
        },
        "population": {"skill_dir": LINEAGE, "algorithm": "pbt", "trials": 19},
        "holdout": {**_held(tmp_path), "holdout": 0.2, "refit": False},
        "evaluation": {
            "action": "evaluate", "policy": "on", "parent": _trained(tmp_path),
            "data": str(tmp_path / "trained"), "search": ["re_ranking.k1"],
            "overrides": {"re_ranking.re_ranking": True},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "children",
        "cluster",
        "measured",
        "judged",
        "contained",
        "population",
        "holdout",
        "evaluation",
    ],
)
def test_a_plan_comes_back_the_same(
    cases: dict[str, dict[str, Any]], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_plan(RunRequest(**cases[name], output=tmp_path / "run"))
    plan = replace(made, created="2026-01-02T03:04:05+00:00")
    used = cache_dir()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "another session's"))
    back = resume_plan(read_run(_written(plan)))
    assert back.notes == (f"resumed in {plan.output}",)
    assert replace(back, notes=plan.notes) == plan
    if name == "cluster":
        assert cache_dir() == used == tmp_path / "wanted"


def test_a_run_with_an_overlay_needs_its_plan_alone(
    cases: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    said = {"search": ["1e-3", 0.1], "active_when": {"train.kind": ["flat"]}, "reason": "tried"}
    leave = {"train.momentum": {"leave_out": True, "reason": "known"}}
    overlay = _file(tmp_path / "overlay.yaml", {"parameters": {"train.lr": said, **leave}})
    common = {key: cases["children"][key] for key in ("skill_dir", "data", "trials")}
    plan = make_plan(RunRequest(**common, overlay=overlay, output=tmp_path / "run"))
    assert plan.space is not None
    assert plan.space.names == ("train.kind", "train.lr")
    overlay.unlink()
    back = resume_plan(read_run(_written(plan)))
    assert {**plan_to_dict(back), "notes": []} == {**plan_to_dict(plan), "notes": []}
    assert trial_job(back, 0) == trial_job(plan, 0)


def test_a_run_with_nothing_left_says_what_gives_more(tmp_path: Path) -> None:
    folder = Path(_earlier(tmp_path, {"skill_dir": LINEAGE, "algorithm": "random", "trials": 1}))
    more = f"all 1 trials are done: for more  automl run --resume {folder} --add-trials N"
    left = "all trials are over; what is left: best/, tables and report"
    assert resume_plan(read_run(folder)).notes[1:] == (left, more)
    Ledger(folder / "ledger.jsonl").closed("done")
    assert resume_plan(read_run(folder)).notes[1:] == (more,)
    assert resume_plan(read_run(folder), add_trials=1).notes[1:] == ()


def test_every_option_is_in_a_case(cases: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    given = {name for options in cases.values() for name in options} | {"output"}
    assert {field.name for field in fields(RunRequest)} - given == NO_PART_OF_A_PLAN
    plans = [
        make_plan(RunRequest(**options, output=tmp_path / name)) for name, options in cases.items()
    ]
    same = set.intersection(*(set(_defaults(plan)) for plan in plans))
    assert not same, f"no case sets {same}"


def _defaults(plan: Plan) -> Iterator[str]:
    """What a plan leaves as it is by default."""
    for part in (plan, plan.resource_options, plan.trial_options, plan.sweep_options):
        for field in fields(part):
            if getattr(part, field.name) in (field.default, None, (), {}):
                yield f"{type(part).__name__}.{field.name}"


def _written(plan: Plan) -> Path:
    plan.output.mkdir(parents=True)
    return _file(plan.output / "plan.yaml", plan_to_dict(plan)).parent


def _file(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def _held(folder: Path) -> dict[str, Any]:
    """A skill that can hold data out, with its data and other test data."""
    root, other = folder / "held", folder / "final"
    root.mkdir()
    (other / "test").mkdir(parents=True)
    bowl = Path(shutil.copytree(SKILLS / "bowl", folder / "held_bowl"))
    make_holdout_skill(bowl, root)
    return {"skill_dir": bowl, "data": str(root), "final_data": str(other)}


def _venv(folder: Path) -> str:
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "venv" / "pyvenv.cfg").touch()
    (folder / "venv" / "bin" / "python").touch()
    return str(folder / "venv")


def _trained(folder: Path) -> Path:
    """A trial of the packaged skill, beside its data."""
    trial = folder / "trained"
    for name in ("sample_test", "sample_query"):
        (trial / name).mkdir(parents=True)
    (trial / "model_epoch_001_step_00001.pth").touch()
    return _file(trial / "spec.yaml", {"model": {"backbone": "resnet_18"}}).parent


def _earlier(folder: Path, options: dict[str, Any]) -> str:
    """A run with one finished trial."""
    run = _written(make_plan(RunRequest(**options, mode="min", output=folder / "earlier")))
    params = {"train.lr": 0.01, "train.momentum": 0.9, "train.kind": "round"}
    events = [
        {"event": "start", "number": 0, "ticket": 0, "source": "default", "params": params},
        {"event": "epoch", "number": 0, "epoch": 1, "kpi": {"score": 0.5}},
        {"event": "end", "number": 0, "state": "finished", "failure": ""},
    ]
    lines = [json.dumps({**event, "time": float(at)}) for at, event in enumerate(events)]
    (run / "ledger.jsonl").write_text("\n".join(lines) + "\n")
    return str(run)
