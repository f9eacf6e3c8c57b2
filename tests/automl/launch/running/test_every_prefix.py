"""Whatever prefix of its ledger a run is left with, resumed it ends as the undisturbed one.

The ledger is cut after each line (an empty one is refused), and inside its last line. What else the
folder holds is of another moment: of the run's end, with a study journal and trials that are ahead
of the ledger, or the journal is gone. Each run has one trial at a time: with several, which of two
trials ends first decides what the next is, so that no two runs are the same.
"""

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS
from sweep_here import outcome, run_here, without_ray

from automl.constants import LEDGER_FILE, STUDY_FILE, TRIALS_FOLDER
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_from_dict
from automl.launch.request import RunRequest
from automl.results.champion import race
from automl.results.run import Run
from automl.sweep.cluster.resources import Capacity, Node
from automl.trial.job import trial_id

pytestmark = pytest.mark.slow

BOWL: dict[str, Any] = {"skill_dir": SKILLS / "bowl"}
LINEAGE: dict[str, Any] = {"skill_dir": SKILLS / "lineage"}
SHORT = {"overrides": {"num_epochs": 5}}
CHANCE = {"algorithm": "random"}  # no model to fit: as many resumes in half the time

# What a run is asked for; the last element are the trials that are added once it is over.
RUNS: dict[str, tuple[dict[str, Any], int]] = {
    "epochs": ({**BOWL, "trials": 4}, 0),
    "checkpoints": ({**LINEAGE, "trials": 3, **SHORT}, 0),
    "asha": ({**BOWL, "trials": 7, "scheduler": "asha", "overrides": {"num_epochs": 4}}, 0),
    "auto": ({**BOWL, "trials": 4, "algorithm": "cmaes", "overrides": {"num_epochs": 9}}, 1),
    "hyperband": ({**LINEAGE, "trials": 7, "scheduler": "hyperband", **SHORT, **CHANCE}, 0),
    "median": ({**LINEAGE, "trials": 6, "scheduler": "median", **SHORT, **CHANCE}, 0),
    "pbt": (
        {**LINEAGE, "trials": 8, "algorithm": "pbt", "keep_checkpoints": "all",
         "overrides": {"num_epochs": 4}},
        0,
    ),
    "confirm": (
        {**BOWL, "trials": 4, "confirm": 1, "repeats": 2, "overrides": {"fault": "noise"}},
        0,
    ),
    "retry": ({**BOWL, "trials": 4, "oom_retries": 1, "overrides": {"fault": "oom-at-1"}}, 0),
    "failures": ({**BOWL, "trials": 5, "overrides": {"fault": "crash-at-2,nan-at-3"}}, 0),
    "goal": ({**LINEAGE, "trials": 7, "stop": "score>=2.78", **SHORT, **CHANCE}, 0),
    "patience": ({**BOWL, "trials": 12, "patience": 2}, 0),
    "enqueued": (
        {**BOWL, "trials": 4, "enqueue": [{"lr": 0.02}, {"lr": 0.03}], "algorithm": "gp"},
        0,
    ),
    "finite": (
        {**BOWL, "trials": 8, "algorithm": "qmc", "search": ["lr", "kind"],
         "choices": {"lr": "0.1,0.01,0.001", "kind": "round,flat"}},
        0,
    ),
    "added": ({**BOWL, "trials": 4, "scheduler": "asha", "overrides": {"num_epochs": 4}}, 3),
    "confirmed and added": ({**BOWL, "trials": 3, "confirm": 1, "repeats": 2, **CHANCE}, 2),
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    without_ray(monkeypatch)
    (tmp_path / "crops").mkdir()
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if name in ("bowl_trainer", "lineage_trainer"):
            del sys.modules[name]
    importlib.invalidate_caches()


def _plan(tmp_path: Path, options: dict[str, Any]) -> Plan:
    if options["skill_dir"] == BOWL["skill_dir"]:
        data = {"dataset.folder": str(tmp_path / "crops"), **options.get("overrides", {})}
        options = {**options, "overrides": data}
    return make_plan(RunRequest(**options, max_concurrent=1, seed=3, output=tmp_path / "calm"))


class CalmRun:
    """An undisturbed run, and the plan with which each part of its ledger was written."""

    def __init__(self, plan: Plan, added: int) -> None:
        self.plan = plan
        self.added = added
        self.folder = plan.output
        plan.output.mkdir(parents=True)
        run_here(plan)
        self.first_part = len(self.ledger)
        if added:
            run_here(self.longer)
        self.outcome = outcome(self.folder)

    @property
    def ledger(self) -> bytes:
        return (self.folder / LEDGER_FILE).read_bytes()

    @property
    def longer(self) -> Plan:
        assert self.plan.trials is not None
        return replace(self.plan, trials=self.plan.trials + self.added)

    @property
    def ends(self) -> list[int]:
        """Where each line ends."""
        return [index + 1 for index, byte in enumerate(self.ledger) if byte == ord("\n")]

    def resumed(self, length: int, folder: Path, *, journal: bool) -> dict[str, Any]:
        """What a resume makes of the first bytes of the ledger."""
        shutil.copytree(self.folder, folder)
        (folder / LEDGER_FILE).write_bytes(self.ledger[:length])
        if not journal:
            (folder / STUDY_FILE).unlink()
        if "oom" in self.plan.spec["train"]["fault"]:  # with more parts they are of another try
            for history in Run(folder).histories:
                if not history.is_over:
                    shutil.rmtree(folder / TRIALS_FOLDER / trial_id(history.number))
        plans = [self.plan] if length <= self.first_part else []
        for plan in [*plans, self.longer] if self.added else [self.plan]:
            run_here(replace(plan, output=folder))
        found = outcome(folder)
        shutil.rmtree(folder)
        return found


@pytest.mark.parametrize("name", RUNS)
def test_each_line(name: str, tmp_path: Path) -> None:
    options, added = RUNS[name]
    calm = CalmRun(_plan(tmp_path, options), added)
    assert len(calm.ends) > 15
    for lines, length in enumerate(calm.ends, start=1):
        journal = bool(lines % 2)
        found = calm.resumed(length, tmp_path / "cut", journal=journal)
        assert found == calm.outcome, f"{lines} lines, {journal=}"


def test_a_confirmation_in_rounds_of_several_pairs_goes_on_as_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rounds are cut in the middle, and a smaller machine goes on."""
    monkeypatch.setattr(race, "SURE", 2.0)  # it never ends early
    options = {"trials": 4, "confirm": 2, "repeats": 5, "overrides": {"fault": "noise"}}
    plan = _plan(tmp_path, {**BOWL, **options})
    plan = replace(plan, resource_options=replace(plan.resource_options, max_concurrent=None))
    plan.output.mkdir(parents=True)
    run_here(plan, Capacity((Node("large", {"CPU": 8.0}),)))
    calm, content = outcome(plan.output), (plan.output / LEDGER_FILE).read_bytes()
    confirm = Run(plan.output).confirm
    assert confirm is not None
    assert confirm.pairs == 2
    lines = content.splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if b'"confirm"' in line]
    raced = [n for n in starts if _seed(lines[n], confirm.seed_key) > confirm.seeds[-1]]
    assert len(raced) > 5
    for line in raced:
        cut = tmp_path / "cut"
        shutil.copytree(plan.output, cut)
        (cut / LEDGER_FILE).write_bytes(b"".join(lines[: line + 2]))
        run_here(plan_from_dict(Run(cut).plan, plan.skill, cut))
        assert outcome(cut) == calm, f"{line + 2} lines"
        shutil.rmtree(cut)


def _seed(line: bytes, key: str) -> int:
    return int(json.loads(line)["params"][key])


def test_each_byte_of_the_last_line(tmp_path: Path) -> None:
    calm = CalmRun(_plan(tmp_path, RUNS["hyperband"][0]), 0)
    *_, before, end = calm.ends
    for length in range(before + 1, end):
        assert calm.resumed(length, tmp_path / "cut", journal=True) == calm.outcome, length
