"""references/skill_info.yaml: every shape that a bank holds loads; faults come all at once."""

from pathlib import Path

import pytest
import yaml
from project_paths import SKILLS

from automl.errors import SkillError
from automl.skill import Skill, load_skill, packaged_skill_dir


def write_info(directory: Path, text: str) -> Path:
    (directory / "references").mkdir(parents=True, exist_ok=True)
    (directory / "references/skill_info.yaml").write_text(text)
    return directory


def load_text(directory: Path, text: str) -> Skill:
    return load_skill(write_info(directory, text))


def test_kitchen_sink_is_read_whole() -> None:
    info = load_skill(SKILLS / "kitchen_sink").info
    assert (info.name, info.network_arch, info.automl_enabled) == (
        "kitchen-sink",
        "made_up_detector",
        True,
    )
    train, export = info.actions["train"], info.actions["export"]
    assert train.command == ("detector", "train", "-e", "{config_path}")
    assert export.command == train.command[:1] + ("export", "-e", "{config_path}")
    assert export.config_format == "json"
    assert train.execution is not None
    assert train.execution.script == "scripts/train.py"
    assert train.execution.args[-1] == "{results_dir}"
    assert train.inputs["train.resume_checkpoint"].optional
    assert not train.inputs["dataset.root_dir"].optional
    source = info.data_sources["train"]["dataset.root_dir"]
    assert (source.source, source.path, source.runtime) == (
        "train_datasets",
        "images.tar.gz",
        "extracted_folder",
    )
    assert info.spec_params["train"]["encryption_key"] == "key"
    assert info.shorthand["learning_rate"] == "train.optim.lr"
    assert info.metric == "val_loss"
    assert info.direction is None
    assert "container_image" in info.extra
    assert info.key_defaults == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name: given\nnetwork_arch: arch", "given"),
        ("name: ''\nnetwork_arch: arch", "arch"),
        ("network_arch: arch", "arch"),
        ("automl_enabled: true", "folder"),
    ],
)
def test_a_skill_without_a_name_has_that_of_its_network_or_folder(
    tmp_path: Path, text: str, name: str
) -> None:
    assert load_text(tmp_path / "folder", text).info.name == name


def test_a_pretrained_file_is_a_link_with_a_place(tmp_path: Path) -> None:
    text = """
spec_params:
  train: {out: output_dir, m.weights: {link: "https://x.org/a.pth", destination_path: /ptm/b.pth}}
  test: {w: {link: "https://x.org/a.pth"}}
"""
    info = load_text(tmp_path, text).info
    assert info.spec_params == {"train": {"out": "output_dir"}, "test": {}}
    weights = info.pretrained["train"]["m.weights"]
    assert (weights.link, weights.destination) == ("https://x.org/a.pth", "/ptm/b.pth")
    assert info.pretrained["test"]["w"].destination == "https://x.org/a.pth"


def test_a_skill_may_have_little_more_than_a_name(tmp_path: Path) -> None:
    skill = load_text(tmp_path, "name: bare\nnetwork_arch: x\nexecution_environment: uv\n")
    assert skill.actions == ()
    assert skill.info.extra == {"execution_environment": "uv"}
    assert not skill.info.automl_enabled


def test_sources_may_be_plain_paths_and_the_metric_may_stand_at_the_action(tmp_path: Path) -> None:
    skill = load_text(
        tmp_path,
        """
name: forecast
actions: {train: {command: 'run "a b" {config_path}', metric: mse, metric_direction: minimize}}
data_sources: {train: {"dataset.sources[0].dir": images}, evaluate: {}}
""",
    )
    assert skill.action("train").command == ("run", "a b", "{config_path}")
    assert skill.info.data_sources["train"]["dataset.sources[0].dir"].path == "images"
    assert (skill.info.metric, skill.info.direction) == ("mse", "minimize")


def test_the_keys_of_a_holdout_and_the_action_of_the_last_word() -> None:
    info = load_skill(packaged_skill_dir()).info
    assert (info.holdout_key, info.holdout_seed_key) == ("dataset.holdout", "dataset.holdout_seed")
    assert info.final_action == "evaluate"
    unless = {key: source.unless for key, source in info.data_sources["train"].items()}
    assert unless == {
        "dataset.train_dataset_dir": None,
        "dataset.test_dataset_dir": "dataset.holdout",
        "dataset.query_dataset_dir": "dataset.holdout",
    }


def test_a_final_action_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="final_action: 'test' is none of the actions train, eval"):
        load_text(tmp_path, "final_action: test\nactions: {train: {}, eval: {}}")


def test_all_faults_are_named_at_once_with_their_keys(tmp_path: Path) -> None:
    with pytest.raises(SkillError) as caught:
        load_text(
            tmp_path,
            """
automl_enabled: "sometimes"
actions:
  train: {command: 'a "b', config_format: xml, execution: {type: python_entrypoint}}
  test: [1]
data_sources: {train: {x: 3}}
metrics: {monitoring_metric: acc, direction: up}
spec_params: {train: {a: output_dir, b: {destination_path: /ptm/x}}}
""",
        )
    text = "\n".join(caught.value.faults)
    for key in (
        "spec_params.train.b.link: must be a string",
        "automl_enabled: must be true or false",
        "actions.train.command: cannot be split",
        "actions.train.config_format: must be one of yaml, json, toml",
        "actions.train.execution.entrypoint: must be a string",
        "actions.test: must be a mapping",
        "data_sources.train.x: must be a mapping",
        "metrics.direction: must be maximize or minimize",
    ):
        assert key in text, key
    assert len(caught.value.faults) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not valid YAML: line "),
        ("- a\n- b\n", "must be a mapping"),
        ("!!python/object:os.system {}", "is not valid YAML"),
        ("", "must be a mapping"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SkillError, match=said):
        load_text(tmp_path, text)


def test_missing_things_are_named(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="no such skill directory"):
        load_skill(tmp_path / "nowhere")
    with pytest.raises(SkillError, match=r"skill_info.yaml: no such file"):
        load_skill(tmp_path)
    with pytest.raises(SkillError, match="no action 'fly'; it has: train, export"):
        load_skill(SKILLS / "kitchen_sink").action("fly")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    write_info(tmp_path, "name: x")
    (tmp_path / "references/skill_info.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SkillError, match="cannot be read as UTF-8"):
        load_skill(tmp_path)


def test_declared_templates_count_only_inside_the_skill(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("a: 1")
    inside = tmp_path / "skill"
    write_info(
        inside,
        yaml.safe_dump(
            {"name": "x", "spec_templates": {"a": "../references/t.yaml", "b": "../secret.yaml"}}
        ),
    )
    (inside / "references/t.yaml").write_text("k: 5")
    skill = load_skill(inside)
    assert skill.template("a") == {"k": 5}
    with pytest.raises(SkillError, match=r"spec_template_b.yaml: no such file"):
        skill.template("b")


def test_the_packaged_skill_is_found() -> None:
    assert load_skill(packaged_skill_dir()).info.automl_enabled


@pytest.mark.parametrize("name", ["<primary-action>", "训练", "train v2", "a.b"])
def test_an_action_may_be_called_by_anything_that_a_file_may(tmp_path: Path, name: str) -> None:
    assert load_text(tmp_path, f"name: x\nactions: {{'{name}': {{command: run}}}}\n").actions == (
        name,
    )
