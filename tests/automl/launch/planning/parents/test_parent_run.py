"""An action that goes on from an earlier run: its skill, spec, checkpoint and data."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from project_paths import SKILLS

from automl.cli.main import cli
from automl.cli.views.plan_review import render_plan
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.review import make_review
from automl.skill import packaged_skill_dir
from automl.trial.ledger.writer import Ledger

CHECKPOINT = "model_epoch_008_step_00096.pth"


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    for name in ("train", "test", "query"):
        (tmp_path / "crops" / f"sample_{name}").mkdir(parents=True)
    return tmp_path / "crops"


@pytest.fixture
def sweep(tmp_path: Path, crops: Path) -> Path:
    """The folder that a finished sweep of the packaged skill leaves."""
    folder = tmp_path / "sweep"
    (folder / "best").mkdir(parents=True)
    spec = {
        "model": {"backbone": "resnet_18", "feat_dim": 128},
        "dataset": {"test_dataset_dir": str(crops / "sample_test"),
                    "query_dataset_dir": str(crops / "sample_query")},
        "train": {"num_epochs": 8, "optim": {"lr_steps": [6, 7]}},
        "results_dir": "an/earlier/trial",
        "encryption_key": "env:KEY_OF_THE_TEST",
    }  # fmt: skip
    plan = {"skill": {"directory": str(packaged_skill_dir())}, "action": "train",
            "metric": "cmc_rank_1", "direction": "maximize",
            "space": {"parameters": []}}  # fmt: skip
    facts = {"trial": {"trial_id": "0003"}, "metric": "cmc_rank_1", "value": 0.65,
             "baseline": 0.14, "checkpoint": CHECKPOINT, "checkpoint_value": 0.65}  # fmt: skip
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    (folder / "best" / "spec.yaml").write_text(yaml.safe_dump(spec))
    (folder / "best" / "provenance.yaml").write_text(yaml.safe_dump(facts))
    (folder / "best" / CHECKPOINT).write_bytes(b"weights")
    return folder


@pytest.fixture
def evaluation(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("KEY_OF_THE_TEST", "secret")

    def make(**options: Any) -> Plan:
        given = {"action": "evaluate", "parent": sweep, "output": tmp_path / "run", **options}
        return make_plan(RunRequest(**given))

    return make


def test_the_parents_checkpoint_network_and_data_are_taken(
    evaluation: Any, sweep: Path, crops: Path
) -> None:
    found = evaluation()
    assert found.route.kind == "direct"
    assert found.spec["evaluate"]["checkpoint"] == str(sweep / "best" / CHECKPOINT)
    assert found.spec["model"]["backbone"] == "resnet_18"
    assert found.spec["evaluate"]["test_dataset"] == str(crops / "sample_test")
    assert found.spec["evaluate"]["query_dataset"] == str(crops / "sample_query")
    assert found.spec["encryption_key"] == "env:KEY_OF_THE_TEST"
    assert found.spec["train"]["optim"]["lr_steps"] == [6, 7]  # not scaled a second time
    assert found.spec["results_dir"] == str(found.output)


def test_an_export_is_compared_on_the_parents_query_crops_where_they_are(
    evaluation: Any, sweep: Path, crops: Path, tmp_path: Path
) -> None:
    def compared(**options: Any) -> tuple[str, str]:
        found = evaluation(action="export", **options)
        notes = "\n".join(note for note in found.notes if "left out" in note)
        return found.spec["dataset"]["query_dataset_dir"], notes

    key, query = "dataset.query_dataset_dir", crops / "sample_query"
    assert compared() == (str(query), "")
    other = tmp_path / "other" / "sample_query"
    other.mkdir(parents=True)
    assert compared(data=str(other.parent)) == (str(other), "")
    assert compared(overrides={key: str(other)}) == (str(other), "")
    with pytest.raises(InputError, match=r"sample_train/sample_query\.tar\.gz does not exist"):
        compared(data=str(crops / "sample_train"))
    with pytest.raises(InputError, match="nowhere does not exist"):
        compared(overrides={key: "nowhere"})
    query.rmdir()
    assert compared() == ("", f"the parent's {query} is gone: {key} is left out")
    assert compared(overrides={key: str(other)}) == (str(other), "")
    with pytest.raises(InputError, match="evaluate.query_dataset: .*sample_query does not exist"):
        evaluation()  # which cannot do without
    spec = evaluation(action="export", parent=None, overrides={"export.checkpoint": "a.pth"}).spec
    assert spec["dataset"]["query_dataset_dir"] == ""


def test_the_review_lists_what_the_user_changed_and_counts_what_the_parent_did(
    evaluation: Any, sweep: Path
) -> None:
    found = evaluation(overrides=["model.neck_feat=before", "num_epochs=8"])
    review = make_review(found)
    by = {change.key: change.by for change in review.changes}
    assert by["model.neck_feat"] == "you"
    assert by["evaluate.checkpoint"] == by["evaluate.test_dataset"] == "the run"
    theirs = [key for key in by if by[key] == "the parent"]
    assert sorted(theirs) == [
        "encryption_key", "model.backbone", "model.feat_dim", "train.optim.lr_steps",
    ]  # fmt: skip
    lines = [
        line for line in render_plan(found, review, verbose=True).splitlines() if "(by " in line
    ]
    assert lines[0].startswith("spec       model.neck_feat  after -> before  (by you)")
    assert lines[1].endswith("train.num_epochs  10 -> 8  (by you)")
    source = sweep / "best" / "spec.yaml"
    assert lines[2].strip() == f"4 keys as in {source}  (by the parent)"
    assert all(line.endswith("(by the run)") for line in lines[3:])
    assert plan_to_dict(found)["inherited"] == {
        "source": str(source),
        "keys": tuple(sorted(theirs)),
    }
    plain = evaluation(parent=None, data=str(sweep.parent / "crops"),
                       overrides={"evaluate.checkpoint": "a.pth"})  # fmt: skip
    assert plain.inherited is None
    assert "parent  " not in render_plan(plain, make_review(plain))


def test_what_the_user_says_wins(evaluation: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for name in ("sample_test", "sample_query"):
        (other / name).mkdir(parents=True)
    found = evaluation(
        data=str(other), overrides=["evaluate.checkpoint=mine.pth", "model.neck_feat=before"]
    )
    assert found.spec["evaluate"]["checkpoint"] == "mine.pth"
    assert found.spec["model"]["neck_feat"] == "before"
    assert found.spec["evaluate"]["test_dataset"] == str(other / "sample_test")


def test_one_trials_folder_is_a_parent_too(evaluation: Any, tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    (trial / "train").mkdir(parents=True)
    (trial / "spec.yaml").write_text("model: {backbone: resnet_34}\n")
    (trial / "train" / CHECKPOINT).write_bytes(b"weights")
    found = evaluation(action="export", parent=trial)
    assert found.spec["export"]["checkpoint"] == str(trial / "train" / CHECKPOINT)
    assert found.spec["model"]["backbone"] == "resnet_34"


def test_an_action_that_takes_nothing_refuses_a_parent(evaluation: Any) -> None:
    with pytest.raises(InputError, match="export .* takes nothing .*: train, evaluate, inference"):
        evaluation(action="export", skill_dir=SKILLS / "detector")
    with pytest.raises(InputError, match="--continue: action evaluate .*; those that do: train"):
        evaluation(action="evaluate", goes_on=True)


def test_a_folder_without_spec_or_checkpoint_is_refused(
    evaluation: Any, sweep: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no run's and no trial's folder"):
        evaluation(parent=tmp_path)
    (sweep / "best" / CHECKPOINT).unlink()
    with pytest.raises(InputError, match="no checkpoint"):
        evaluation()


def test_a_parent_whose_skill_is_gone_goes_on_with_skill_dir(
    evaluation: Any, sweep: Path, tmp_path: Path
) -> None:
    plan = yaml.safe_load((sweep / "plan.yaml").read_text())
    gone = {**plan, "skill": {"directory": str(tmp_path / "skill")}}
    (sweep / "plan.yaml").write_text(yaml.safe_dump(gone))
    words = (
        rf"--parent {sweep}: the skill directory .* {tmp_path / 'skill'}, is gone; .*--skill-dir"
    )
    with pytest.raises(InputError, match=words):
        evaluation()
    assert not (tmp_path / "run").exists()
    found = evaluation(skill_dir=packaged_skill_dir())
    assert found.spec["evaluate"]["checkpoint"] == str(sweep / "best" / CHECKPOINT)


def test_best_names_the_champion_and_the_next_commands(sweep: Path) -> None:
    ledger = Ledger(sweep / "ledger.jsonl")
    for number, (source, score) in ((0, ("default", 0.14)), (3, ("search", 0.65))):
        ledger.start(number, source, {"lr": number})
        ledger.epoch(number, 1, {"cmc_rank_1": score})
        ledger.end(number, "finished")
    told = CliRunner().invoke(cli, ["best", str(sweep)]).output
    assert "trial 0003  cmc_rank_1 0.6500  (defaults: 0.1400)" in told
    assert str(sweep / "best" / CHECKPOINT) in told
    for action in ("evaluate", "inference", "export"):
        assert f"automl run --action {action} --parent {sweep}" in told
    assert "--action train" not in told
    (sweep / "best" / "provenance.yaml").unlink()
    refused = CliRunner().invoke(cli, ["best", str(sweep)])
    assert isinstance(refused.exception, InputError)


def test_without_parent_or_model_nothing_is_launched(evaluation: Any, crops: Path) -> None:
    words = "evaluate.checkpoint is not set: give --parent RUN, or --set evaluate.checkpoint=FILE"
    with pytest.raises(InputError, match=words):
        evaluation(parent=None, data=str(crops))
    plan = evaluation(parent=None, data=str(crops), overrides={"evaluate.checkpoint": "a.pth"})
    assert plan.spec["evaluate"]["checkpoint"] == "a.pth"


def test_the_notes_say_where_files_will_lie(evaluation: Any, tmp_path: Path) -> None:
    notes = "\n".join(evaluation().notes)
    assert "evaluate.output_cmc_curve_plot = trials/ID/cmc_curve.png" in notes
    assert str(tmp_path / "run") not in notes
