"""The packaged schemas and templates: valid for any JSON Schema validator, and never stale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from reid_model.config import ACTIONS, load_spec
from reid_model.config.experiment import ExperimentConfig
from reid_model.config.generate import ROOT, generated_files, main, stale_files
from reid_model.config.keys import keys_of
from reid_model.config.packaged.schema import defaults_of, schema_of


@pytest.mark.parametrize("action", ACTIONS)
def test_schemas_are_valid_and_accept_their_own_defaults(action: str) -> None:
    schema = schema_of(action)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(schema["default"], schema)
    assert schema["default"] == defaults_of(ExperimentConfig)


@pytest.mark.parametrize("action", ACTIONS)
def test_templates_read_back_to_the_defaults(action: str) -> None:
    template = yaml.safe_load(generated_files()[f"references/spec_template_{action}.yaml"])
    assert template == defaults_of(ExperimentConfig)
    assert load_spec(template) == load_spec({})


def test_the_packaged_files_are_not_stale() -> None:
    assert stale_files(ROOT) == []


def test_check_tells_a_stale_file_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / "schemas/train.schema.json").write_text("{}")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "schemas/train.schema.json is stale" in capsys.readouterr().err


def test_the_tables_of_the_skill_page_follow_skill_info(tmp_path: Path) -> None:
    for name in ("SKILL.md", "references/skill_info.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    main(["--root", str(tmp_path)])
    info = tmp_path / "references/skill_info.yaml"
    info.write_text(info.read_text().replace("sample_test.tar.gz", "gallery.tar.gz"))
    assert stale_files(tmp_path) == ["SKILL.md"]
    main(["--root", str(tmp_path)])
    assert (
        "| evaluate | `evaluate.test_dataset` | `gallery.tar.gz`"
        in (tmp_path / "SKILL.md").read_text()
    )


def test_popular_keys_are_nested_as_tao_writes_them() -> None:
    popular = schema_of("train")["popular"]
    assert popular["dataset"]["batch_size"] == 64
    assert popular["train"]["optim"]["base_lr"] == 0.00035


def _leaf(schema: dict[str, Any], dotted: str) -> dict[str, Any]:
    node = schema
    for name in dotted.split("."):
        node = node["properties"][name]
    return node


def test_what_matters_for_the_method_is_searched_by_default() -> None:
    schema = schema_of("train")
    searched = set(schema["automl_default_parameters"])
    assert searched == {
        "model.id_loss_weight",
        "model.triplet_loss_weight",
        "dataset.re_prob",
        "dataset.num_instances",
        "train.optim.lr_steps",
        "train.optim.weight_decay",
        "train.optim.warmup_iters",
        "train.optim.warmup_epochs",
        "train.optim.base_lr",
        "train.optim.triplet_loss_margin",
    }
    for name in searched:
        assert _leaf(schema, name)["automl_enabled"] is True
    assert not searched & set(schema["automl_disabled_parameters"])
    assert schema_of("evaluate")["automl_default_parameters"] == []


def test_search_ranges_lie_inside_the_legal_ones() -> None:
    ranged = [(name, key) for name, key in keys_of(ExperimentConfig) if key.search]
    assert len(ranged) > 20
    for name, key in ranged:
        low, high = key.search or (0.0, 0.0)
        assert low < high, name
        assert key.minimum is None or low >= key.minimum, name
        assert key.above is None or low > key.above, name
        assert key.maximum is None or high <= key.maximum, name
        assert key.below is None or high < key.below, name
        assert key.scale != "log" or low > 0, name


def test_conditions_name_keys_and_values_that_exist() -> None:
    keys = dict(keys_of(ExperimentConfig))
    schema = schema_of("train")
    alternatives = [one for key in keys.values() for one in key.alternatives]
    assert len(alternatives) > 8
    for conditions in alternatives:
        for parent, values in conditions.items():
            enum = _leaf(schema, parent).get("enum")
            assert enum is None or set(values) <= set(enum)
    for key in keys.values():
        assert set(key.depends_on) <= set(keys)


def test_no_legal_bound_forbids_a_published_recipe() -> None:
    config = load_spec(
        {
            "model": {"input_height": 384, "input_width": 128, "last_stride": 2, "feat_dim": 2048},
            "re_ranking": {"re_ranking": True, "k1": 30, "k2": 1},
            "train": {"optim": {"bias_lr_factor": 2.0, "weight_decay": 1e-4, "name": "SGD"}},
        }
    )
    assert (config.model.feat_dim, config.re_ranking.k2) == (2048, 1)
    assert config.train.optim.bias_lr_factor == 2.0


def test_the_manifest_lists_every_packaged_action() -> None:
    manifest = json.loads(generated_files()["schemas/manifest.json"])
    assert list(manifest["actions"]) == list(ACTIONS)
