"""Confirming a champion: what is asked for is checked, and a whole sweep does it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import automl
from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.planning.search import read_confirm
from automl.launch.request import RunRequest
from automl.launch.resume import nothing_left_note, resume_plan
from automl.results.champion.confirmation_plan import (
    ConfirmTraining,
    confirm_of,
    split_confirmation,
    trainings_left,
)
from automl.results.ending import has_budget_left
from automl.results.progress import run_progress
from automl.results.run import Run, read_run
from automl.trial.ledger.events import (
    ClosedEvent,
    EndEvent,
    EpochEvent,
    LedgerEvent,
    SessionEvent,
    StartEvent,
    encode_event,
)
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.objective import Objective


@pytest.fixture
def options(bowl: Path, data: Path, tmp_path: Path) -> dict[str, Any]:
    return {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run"}


def start(number: int, source: str, **params: Any) -> StartEvent:
    return StartEvent(number, number, number, source, {f"train.{k}": v for k, v in params.items()})


def end(number: int, score: float) -> list[LedgerEvent]:
    epoch = EpochEvent(number + 0.1, number, 1, {"score": score})
    return [epoch, EndEvent(number + 0.2, number, "finished")]


def test_the_plan_says_what_will_be_confirmed(options: dict[str, Any]) -> None:
    plan = make_plan(RunRequest(**options, confirm=2, repeats=4))
    assert plan.confirm is not None
    assert (plan.confirm.seed_key, list(plan.confirm.seeds)) == ("train.seed", [2, 3])
    assert plan.confirm.last_seed == 13
    assert plan.confirm.trials == 12
    assert confirm_of(yaml.safe_load(yaml.safe_dump(plan_to_dict(plan)))) == plan.confirm
    assert plan_to_dict(make_plan(RunRequest(**options)))["confirm"] is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"repeats": 3}, "--repeats says how often"),
        ({"confirm": 0}, "--confirm must be positive"),
        ({"confirm": 1, "repeats": 2000}, "train.seed"),
        ({"confirm": 1, "search": ["train.seed"], "ranges": {"seed": "1:9"}}, "it is searched"),
        ({"confirm": 1, "policy": "off"}, "--confirm acts in sweeps alone"),
    ],
)
def test_a_confirmation_that_cannot_be_is_refused(
    options: dict[str, Any], wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make_plan(RunRequest(**options, **wrong))


def test_a_spec_without_a_seed_cannot_be_confirmed(options: dict[str, Any]) -> None:
    plan = make_plan(RunRequest(**options))
    spec = {**plan.spec, "train": {**plan.spec["train"], "seed": None}}
    with pytest.raises(InputError, match="needs a seed .* train.seed holds None: name the key"):
        read_confirm(RunRequest(confirm=1), plan.skill, plan.space, spec)


def test_what_is_left_follows_from_the_ledger(options: dict[str, Any]) -> None:
    confirm = make_plan(RunRequest(**options, confirm=1, repeats=2)).confirm
    assert confirm is not None
    objective = Objective("score", "maximize")
    events = [start(0, "default", lr=0.1), *end(0, 0.3), start(1, "search", lr=0.2), *end(1, 0.9)]
    left = trainings_left(confirm, events, objective)
    assert left == [
        ConfirmTraining({"train.lr": lr, "train.seed": seed})
        for seed in (2, 3)
        for lr in (0.2, 0.1)
    ]
    begun = [*events, start(2, "confirm", lr=0.2, seed=2), *end(2, 0.8)]
    assert trainings_left(confirm, begun, objective) == left[1:]
    numbers = [getattr(event, "number", None) for event in split_confirmation(begun)[1]]
    assert numbers == [2, 2, 2]
    found = plan_to_dict(make_plan(RunRequest(**options, confirm=1, repeats=2, trials=2)))
    folder = options["output"]
    assert has_budget_left(Run(folder, plan=found, events=begun))
    assert not has_budget_left(Run(folder, plan={**found, "confirm": None}, events=events))


def test_a_training_that_was_cut_short_is_left_too(options: dict[str, Any]) -> None:
    plan = make_plan(RunRequest(**options, confirm=1, repeats=1, trials=2, time_budget_s=0.05))
    assert plan.confirm is not None
    whole = [SessionEvent(0.0), start(0, "default", lr=0.1), *end(0, 0.3)]
    whole += [start(9, "confirm", lr=0.1, seed=2)]
    cut = [*whole, EndEvent(10.0, 9, "interrupted")]
    assert not trainings_left(plan.confirm, cut, plan.objective)
    assert has_budget_left(Run(plan.output, plan=plan_to_dict(plan), events=cut))
    ended = [*whole, *end(9, 0.4)]
    assert not has_budget_left(Run(plan.output, plan=plan_to_dict(plan), events=ended))
    plan.output.mkdir()
    (plan.output / "plan.yaml").write_text(yaml.safe_dump(plan_to_dict(plan)))
    ledger = plan.output / "ledger.jsonl"
    ledger.write_text("".join(encode_event(event) + "\n" for event in cut))
    assert resume_plan(read_run(plan.output)).confirm == plan.confirm
    whole += [*end(9, 0.4), SessionEvent(20.0)]
    ledger.write_text("".join(encode_event(event) + "\n" for event in whole))
    # The driver was killed while it evaluated.
    left, over = resume_plan(read_run(plan.output)).notes[-2:]
    assert left == (
        "all trials are over; what is left: best/, the champion's evaluation, tables and report"
    )
    assert over.startswith("the time budget is used up: for more start a new run with --prior")
    with pytest.raises(InputError, match="time budget .* is used up"):
        resume_plan(read_run(plan.output), add_trials=1)
    Ledger(ledger).closed("done")
    with pytest.raises(InputError, match="time budget .* is used up"):
        resume_plan(read_run(plan.output))


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_trial_that_ran_in_parts_is_confirmed_in_as_many(options: dict[str, Any]) -> None:
    options |= {"trials": 2, "max_concurrent": 1, "overrides": ["fault=oom-at-1"]}
    result = automl.run(**options, confirm=2, repeats=1)
    table = result.trials.set_index("trial_id")
    assert list(table["state"]) == ["finished"] * 4
    alike = table.groupby("param.train.lr")["changed"].agg(list).to_dict()
    (defaults, searched) = (alike.pop(table.loc["0000", "param.train.lr"]), *alike.values())
    assert (defaults, searched) == (["", ""], ["train.parts=2"] * 2)
    ran = {
        trial: yaml.safe_load((result.folder / "trials" / trial / "spec.yaml").read_text())
        for trial in table.index
    }
    parts = {trial: spec["train"]["parts"] for trial, spec in ran.items()}
    assert parts == {trial: 2 if table.loc[trial, "changed"] else 1 for trial in table.index}


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_confirmation_goes_on_though_the_time_is_over(options: dict[str, Any]) -> None:
    options |= {"trials": 2, "max_concurrent": 1, "overrides": ["fault=oom-at-2"]}
    result = automl.run(**options, confirm=1, repeats=1, algorithm="tpe")  # trial 1 is the best
    assert set(result.trials["state"]) == {"finished"}  # trial 2 confirms, in parts
    folder, before = result.folder, read_ledger(result.folder / "ledger.jsonl")
    last = max(event.number for event in before if isinstance(event, StartEvent))
    kept = [event for event in before if getattr(event, "number", None) != last]
    kept = [event for event in kept if not isinstance(event, ClosedEvent)]  # it was killed
    (folder / "ledger.jsonl").write_text("".join(encode_event(e) + "\n" for e in kept))
    for table in (*folder.glob("*.parquet"), folder / ".tables.json"):
        table.unlink()
    plan = yaml.safe_load((folder / "plan.yaml").read_text())
    changed = {**plan, "trials": None, "time_budget_s": 0.001}
    (folder / "plan.yaml").write_text(yaml.safe_dump(changed))
    more = automl.resume(folder)
    assert list(more.trials["source"]) == ["default", "search", "confirm", "confirm"]
    assert list(more.trials["state"]) == ["finished"] * 4


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_confirms_its_champion_and_evaluates_it(options: dict[str, Any]) -> None:
    result = automl.run(
        **options, trials=8, seed=3, confirm=2, repeats=2, max_concurrent=1,
        overrides=["fault=noise"],
    )  # fmt: skip
    table, lines = result.trials, result.confirmation
    assert list(table["source"]) == ["default"] + ["search"] * 7 + ["confirm"] * 6
    assert sorted(table["param.train.seed"].dropna()) == [2, 2, 2, 3, 3, 3]
    assert len(lines) == 3
    assert lines[0].mean == max(line.mean for line in lines)
    best = yaml.safe_load((result.folder / "best" / "provenance.yaml").read_text())
    assert best["trial"]["source"] == "confirm"
    assert best["confirmation"][0]["mean"] == lines[0].mean
    assert result.evaluation is not None
    assert result.evaluation.metrics == {"score": 0.5, "depth": 2.0}
    told = yaml.safe_load((result.folder / "best" / "evaluation.yaml").read_text())
    assert told == {"metrics": {"score": 0.5, "depth": 2.0}, "failure": ""}
    kept = {path.parent.name for path in (result.folder / "trials").rglob("*.pth")}
    assert best["trial"]["trial_id"] in kept
    assert len(kept) == 2

    # killed before its last word, a run goes on and evaluates
    ledger = result.folder / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    assert json.loads(lines[-1])["event"] == "closed"
    evaluated = read_ledger(result.folder / "best" / "evaluate" / "ledger.jsonl")
    assert evaluated[-1].time < json.loads(lines[-1])["time"]
    ledger.write_text("".join(lines[:-1]))  # younger than the tables, as then
    ending = run_progress(read_run(result.folder)).ending
    assert (ending.state, ending.goes_on) == ("interrupted", True)
    assert "the champion's evaluation" in ending.reason
    run = read_run(result.folder)
    assert nothing_left_note(run.with_trials(resume_plan(run).trials)).startswith(
        "all 8 trials are done"
    )

    more = automl.resume(result.folder, add_trials=1)  # its trial takes the next free number
    assert list(more.trials["number"]) == list(range(len(more.trials)))
    assert list(more.trials["source"]).count("search") == 8
    assert more.evaluation is not None
    assert len(read_ledger(result.folder / "ledger.jsonl")) > len(table)


@pytest.mark.parametrize(("trials", "best", "repeats"), [(20, 1, 2), (50, 2, 3), (100, 3, 5)])
def test_auto_spends_a_fifth_of_the_trials(
    options: dict[str, Any], trials: int, best: int, repeats: int
) -> None:
    confirm = make_plan(RunRequest(**options, confirm="auto", trials=trials)).confirm
    assert confirm is not None
    assert (confirm.best, confirm.repeats) == (best, repeats)
    assert confirm.trials <= trials / 5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"trials": 19}, "of 20 or more: give K"),
        ({"time_budget_s": 60}, "of 20 or more: give K"),
        ({"trials": 40, "repeats": 3}, "leave --repeats out"),
    ],
)
def test_auto_without_trials_to_spare_is_refused(
    options: dict[str, Any], wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make_plan(RunRequest(**options, confirm="auto", **wrong))


def test_a_race_goes_on_in_pairs_until_its_trainings_are_spent(options: dict[str, Any]) -> None:
    confirm = make_plan(RunRequest(**options, confirm=2, repeats=3)).confirm
    assert confirm is not None
    objective = Objective("score", "maximize")
    scores = {0.1: 0.5, 0.2: 0.61, 0.3: 0.6}
    events: list[LedgerEvent] = []
    for number, (lr, score) in enumerate(scores.items()):
        events += [start(number, "search" if number else "default", lr=lr), *end(number, score)]
    rounds = []
    while left := trainings_left(confirm, events, objective):
        rounds.append(len(left))
        seeds = {training.params["train.seed"] for training in left}
        assert len(rounds) == 1 or len(seeds) == 1  # a pair shares its seed
        for training in left:
            number, lr = len({e.number for e in events}), training.params["train.lr"]  # type: ignore[attr-defined]
            seed = training.params["train.seed"]
            noise = 0.2 * ((number * 7919) % 5 - 2) / 2
            events += [start(number, "confirm", lr=lr, seed=seed)]
            begun = left[: left.index(training) + 1]
            assert trainings_left(confirm, events, objective) == left[len(begun) :]
            events += end(number, scores[lr] + noise)
            after = trainings_left(confirm, events, objective)
            assert after == left[len(begun) :] or training is left[-1]
    assert rounds[0] == 6
    assert set(rounds[1:]) <= {2}
    assert sum(rounds) in (6, 8)  # of nine, the last one has no partner
