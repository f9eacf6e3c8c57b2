"""A program of the user's proposes points: it is asked, limited, and costs nothing where it fails.

Each question ends here before the sweep goes on; in a real one the sampler proposes meanwhile.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from doc_blocks import blocks_of
from guided_runs import advisor, answer_at_once, bowl_plan
from project_paths import ROOT
from sweep_here import run_here

from automl.constants import LEDGER_FILE, TrialSource
from automl.launch.plan_codec import plan_from_dict
from automl.launch.planning.options.advisor import AdvisorOptions
from automl.launch.running.guidance import advisor as asking
from automl.launch.running.guidance.advisor import Advisor, Answer
from automl.results.proposals import proposals_of
from automl.results.run import Run
from automl.trial.ledger.events import AdviceEvent, StartEvent

NEW = """
lr = 0.02 + told["trial"] / 1000
json.dump({"points": [{"train.lr": lr}]}, sys.stdout)
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)


def _sources(folder: Path) -> list[str]:
    return [history.start.source for history in Run(folder).histories]


def test_points_are_tried_up_to_their_share_and_the_study_learns_from_all(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, advisor=advisor(tmp_path, NEW), advisor_share=0.5)
    run_here(plan)
    sources = _sources(plan.output)
    assert sources[0] == "default"
    assert sources.count("advisor") == 4
    for end in range(1, len(sources) + 1):
        assert sources[:end].count("advisor") <= 0.5 * end
    run = Run(plan.output)
    assert all(h.start.params["train.momentum"] == 0.5 for h in run.histories if _advised(h))
    assert proposals_of(run)["advisor"].words == "4 trials"
    told = json.loads((plan.output / "advisor" / "request.json").read_text())
    assert len(told["history"]) == told["trial"]
    again = plan_from_dict(run.plan, plan.skill, plan.output)
    assert again.sweep_options.advisor == plan.sweep_options.advisor


def _advised(history: Any) -> bool:
    return bool(history.start.source == TrialSource.ADVISOR)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", None),
        ("json.dump({'points': []}, sys.stdout)", None),
        ("print('Sure! Try 0.1')", "its answer is no JSON"),
        ("sys.exit('no key')", "it ended with exit code 1: no key"),
        ("os.kill(os.getpid(), 9)", "it ended with signal 9"),
        ("json.dump({'points': [{'train.lr': 7}]}, sys.stdout)", "point 1 of its answer cannot"),
        ("json.dump({'points': [{'rate': 0.1}]}, sys.stdout)", "point 1 of its answer"),
        ("json.dump({'points': [{'train.lr': 1e999}]}, sys.stdout)", "point 1 of its answer"),
        ("json.dump({'points': [{}]}, sys.stdout)", "point 1 of its answer: it was tried before"),
        ("print('x' * 1_000_001)", "its answer is longer than 1000000 bytes"),
    ],
)
def test_silence_and_bad_answers_cost_nothing_and_are_counted(
    tmp_path: Path, body: str, why: str | None
) -> None:
    heard: list[Any] = []
    plan = bowl_plan(tmp_path, advisor=advisor(tmp_path, body), advisor_share=1.0, trials=3)
    run_here(plan, listener=heard.append)
    assert _sources(plan.output) == ["default", "search", "search"]
    refused = proposals_of(Run(plan.output))["advisor"].refused
    said = [notice.words for notice in heard if getattr(notice, "warns", False)]
    if why is None:
        assert not refused
        assert not said
    else:
        assert all(why in reason for reason in refused)
        assert sum(refused.values()) >= 2
        assert len(said) == len(refused)  # each once


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    body = """
    if os.fork():
        open(told["skill"] + ".pid", "w").write(str(os.getpid()))
    time.sleep(600)
    """
    options = AdvisorOptions(advisor(tmp_path, body), str(tmp_path), timeout_s=1.0)
    asked = Advisor(options, tmp_path)
    asked.ask(lambda: {"skill": "bowl"})
    assert asked.collect() == Answer(failure="it gave no answer within 1 s")
    assert not _children_of_advisors(tmp_path)


def _children_of_advisors(folder: Path) -> list[str]:
    """The command lines of living processes that run the advisor in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found.append(line.decode(errors="replace"))
    return found


def test_the_end_of_the_search_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    body = 'open("begun", "w").close()\ntime.sleep(600)'
    asked = Advisor(AdvisorOptions(advisor(tmp_path, body), str(tmp_path)), tmp_path)
    asked.ask(lambda: {})
    assert asked.busy
    assert asked.collect() is None
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    asked.close()
    assert asked.collect() == Answer(failure="the search is over")
    assert not _children_of_advisors(tmp_path)


def test_messages_without_end_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_LOG", 1000)
    body = "print('x' * 5000, file=sys.stderr, flush=True)\ntime.sleep(600)"
    asked = Advisor(AdvisorOptions(advisor(tmp_path, body), str(tmp_path)), tmp_path)
    asked.ask(lambda: {})
    assert asked.collect() == Answer(failure="it wrote more than 1000 bytes of messages")


def test_a_program_that_is_gone_is_told(tmp_path: Path) -> None:
    asked = Advisor(AdvisorOptions("./gone --now", str(tmp_path)), tmp_path)
    asked.ask(lambda: {})
    answer = asked.collect()
    assert answer is not None
    assert answer.failure.startswith("it ended with exit code 127: cannot start './gone'")


SEVERAL = """
points = [{"train.lr": 0.02 + n / 100} for n in range(4)]
json.dump({"points": points if told["trial"] < 3 else []}, sys.stdout)
"""


def test_whatever_prefix_is_left_a_resumed_run_repeats_nothing(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, advisor=advisor(tmp_path, SEVERAL), advisor_share=0.5)
    run_here(plan)
    ledger = (plan.output / LEDGER_FILE).read_bytes()
    lines = ledger.splitlines(keepends=True)
    assert sum(b'"advice"' in line for line in lines) == 1
    for count in range(2, len(lines)):
        (plan.output / LEDGER_FILE).write_bytes(b"".join(lines[:count]))
        run_here(plan)
        run = Run(plan.output)
        assert plan.space is not None
        keys = [plan.space.canonical(history.start.params) for history in run.histories]
        assert len(set(keys)) == len(keys) == plan.trials, count
        assert [h.number for h in run.histories] == list(range(len(keys)))
        points = [p for e in run.events if isinstance(e, AdviceEvent) for p in e.points]
        tried = [
            e.params for e in run.events if isinstance(e, StartEvent) and e.source == "advisor"
        ]
        assert {plan.space.canonical(p) for p in points} == {
            plan.space.canonical(p) for p in tried
        }, count


def test_the_documented_example_advises(tmp_path: Path) -> None:
    example = next(b for b in blocks_of(ROOT / "docs" / "advisor.md") if b.language == "python")
    script = tmp_path / "documented.py"
    script.write_text(example.text)
    plan = bowl_plan(tmp_path, advisor=f"{sys.executable} {script}", advisor_share=0.5, trials=4)
    run_here(plan)
    assert _sources(plan.output).count("advisor") == 2
    assert not proposals_of(Run(plan.output))["advisor"].refused
