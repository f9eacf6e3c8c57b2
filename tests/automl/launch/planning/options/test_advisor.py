"""The advisor of a request: split into words, checked before anything runs, kept in the plan."""

import sys
from pathlib import Path
from typing import Any

import pytest
from guided_runs import bowl_plan

from automl.cli.views.plan_lines import search_lines
from automl.errors import InputError
from automl.launch.known_places import VARIABLE, places_of, remember, unknown_places
from automl.launch.plan_codec import plan_to_dict
from automl.launch.planning.options.advisor import AdvisorOptions
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.review import make_review


def test_words_are_split_as_a_shell_would_and_no_shell_reads_them(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, advisor=f"{sys.executable} -c 'print(1)' '$HOME; x'")
    advisor = plan.sweep_options.advisor
    assert advisor is not None
    assert advisor.argv == [sys.executable, "-c", "print(1)", "$HOME; x"]
    assert (advisor.folder, advisor.share, advisor.timeout_s) == (str(Path.cwd()), 0.25, 60.0)
    assert SweepOptions.from_dict(plan.sweep_options.to_dict()) == plan.sweep_options


def test_the_review_names_it_and_foresees_no_further_trial(tmp_path: Path) -> None:
    plan = bowl_plan(tmp_path, advisor="env", advisor_share=0.5, advisor_timeout_s="2m")
    review = make_review(plan)
    assert "advisor    env: at most 0.5 of the trials, 120 s an answer" in search_lines(
        plan, review
    )
    assert [trial.source for trial in review.first] == ["default"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"advisor": ""}, "--advisor is empty"),
        ({"advisor": "'' x"}, "--advisor is empty"),
        ({"advisor": "python 'open"}, "cannot be split into words: No closing quotation"),
        ({"advisor": "no-such-program --now"}, "'no-such-program' is not found"),
        ({"advisor": "env missing.py"}, "'missing.py', which is no file"),
        ({"advisor": "env http://me:secret@host/"}, "holds a password"),
        ({"advisor": "env", "advisor_share": 0}, "--advisor-share must be positive"),
        ({"advisor": "env", "advisor_share": 1.5}, "--advisor-share must be at most 1"),
        ({"advisor": "env", "advisor_timeout_s": "0s"}, "--advisor-timeout must be positive"),
        ({"advisor_share": 0.5}, "--advisor-share acts on an advisor"),
        ({"advisor": "env", "algorithm": "pbt"}, "pbt"),
    ],
)
def test_bad_input_says_what_to_do(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError) as error:
        bowl_plan(tmp_path, **options)
    assert why in str(error.value)
    assert not (tmp_path / "run" / "plan.yaml").exists()


@pytest.mark.parametrize(
    ("share", "advised", "trials", "allowed"),
    [(0.25, 0, 3, False), (0.25, 0, 4, True), (0.29, 28, 100, True), (1.0, 0, 1, True)],
)
def test_its_share_holds_at_any_moment(
    share: float, advised: int, trials: int, allowed: bool
) -> None:
    assert AdvisorOptions("env", "/", share).allows(advised, trials) is allowed


def test_somebody_elses_run_does_not_start_its_advisor_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    content = plan_to_dict(bowl_plan(tmp_path, advisor="env"))
    place = f"advisor env (in {Path.cwd()})"
    assert place in unknown_places(content, None)
    remember(places_of(content))
    assert unknown_places(content, None) == []
    content["course"]["advisor"]["folder"] = "/elsewhere"  # another program of the same name
    assert unknown_places(content, None) == ["advisor env (in /elsewhere)"]
    content["course"]["advisor"] = "env"
    assert unknown_places(content, None) == []
