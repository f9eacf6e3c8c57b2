"""`automl space` and `automl validate` from the command line."""

import json
import shutil
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.cli.main import run_command_line
from automl.skill import packaged_skill_dir

SINK = ["--skill-dir", str(SKILLS / "kitchen_sink")]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command_line(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_table_fits_100_columns_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "space", *SINK)
    assert code == 0
    lines = out.splitlines()
    remarks = ("left out", "note", "warning")
    assert max(len(line) for line in lines if not line.startswith(remarks)) <= 100
    for words in (
        "kitchen-sink · train · 34 parameters",
        "train.optim.lr",
        "2e-05 .. 0.002 log",
        "small (60%), base (40%)",
        "train.optim.name is adam, or",
        "2 in 1 .. 29",
        "8 .. 512 step 8",
        "left out dataset.num_workers: a loading setting",
        "note     train.optim.lr_steps [40, 50] is written for 60 epochs",
    ):
        assert words in out, words


def test_the_packaged_skill_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "space")
    assert code == 0
    assert "tao-train-reid · train" in out
    assert "train.optim.base_lr" in out


def test_json_has_the_agreed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "space", *SINK, "--set", "optim.lr=0.1", "--format", "json")
    assert code == 0
    space = json.loads(out)
    assert {"parameters", "fixed", "left_out"} <= space.keys()
    agreed = (
        "name kind low high log step choices weights active_when depends_on default source reason"
    )
    assert all(set(agreed.split()) <= parameter.keys() for parameter in space["parameters"])
    assert space["fixed"] == [{"name": "train.optim.lr", "value": 0.1, "why": "set by you"}]
    assert all(out.keys() == {"name", "reason"} for out in space["left_out"])


def test_samples_are_json_lines_and_reproducible(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["space", *SINK, "--sample", "5", "--seed"]
    _, one, _ = run(capsys, *arguments, "7")
    _, two, _ = run(capsys, *arguments, "7")
    _, other, _ = run(capsys, *arguments, "8")
    assert one == two != other
    drawn = [json.loads(line) for line in one.splitlines()]
    assert len(drawn) == 5
    for line in drawn:
        assert line.keys() == {"params", "spec"}
        for name, value in line["params"].items():
            place = line["spec"]
            for part in name.split("."):
                place = place[part]
            assert place == value


def test_wishes_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "space", *SINK, "--search", "learning_rate", "--range", "depth=2:4",
        "--choices", "optim.name=adam,sgd", "--weights", "optim.name=3,1", "--format", "json",
    )  # fmt: skip
    assert code == 0
    parameters = {p["name"]: p for p in json.loads(out)["parameters"]}
    assert parameters.keys() == {"train.optim.lr", "model.depth", "train.optim.name"}
    assert parameters["train.optim.name"]["weights"] == [0.75, 0.25]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--search", "nothing_like_it"], "unknown key 'nothing_like_it'"),
        (["--search", ""], "holds an empty name"),
        (["--search", "depth,,flip"], "holds an empty name"),
        (["--weights", "optim.name=1,2,3"], "needs 2 weights for adam, sgd"),
        (["--search", "legacy_lr"], "use --allow-disabled"),
        (["--range", "depth"], "--range 'depth' must be NAME=VALUE"),
        (["--range", "depth=4:2"], "needs finite LOW < HIGH"),
        (["--set", "depht=3"], "did you mean model.depth"),
        (["--set", "depth=1e-3"], "model.depth: must be of type integer, is 0.001"),
        (["--set", "optim.lr=0.1", "--set", "learning_rate=0.2"], "both say train.optim.lr"),
        (["--action", "fly"], "has no action 'fly'"),
        (["--action", "export"], "export.schema.json: no such file"),
        (["--spec", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["--sample", "0"], "0 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, out, err = run(capsys, "space", *SINK, *arguments)
    assert code == 2
    assert said in err
    assert out == ""
    assert "Traceback" not in err


def test_validate_lists_faults_and_exits_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "validate", str(SKILLS))
    assert code == 2
    assert "test-bowl" in out
    assert "ok" in out
    assert "  schemas/train.schema.json: train.optim.legacy_lr: automl_enabled: is both" in out
    assert out.strip().endswith("skill(s), 1 fault(s), 3 warning(s)")
    bowl = Path(shutil.copytree(SKILLS / "bowl", tmp_path / "bowl"))
    assert run(capsys, "validate", str(bowl))[0] == 0
    assert run(capsys, "validate", "--quiet", str(bowl))[:2] == (0, "")
    code, out, _ = run(capsys, "validate", "--quiet", str(SKILLS))
    assert code == 2
    assert "test-bowl" not in out
    assert "schemas/train.schema.json: train.optim.legacy_lr" in out
    assert "skill(s)" not in out


def test_validate_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "validate", str(SKILLS / "kitchen_sink"), "--format", "json")
    assert code == 2
    checked = json.loads(out)
    assert checked["faults"] == 1
    fault = checked["skills"][0]["faults"][0]
    assert fault["file"] == "schemas/train.schema.json"
    assert fault["key"] == "train.optim.legacy_lr"
    assert run(capsys, "validate", "nowhere")[0] == 2


BORROWED = SKILLS / "borrowed"


def test_popular_parameters_are_listed_and_searched(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "space", "--skill-dir", str(BORROWED), "--popular")
    assert code == 0
    assert [line.split() for line in out.splitlines() if "train." in line] == [
        ["train.num_epochs", "10", "3", "not", "searched"],
        ["train.lr", "0.01", "0.1", "searched"],
    ]
    code, out, _ = run(
        capsys, "space", "--skill-dir", str(BORROWED), "--popular", "--format", "json"
    )
    assert [row["popular"] for row in json.loads(out)] == [10, 0.01]
    code, out, _ = run(capsys, "space", "--skill-dir", str(BORROWED), "--search", "popular")
    assert "defect_net · train · 1 parameter" in out
    assert "left out train.num_epochs: the length of a training is its budget" in out


def test_warnings_are_faults_only_where_the_user_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "validate", str(BORROWED))
    assert code == 0
    template = "references/spec_template_train.yaml"
    assert f"  warning: {template}: train.precision: is required and missing" in out
    assert out.endswith("1 skill(s), 0 fault(s), 3 warning(s)\n")
    assert run(capsys, "validate", "--strict", str(BORROWED))[0] == 2
    assert run(capsys, "validate", "--strict", str(packaged_skill_dir()))[0] == 0
    _, out, _ = run(capsys, "validate", str(BORROWED), "--format", "json")
    content = json.loads(out)
    assert (content["faults"], content["warnings"]) == (0, 3)
    assert content["skills"][0]["warnings"][0]["key"] == "model.gru_hidden"
