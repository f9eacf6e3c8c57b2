"""The monitoring metric of a skill that names it in SKILL.md alone."""

from pathlib import Path

import pytest

from automl.skill import load_skill, packaged_skill_dir
from automl.skill.prose import read_prose_metrics


def named(tmp_path: Path, text: str) -> list[tuple[str, str | None]]:
    (tmp_path / "SKILL.md").write_text(f"# A skill\n\n## Training requirements\n\n{text}\n")
    return [(metric.name, metric.direction) for metric in read_prose_metrics(tmp_path)]


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("- **Monitoring metric:** val_acc_1", [("val_acc_1", None)]),
        ("- **Monitoring metric:** val_acc_1.", [("val_acc_1", None)]),
        (
            "- **Training monitoring metrics:** `val_3DIoU`, `val_2DMPE`",
            [("val_3DIoU", None), ("val_2DMPE", None)],
        ),
        ("- **Training monitoring metric:** `val/loss`", [("val/loss", None)]),
        (
            "- **Monitoring metric:** `val/d1` (maximize), `val/loss` (minimize).",
            [("val/d1", "maximize"), ("val/loss", "minimize")],
        ),
        (
            "- **Pretraining monitoring metric:** `train_loss`, minimized.",
            [("train_loss", "minimize")],
        ),
        (
            "- **Monitoring metric:** val Precision at Rank 1",
            [("val Precision at Rank 1", None)],
        ),
        ("* Monitoring metric: EPE (lower is better)", [("EPE", "minimize")]),
        ("**Monitoring metric**: mAP - higher is better", [("mAP", "maximize")]),
        ("- **AutoML training metric:** `rank_1` (maximize). See below.", [("rank_1", "maximize")]),
        (
            "- **AutoML training metric:** `mIoU`, with `direction=maximize`; it",
            [("mIoU", "maximize")],
        ),
        (
            "- **AutoML training metrics:** `a` with `direction=minimize` or `b`; both count",
            [("a", "minimize"), ("b", None)],
        ),
        ("- **AutoML metric:** Maximize `mIoU`; never a loss.", [("mIoU", None)]),
        ("- **Standalone evaluation metric:** `test_acc`, with `direction=maximize`", []),
        ("- **Monitoring metric:** none", []),
        ("Watch the monitoring metrics in a dashboard.", []),
    ],
)
def test_the_forms_in_which_skills_say_it(tmp_path: Path, line: str, metrics: list[object]) -> None:
    assert named(tmp_path, line) == metrics


def test_the_training_comes_before_the_pretraining(tmp_path: Path) -> None:
    text = "- **Pretraining monitoring metric:** `a_loss`\n- **Monitoring metric:** `val_acc`"
    assert [name for name, _ in named(tmp_path, text)] == ["val_acc", "a_loss"]


def test_without_prose_there_is_none(tmp_path: Path) -> None:
    assert read_prose_metrics(tmp_path) == ()


def test_skill_info_wins_and_the_prose_says_where_it_stands(tmp_path: Path) -> None:
    named(tmp_path, "- **Monitoring metric:** `val/d1` (maximize), `val/loss` (minimize)")
    (tmp_path / "references").mkdir()
    info = tmp_path / "references/skill_info.yaml"
    info.write_text("name: x\n")
    read = load_skill(tmp_path).info
    assert (read.metric, read.direction) == ("val/d1", "maximize")
    assert read.metric_source == "SKILL.md, 'Monitoring metric'"
    info.write_text("name: x\nmetrics: {monitoring_metric: epe}\n")
    read = load_skill(tmp_path).info
    assert (read.metric, read.direction, read.metric_source) == ("epe", None, None)
    assert read.known_metrics == {"epe", "val/d1", "val/loss"}


def test_a_skill_of_the_packaged_ones_network_has_its_metric(tmp_path: Path) -> None:
    (tmp_path / "references").mkdir()
    info = tmp_path / "references/skill_info.yaml"
    packaged = load_skill(packaged_skill_dir()).info
    info.write_text(f"name: x\nnetwork_arch: {packaged.network_arch}\n")
    read = load_skill(tmp_path).info
    assert (read.metric, read.direction) == (packaged.metric, packaged.direction)
    assert read.metric_source == f"the packaged skill {packaged.name}, of the same network_arch,"
    named(tmp_path, "- **Monitoring metric:** `mAP`")
    assert load_skill(tmp_path).info.metric == "mAP"
    info.write_text("name: x\nnetwork_arch: another\n")
    (tmp_path / "SKILL.md").unlink()
    assert load_skill(tmp_path).info.metric is None
