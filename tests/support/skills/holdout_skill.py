"""A bowl skill that can hold training data out, and that measures a checkpoint on test data."""

import json
from pathlib import Path

import yaml

_TRAINER = """
import json
from pathlib import Path

import bowl_trainer


def share(spec):
    count = len(list(Path(spec["dataset"]["folder"]).iterdir()))
    return (0.25, f"a quarter of {count} crops") if count > 2 else (0.0, f"only {count} crops")


def run(spec, report=None):
    held, test = spec["dataset"]["holdout"], spec["dataset"]["test"]
    if held:
        assert not test, "the search sees the test data"
    else:
        assert (Path(test) / "seen").exists(), "no test data"
    if spec["train"]["fault"] == "refit" and not held:
        raise RuntimeError("all data are too much")
    bowl_trainer.run(spec, report)
    folder = Path(spec["results_dir"])
    last = max(folder.glob("*.pth"))
    last.write_text(json.dumps({"score": bowl_trainer.score(spec["train"]), "held": held}))


def evaluate(spec, report=None):
    assert (Path(spec["test"]) / "seen").exists(), "no test data"
    facts = json.loads(Path(spec["checkpoint"]).read_text())
    score = facts["score"] - (0.25 if facts["held"] else 0.125)
    report({"status": "RUNNING", "epoch": 1, "kpi": {"score": score, "score_se": 0.03}})
"""


def make_holdout_skill(bowl: Path, root: Path, *, crops: int = 3) -> Path:
    """Turn a copy of the bowl skill into one with a holdout, and ``root`` into its data."""
    (bowl / "held_trainer.py").write_text(_TRAINER)
    path = bowl / "references/skill_info.yaml"
    info = yaml.safe_load(path.read_text())
    info |= {"holdout_key": "dataset.holdout", "holdout_rule": "held_trainer:share"}
    info["final_action"] = "evaluate"
    info["actions"]["train"]["execution"]["entrypoint"] = "held_trainer:run"
    info["actions"]["evaluate"]["execution"]["entrypoint"] = "held_trainer:evaluate"
    test = {"source": "train_datasets", "path": "test"}
    crop = {"source": "train_datasets", "path": "crops"}
    train = {"dataset.folder": crop, "dataset.test": {**test, "unless": "dataset.holdout"}}
    info["data_sources"] = {"train": train, "evaluate": {"test": test}}
    path.write_text(yaml.safe_dump(info))
    path = bowl / "references/spec_template_train.yaml"
    spec = yaml.safe_load(path.read_text())
    spec["dataset"] |= {"holdout": 0.0, "test": ""}
    path.write_text(yaml.safe_dump(spec))
    path = bowl / "schemas/train.schema.json"
    schema = yaml.safe_load(path.read_text())
    schema["properties"]["dataset"]["properties"] |= {
        "holdout": {"type": "number", "default": 0.0, "minimum": 0.0, "maximum": 0.5},
        "test": {"type": "string", "default": ""},
    }
    path.write_text(json.dumps(schema))
    for name in ("crops", "test"):
        (root / name).mkdir()
    (root / "test" / "seen").touch()
    for number in range(crops):
        (root / "crops" / f"{number}.jpg").touch()
    return bowl
