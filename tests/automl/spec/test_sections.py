"""Which sections of a spec belong to another action than the one that runs."""

import pytest

from automl.spec.sections import foreign_sections, is_of_other_action

TRAINING = ("train", "model", "dataset", "evaluate", "inference", "dataset.val_dataset", "export")


@pytest.mark.parametrize(
    ("action", "sections", "foreign"),
    [
        ("train", TRAINING, {"evaluate", "inference", "val_dataset", "export"}),
        ("segment_train", TRAINING, {"evaluate", "inference", "val_dataset", "export"}),
        ("retrain", ("optim", "evaluate"), {"evaluate"}),
        ("evaluate", TRAINING, {"inference", "export", "train"}),
        ("inference", TRAINING, {"evaluate", "val_dataset", "export", "train"}),
        ("inference_hpo", ("dataset", "inference", "train"), {"train"}),
        ("tune_threshold", ("dataset", "inference"), set()),
        ("tune_threshold", ("dataset", "inference", "train.optim", "train"), {"train"}),
        ("distill", ("distill", "evaluate"), {"evaluate"}),
    ],
)
def test_sections_are_compared_with_those_that_the_action_has(
    action: str, sections: tuple[str, ...], foreign: set[str]
) -> None:
    assert foreign_sections(sections, action) == foreign


@pytest.mark.parametrize(
    ("key", "action", "other"),
    [
        ("dataset.infer_dataset.csv", "train", True),
        ("distill.teacher_path", "train", True),
        ("distill.teacher_path", "distill", False),
        ("dataset.train_dataset.csv", "train", False),
        ("dataset.train_dataset.csv", "evaluate", True),
        ("dataset.test_dataset.csv", "evaluate", False),
        ("evaluate.checkpoint", "evaluate", False),
        ("evaluate.checkpoint", "inference", True),
        ("results_dir", "train", False),
    ],
)
def test_mandatory_keys_of_other_actions(key: str, action: str, other: bool) -> None:
    assert is_of_other_action(key, action) is other
