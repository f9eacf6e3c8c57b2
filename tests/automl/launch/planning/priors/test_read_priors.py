"""Priors of a request: of the same task they feed the sampler, others and files are weighed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from guided_runs import bowl_plan
from sweep_here import run_here, without_ray

from automl.cli.commands.prior import prior
from automl.errors import InputError
from automl.launch.plan import Plan
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.planning.priors.exchange import export_runs, import_file
from automl.launch.planning.priors.knowledge import read_knowledge
from automl.launch.planning.priors.read_priors import prior_sweeps
from automl.skill import load_skill


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of six trials over data of its own."""
    folder = tmp_path_factory.mktemp("other")
    with pytest.MonkeyPatch.context() as patch:
        without_ray(patch)
        run_here(bowl_plan(folder, trials=6))
    return folder / "run"


def _plan(tmp_path: Path, *priors: Any, **options: Any) -> Plan:
    return bowl_plan(tmp_path, prior=list(priors), **options)


def test_a_run_of_the_same_task_feeds_the_sampler(tmp_path: Path, other: Path) -> None:
    data = {"dataset.folder": str(other.parent / "crops"), "num_epochs": 1}
    same = _plan(tmp_path, other, overrides=data, algorithm="tpe")
    assert (same.sweep_options.prior, same.sweep_options.weighed) == ((str(other),), ())
    assert f"6 of 6 finished trials of {other} feed the sampler" in same.notes
    narrower = _plan(tmp_path, other, overrides=[f"{k}={v}" for k, v in data.items()],
                     algorithm="tpe", search=["lr"])  # fmt: skip
    assert narrower.sweep_options.weighed == ()


@pytest.mark.parametrize(
    ("options", "why"),
    [({}, "it is of other data"), ({"epochs": 2}, "train.num_epochs")],
)
def test_a_run_of_another_task_is_weighed(
    tmp_path: Path, other: Path, options: dict[str, int], why: str
) -> None:
    if options:
        data = {"dataset.folder": str(other.parent / "crops"), "num_epochs": options["epochs"]}
        plan = _plan(tmp_path, other, overrides=data)
    else:
        plan = _plan(tmp_path, other)
    assert (plan.sweep_options.prior, plan.sweep_options.weighed) == ((), (str(other),))
    note = next(note for note in plan.notes if str(other) in note)
    assert "6 of 6 finished trials" in note
    assert "may propose points, as far as they predict" in note
    assert why in note
    assert SweepOptions.from_dict(plan.sweep_options.to_dict()) == plan.sweep_options


def test_a_file_brings_the_trials_and_what_was_fixed_and_no_text(
    tmp_path: Path, other: Path
) -> None:
    file = tmp_path / "prior.json"
    written = export_runs([other], file)
    assert read_knowledge(file, "--prior") == written
    assert str(other) not in file.read_text()
    assert "crops" not in file.read_text()
    sweep = written.sweeps[0]
    assert (len(sweep.trials), sweep.fixed["train.num_epochs"]) == (6, 1)
    plan = _plan(tmp_path, file)
    assert plan.sweep_options.weighed == (str(file),)
    assert plan.space is not None
    (found,) = prior_sweeps(written.sweeps, "maximize", plan.space, plan.spec)
    assert found.values == tuple(-value for _, value in sweep.trials)


def test_what_was_fixed_there_is_known_here(tmp_path: Path, other: Path) -> None:
    file = tmp_path / "prior.json"
    export_runs([other], file)
    content = json.loads(file.read_text())
    for trial in content["sweeps"][0]["trials"]:
        del trial["params"]["train.momentum"]
    content["sweeps"][0]["fixed"]["train.momentum"] = 0.7
    file.write_text(json.dumps(content))
    plan = _plan(tmp_path, file)
    assert plan.space is not None
    (found,) = prior_sweeps(
        read_knowledge(file, "").sweeps, "maximize", plan.space, plan.spec
    )  # fmt: skip
    assert {values["train.momentum"] for values in found.configurations} == {0.7}


def test_trials_outside_of_the_range_and_too_few_are_left_out(tmp_path: Path, other: Path) -> None:
    plan = _plan(tmp_path, other, ranges={"lr": "0.0999:0.1001"})
    assert any("is left out: fewer than 3 of its 6 trials lie" in note for note in plan.notes)


def test_a_file_beside_the_skill(tmp_path: Path, bowl: Path, other: Path) -> None:
    (tmp_path / "crops").mkdir()
    file = tmp_path / "prior.json"
    export_runs([other], file)
    with pytest.raises(InputError, match="the skill ships no prior"):
        _plan(tmp_path, "skill", skill_dir=bowl)
    digest = load_skill(bowl).digest()
    for _ in range(2):  # the same sweep replaces itself
        known, place = import_file(file, load_skill(bowl))
        assert [len(sweep.trials) for sweep in known.sweeps] == [6]
    assert place == bowl / "references" / "prior_train.json"
    assert load_skill(bowl).digest() == digest
    assert _plan(tmp_path, "skill", skill_dir=bowl).sweep_options.weighed == (str(place),)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "neither a run's folder nor a file of automl prior export"),
        ("[1]", "neither a run's folder"),
        ('{"format": "other", "version": 1}', "its format is 'other'"),
        ('{"format": "automl-prior", "version": 9}', "its version is 9, not 1"),
        ("[" * 100_000, "neither a run's folder"),
        (
            '{"format": "automl-prior", "version": 1, "skill": "s", "action": "train", "metric":'
            ' "score", "direction": "maximize", "sweeps": [{"name": "a", "fixed": {}, "trials":'
            ' [{"params": {"train.lr": 0.1}, "value": NaN}]}]}',
            "the value nan is no finite number",
        ),
        (
            '{"format": "automl-prior", "version": 1, "skill": "s", "action": "train", "metric":'
            ' "mAP", "direction": "maximize", "sweeps": []}',
            "it knows mAP, and this run optimises score",
        ),
        (
            '{"format": "automl-prior", "version": 1, "skill": "s", "action": "train", "metric":'
            ' "score", "direction": "maximize", "sweeps": [{"name": "a", "fixed": {}, "trials":'
            ' [{"params": {"depth": 0.1}, "value": 1}]}]}',
            "it searched nothing of what this run searches",
        ),
    ],
)
def test_files_that_are_no_priors_are_refused(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "prior.json"
    file.write_text(content)
    with pytest.raises(InputError) as error:
        _plan(tmp_path, file)
    assert why in str(error.value)
    assert not (tmp_path / "run").exists()


def test_the_commands_write_say_and_refuse(tmp_path: Path, bowl: Path, other: Path) -> None:
    file = tmp_path / "prior.json"
    run = CliRunner()
    words = ["export", str(other), "--output", str(file)]
    said = run.invoke(prior, words, catch_exceptions=False).output
    assert said.splitlines() == [
        "metric     score, maximized", "sweeps     run: 6 trials", f"file       {file}",
    ]  # fmt: skip
    words = ["import", str(file), "--skill-dir", str(bowl), "--json"]
    told = json.loads(run.invoke(prior, words, catch_exceptions=False).output)
    assert told["sweeps"] == {"run": 6}
    with pytest.raises(InputError, match="name a file in a folder that is there"):
        export_runs([other], tmp_path / "missing" / "prior.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "action": "paint"}))
    with pytest.raises(InputError, match="is of action 'paint', and skill test-bowl has"):
        import_file(file, load_skill(bowl))
