"""What `automl init` reads from each kind of source, and how the trial then starts it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from skills.init_sources import ARGPARSE, CLASSES, CLICK, CONFIG, HYDRA, HYDRA_TRAINER

from automl.errors import InputError
from automl.init_skill.init import InitResult, init_skill
from automl.init_skill.request import InitRequest
from automl.skill import load_skill
from automl.space.check import check_skill
from automl.spec import build_spec


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user works in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(source: str, text: str = "", file: str = "", **options: Any) -> InitResult:
    if text:
        Path(file or source).write_text(text)
    request = {"output": Path("skill"), "python": sys.executable, "metric": "accuracy"} | options
    return init_skill(InitRequest(source=source, **request))


def launched(overrides: dict[str, Any]) -> str:
    """What the trainer prints when a trial starts it with some values."""
    skill = load_skill(Path("skill"))
    spec = build_spec(skill, "train", overrides=overrides).values
    is_yaml = skill.action("train").config_format == "yaml"
    Path("spec").write_text(yaml.safe_dump(spec) if is_yaml else json.dumps(spec))
    argv = [sys.executable, "skill/launch.py", "spec", "results"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def leaf(key: str) -> Any:
    return load_skill(Path("skill")).schema("train").leaves[key]


def test_a_script_with_argparse() -> None:
    made = init("train.py", ARGPARSE)
    assert (made.kind, check_skill(Path("skill")).faults) == ("argparse", ())
    assert {*made.searched} == {"lr", "momentum", "optimizer", "batch_size", "nesterov"}
    assert made.searched["lr"]["search"] == [0.001, 0.1]
    assert "a rate" in made.searched["lr"]["reason"]
    assert "budget" in made.not_searched["epochs"]
    assert "speed" in made.not_searched["workers"]
    assert "secret" in made.left_out["api_key"]
    assert "abc" not in "".join(file.read_text() for file in Path("skill").rglob("*.*"))
    body = json.loads(Path("skill/schemas/train.schema.json").read_text())["properties"]
    assert body["lr"] == {"type": "number", "description": "learning rate [0.01]", "default": 0.01}
    assert body["optimizer"]["enum"] == ["sgd", "adam"]
    assert load_skill(Path("skill")).info.spec_params == {"train": {"output_dir": "output_dir"}}
    printed = launched(
        {"lr": 0.5, "cuda": False, "nesterov": True, "milestones": [4, 5], "data": "d"}
    )
    assert "'lr': 0.5" in printed
    assert "'cuda': False" in printed
    assert "'nesterov': True" in printed
    assert "'milestones': [4, 5]" in printed
    assert "'data': 'd'" in printed
    assert "'batch_size': 32" in printed


def test_a_script_with_click_and_several_commands() -> None:
    made = init("train.py", CLICK)
    assert made.kind == "click"
    assert {*made.searched} == {"lr", "hidden_size", "activation", "bn"}
    assert made.searched["hidden_size"]["search"] == [8, 512]
    assert leaf("lr").bounds.low_open
    printed = launched({"lr": 0.5, "bn": False, "activation": "gelu", "out": "here"})
    assert printed.startswith("0.5 64 gelu False here")
    with pytest.raises(InputError, match="has no command 'tune'; it has: evaluate, train"):
        init("train.py", subcommand="tune", output=Path("other"))


def test_a_configuration_that_is_a_file_to_the_trainer() -> None:
    Path("train.py").write_text("import sys; print(open(sys.argv[2]).read())")
    command = "python train.py --config {config_path}"
    made = init("config.yaml", CONFIG, command=command)
    assert {*made.searched} == {"model.depth", "model.act", "optim.name", "optim.lr"}
    assert leaf("model.act").choices == ("relu", "gelu", "silu")
    schema = json.loads(Path("skill/schemas/train.schema.json").read_text())["properties"]
    assert schema["model"]["properties"]["depth"]["description"] == "number of layers"
    printed = yaml.safe_load(launched({"optim.lr": 0.5, "data": "crops"}))
    assert printed["optim"] == {"name": "adam", "lr": 0.5, "betas": [0.9, 0.999]}
    assert printed["stages"] == [{"n": 1}, {"n": 2}]


def test_a_json_configuration_is_one_to_the_trainer() -> None:
    Path("train.py").write_text("import json, sys; print(json.load(open(sys.argv[1])))")
    text = '{\n\t"lr": 1e-3,\n\t"optim": {"name": "adam"}, "epochs": 3}'
    made = init("config.json", text, command="python train.py {config_path}")
    assert {*made.searched} >= {"lr"}
    info = yaml.safe_load(Path("skill/references/skill_info.yaml").read_text())
    assert info["actions"]["train"]["config_format"] == "json"
    printed = yaml.safe_load(launched({"lr": 0.5}))
    assert printed == {"lr": 0.5, "optim": {"name": "adam"}, "epochs": 3}


def test_a_configuration_whose_trainer_takes_words() -> None:
    Path("train.py").write_text("import sys; print(sys.argv[1:])")
    init("config.yaml", CONFIG, command="python train.py")
    betas = {"optim.betas": [0.5, 0.9], "data": "x y"}
    words = launched({"optim.lr": 1e-5, "model.act": "gelu", **betas})
    expected = ["model.act=gelu", "optim.lr=1e-05", "optim.betas=[0.5,0.9]", "data='x y'"]
    expected.append("save_dir=''")  # which a trial fills with its folder
    assert words.strip() == str(expected)


def test_what_hydra_composes() -> None:
    Path("hydra.py").write_text(HYDRA)
    made = init("train.py", HYDRA_TRAINER)
    assert made.kind == "hydra"
    assert {*made.searched} == {"model.width", "optim.lr"}
    assert "follows" in made.left_out["name"]
    words = launched({"optim.lr": 0.5, "note": "it's"}).splitlines()[0]
    assert words == str(["optim.lr=0.5", r"note='it\'s'", "hydra.run.dir=results"])


@pytest.mark.parametrize("name", ["Training", "Model"])
def test_a_class(name: str) -> None:
    made = init(f"project:{name}", CLASSES, "project.py", call="project:train")
    assert made.kind == "class"
    assert made.searched["optim.lr"]["search"] == [0.0001, 0.01]
    printed = launched({"optim.lr": 0.5})
    if name == "Training":
        assert "lr=0.5" in printed
        assert "kind=<Kind.SMALL: 'small'>" in printed
        assert "mapping" in made.left_out["tags"]
        assert leaf("dropout").nullable
    else:
        assert leaf("optim.lr").bounds.high == 1
        assert "lr=0.5" in printed
        assert "loss" in made.searched


def test_another_loss_is_not_searched_where_the_metric_is_a_loss() -> None:
    made = init("project:Model", CLASSES, "project.py", call="project:train", metric="val_loss")
    assert "compared" in made.not_searched["loss"]


def test_the_metric_of_a_dry_run_and_of_a_log() -> None:
    made = init("train.py", ARGPARSE, metric=None, dry_run=True)
    assert (made.metric["monitoring_metric"], made.metric["direction"]) == ("val_acc", "maximize")
    assert not Path("out").exists()
    Path("log.txt").write_text("lr: 0.1\nepoch 1 train_loss=3 val_loss=2.5 time: 3\n")
    made = init("train.py", metric=None, log=Path("log.txt"), output=Path("other"))
    assert (made.metric["monitoring_metric"], made.metric["direction"]) == ("val_loss", "minimize")


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("import time; open('model.pt', 'w'); time.sleep(60)", {"limit_s": 1.0}, "did not ask for"),
        ("print('trained')", {}, "no parser was found"),
        ("import nothing_like_it", {}, "No module named 'nothing_like_it'; mend"),
        ("raise SystemExit('usage: train.py DATA')", {}, "no parser was found.*usage"),
        ("import argparse; argparse.ArgumentParser().parse_args()", {}, "no parameters"),
        (ARGPARSE, {"metric": None}, "no metric is known"),
        (ARGPARSE, {"metric": "foo"}, "foo:max or foo:min"),
        (ARGPARSE, {"metric": "acc:up"}, "stands min or max"),
        (ARGPARSE, {"command": "x"}, "leave out --command"),
        (
            ARGPARSE.replace('"-b"', '"--root", required=True)\nparser.add_argument("-b"'),
            {"metric": None, "dry_run": True},
            "root has no default",
        ),
        (ARGPARSE + "    1 / 0", {"metric": None, "dry_run": True}, "division by zero"),
    ],
)
def test_what_cannot_be_used_is_one_error_and_nothing_is_written(
    text: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        init("train.py", text, **options)
    assert [path.name for path in Path.cwd().iterdir()] == ["train.py"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("missing.py", "is no file"),
        (".", "is a folder"),
        ("notes.txt", "ends in none of .py .yaml .yml .json"),
        ("broken.json", "broken.json cannot be read: Expecting"),
        ("code.py:Training", "names a file: write the module, code:Training"),
        ("nowhere:Training", "No module named 'nowhere'"),
        ("json:JSONDecoder", "no dataclass and no pydantic model"),
        ("list.yaml", "must be a mapping"),
        ("broken.yaml", "is no YAML"),
    ],
)
def test_no_source(source: str, said: str) -> None:
    for name, text in {
        "notes.txt": "a",
        "list.yaml": "- a",
        "broken.yaml": "a: [1",
        "broken.json": "{",
        "code.py": "",
    }.items():
        Path(name).write_text(text)
    how = {"command": "python x {config_path}"}
    if ":" in source:
        how = {"call": "a:b"}
    with pytest.raises(InputError, match=said):
        init(source, **how)
    assert not Path("skill").exists()
