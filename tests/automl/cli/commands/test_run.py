"""``automl run`` and ``automl trials`` as a user types them: output, exit codes, nothing lost."""

import json
import re
from pathlib import Path

import pytest

from automl.cli.main import run_command_line
from automl.constants import LOGGERS
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS
from automl.sweep.retention import KEEP


def _base(bowl: Path, data: Path, output: Path) -> list[str]:
    return ["run", "--skill-dir", str(bowl), "--data", str(data), "--output", str(output)]


def test_the_help_names_every_algorithm_and_scheduler(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["run", "--help"]) == 0
    words = set(re.findall(r"[\w-]+", capsys.readouterr().out))
    assert {*ALGORITHMS, *SCHEDULERS, *LOGGERS, *KEEP} <= words


def test_a_direct_run_and_its_table(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    code = run_command_line([*_base(bowl, data, output), "--policy", "off"])
    printed = capsys.readouterr().out
    assert code == 0
    assert "route      direct: policy off" in printed
    assert "training of 0000" in printed
    assert f"done       {output}" in printed
    assert run_command_line(["trials", str(output)]) == 0
    assert "0000" in capsys.readouterr().out
    assert run_command_line(["trials", str(output), "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("trial_id,number,state,source,score")


def test_another_action_shows_what_it_reports_and_writes(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = next(bowl.rglob("bowl_trainer.py"))
    painted = "    (Path(spec['results_dir']) / 'curve.png').write_bytes(b'x')\n"
    trainer.with_name("bowl_painter.py").write_text(trainer.read_text() + painted)
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:evaluate", "bowl_painter:evaluate"))
    assert run_command_line([*_base(bowl, data, tmp_path / "run"), "--policy", "off"]) == 0
    capsys.readouterr()
    arguments = ["run", "--action", "evaluate", "--parent", str(tmp_path / "run")]
    output = tmp_path / "evaluation"
    assert run_command_line([*arguments, "--output", str(output)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if line.startswith(("objective", "best "))]
    assert lines[-3:] == [
        "result     score 0.5000  depth 2",
        f"wrote      {output}/trials/0000/curve.png",
        f"done       {output}",
    ]


def test_json_is_alone_on_stdout(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*_base(bowl, data, tmp_path / "run"), "--policy", "off", "--json"]
    assert run_command_line(arguments) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["best"]["trial_id"] == "0000"
    assert (told["confirmation"], told["evaluation"], told["report"]) == ([], None, "")
    assert [Path(path).name for path in told["outputs"]][-1] == "model_epoch_003_step_00001.pth"
    assert "training of 0000" in printed.err


def test_what_a_skill_prints_is_no_part_of_json(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = next(bowl.rglob("bowl_trainer.py"))
    trainer.with_name("talker.py").write_text("def check(spec):\n    print('looking at crops')\n")
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:check", "talker:check"))
    assert run_command_line([*_base(bowl, data, tmp_path / "run"), "--plan", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["action"] == "train"
    assert "looking at crops" in printed.err


def test_a_run_that_goes_on_keeps_its_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    further = ["--set", "lr=1", "--time-budget", "5m", "--logger", "wandb", "--no-probe"]
    assert run_command_line(["run", "--resume", str(tmp_path), *further]) == 2
    assert "leave out --set, --time-budget, --logger, --probe" in capsys.readouterr().err


def test_a_failed_run_exits_with_1(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*_base(bowl, data, tmp_path / "run"), "--policy", "off", "--set", "fault=crash"]
    assert run_command_line(arguments) == 1
    assert "the run failed: RuntimeError: the bowl broke" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["--set", "momentun=1"], "momentum"),
        (["--policy", "maybe"], "use auto, on or off"),
        (["--trials", "many"], "not a valid integer"),
        (["--no-such-option"], "No such option"),
        (["--skill-dir", "/nowhere"], "/nowhere"),
        (["--range", "lr"], "--range 'lr' must be NAME=VALUE"),
        (["--time-budget", "nan"], "'nan' is none of 90s"),
        (["--trial-timeout", "inf"], "'inf' is none of 90s"),
        (["--add-trials", "3"], "--add-trials acts on a run that goes on"),
        (["--allow-changed"], "--allow-changed acts on a run that goes on"),
        (["--output", "/dev/null/x"], "/dev/null is no folder to write into"),
        (["--output", "x" * 300], "cannot be a run's folder: File name too long"),
        (["--cpus-per-trial", "-1"], "--cpus-per-trial must be positive, is -1.0"),
        (["--cpus-per-trial", "0"], "--cpus-per-trial must be positive, is 0.0"),
        (["--cpus-per-trial", "nan"], "--cpus-per-trial must be a finite number, is nan"),
        (["--gpus-per-trial", "1.5"], "--gpus-per-trial above 1 must be whole, is 1.5"),
        (["--seed", "-1"], "--seed must not be negative, is -1"),
        (
            ["--policy", "off", "--search", "nonsense", "--algorithm", "foo", "--range", "lr=5:1"]
            + ["--gpus-per-trial", "99", "--time-budget", "1s"],
            "--time-budget, --algorithm, --search, --range, --gpus-per-trial act in sweeps alone,"
            " and this is one direct run (policy off: as given): leave them out",
        ),
        (
            ["--request", "no HPO", "--trials", "5"],
            "--trials acts in sweeps alone, and this is one direct run (policy off: the request"
            " says 'no HPO'): leave it out",
        ),
    ],
)
def test_bad_input_exits_with_2_and_writes_nothing(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
    words: str,
) -> None:
    assert run_command_line([*_base(bowl, data, tmp_path / "run"), *extra]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert not (tmp_path / "run").exists()


def test_the_plan_alone_launches_nothing(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*_base(bowl, data, tmp_path / "run"), "--plan"]
    assert run_command_line(arguments) == 0
    printed = capsys.readouterr().out
    for words in ("route      sweep", "portfolio:", "20 trials", "maximize score", "train.lr"):
        assert words in printed
    assert run_command_line([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["route"] == "sweep"
    assert not (tmp_path / "run").exists()


def test_a_fallback_says_what_has_no_effect(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bowl / "schemas" / "train.schema.json").unlink()
    arguments = [*_base(bowl, data, tmp_path / "run"), "--trials", "5", "--seed", "0", "--plan"]
    assert run_command_line(arguments) == 0
    assert "note       no effect on one direct run: --trials, --seed" in capsys.readouterr().out


def test_a_config_file_of_a_sweep_serves_a_direct_run(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text("trials: 5\nseed: 7\nset: {lr: 0.25}\n")
    arguments = [*_base(bowl, data, tmp_path / "run"), "--config", str(config), "--policy", "off"]
    assert run_command_line([*arguments, "--plan"]) == 0
    assert f"note       no effect on one direct run: trials, seed of {config}\n" in (
        capsys.readouterr().out
    )
    assert run_command_line([*arguments, "--trials", "3"]) == 2
    assert "--trials acts in sweeps alone" in capsys.readouterr().err


def test_the_review_shows_what_is_not_searched(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = bowl / "schemas" / "train.schema.json"
    text = schema.read_text().replace(
        '"momentum": {', '"num_workers": {"type": "integer", "default": 1, "minimum": 0,'
        ' "maximum": 9, "automl_enabled": true}, "momentum": {',
    )  # fmt: skip
    schema.write_text(text)
    arguments = [*_base(bowl, data, tmp_path / "run"), "--set", "lr=0.5", "--plan"]
    assert run_command_line(arguments) == 0
    printed = capsys.readouterr().out
    assert "fixed      train.lr = 0.5" in printed
    assert "left out   train.num_workers" in printed
    assert run_command_line([*arguments, "--verbose"]) == 0
    printed = capsys.readouterr().out
    assert "fixed    train.lr = 0.5 (set by you)" in printed
    assert "left out train.num_workers: a loading setting" in printed


def test_trials_of_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["trials", str(tmp_path)]) == 2
    assert "is no run's folder" in capsys.readouterr().err


def test_a_plan_that_is_declined_is_not_started(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("automl.cli.commands.run._on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: "n")
    assert run_command_line(_base(bowl, data, tmp_path / "run")) == 130
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].startswith("budget     20 trials")
    assert printed.err == "automl: not started\n"
    assert not (tmp_path / "run").exists()
