"""A skill of scripts whose evaluate action measures a checkpoint, as strangers write them."""

import json
import shutil
from pathlib import Path

import yaml
from project_paths import SKILLS

_TRAIN = """
import json, os, sys, time
from pathlib import Path
spec = json.loads(Path(sys.argv[1]).read_text())
folder, train = Path(sys.argv[2]), spec["train"]
with (folder / "started.txt").open("a") as started:
    started.write("x")
for epoch in range(1, train["epochs"] + 1):
    time.sleep(train["epoch_s"])
    print(f"epoch {epoch} val_acc: {train['lr'] * epoch / 10:.6f}", flush=True)
    model = json.dumps({"lr": train["lr"], "epoch": epoch, "width": spec["model"]["width"]})
    (folder / f"model_epoch_{epoch:03d}.pth").write_text(model)
"""
_EVALUATE = """
import json, os, sys, time
from pathlib import Path
spec = json.loads(Path(sys.argv[1]).read_text())
folder = Path(sys.argv[2])
model = json.loads(Path(spec["evaluate"]["checkpoint"]).read_text())
assert spec["model"]["width"] == model["width"], "the model has another width"
hard = float((Path(spec["evaluate"]["data"]) / "hard.txt").read_text())
flag = Path(spec["evaluate"]["data"]) / "fail_once"
if flag.exists():
    flag.unlink()
    sys.exit("OSError: [Errno 5] Input/output error")
time.sleep(spec["evaluate"]["wait_s"])
print(f"val_acc: {round(model['lr'] * model['epoch'] * hard, 6)}")
print(f"size: {model['width']}")
"""


def make_measured_skill(folder: Path, **info: object) -> Path:
    """Write the skill into ``folder``; ``info`` replaces parts of its skill_info.yaml."""
    shutil.copytree(SKILLS / "peer_script", folder)
    (folder / "scripts/train.py").write_text(_TRAIN)
    (folder / "scripts/evaluate.py").write_text(_EVALUATE)
    place = folder / "references/skill_info.yaml"
    found = yaml.safe_load(place.read_text())
    args = ["{config_path}", "{results_dir}"]
    script = {"type": "python_script", "script": "scripts/train.py", "args": args}
    train, evaluate = dict(script), {**script, "script": "scripts/evaluate.py"}
    found["actions"] = {
        "train": {"config_format": "json", "execution": train},
        "evaluate": {"config_format": "json", "execution": evaluate},
    }
    found["data_sources"] = {
        "evaluate": {"evaluate.data": {"source": "eval_dataset", "path": "hard"}}
    }
    found["spec_params"] = {
        "train": {
            "results_dir": "output_dir",
            "train.pretrained": "ptm_if_no_resume_model",
        },
        "evaluate": {"results_dir": "output_dir", "evaluate.checkpoint": "parent_model"},
    }
    place.write_text(yaml.safe_dump({**found, **info}))
    place = folder / "references/spec_template_train.yaml"
    spec = yaml.safe_load(place.read_text())
    spec["train"] |= {"epochs": 2, "pretrained": "", "seed": 1}
    spec["model"] = {"width": 8}
    place.write_text(yaml.safe_dump(spec))
    measure = {"checkpoint": "", "data": "", "wait_s": 0.0}
    spec = {"model": {"width": 4}, "evaluate": measure, "results_dir": ""}
    (folder / "references/spec_template_evaluate.yaml").write_text(yaml.safe_dump(spec))
    place = folder / "schemas/train.schema.json"
    schema = json.loads(place.read_text())
    schema["properties"]["model"] = {
        "type": "object",
        "properties": {"width": {"type": "integer", "default": 8, "minimum": 1, "maximum": 64}},
    }
    train = schema["properties"]["train"]["properties"]
    train["pretrained"] = {"type": "string", "default": ""}
    train["seed"] = {"type": "integer", "default": 1, "minimum": 0}
    place.write_text(json.dumps(schema))
    return folder


def make_hard_data(root: Path, *, hard: float = 1.0) -> Path:
    """Write the data of the skill's evaluate action below ``root``."""
    (root / "hard").mkdir(parents=True)
    (root / "hard" / "hard.txt").write_text(str(hard))
    return root
