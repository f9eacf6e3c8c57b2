"""``automl simulate`` replays a run, the same for a seed, and refuses what it cannot."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from odd_runs import write_run
from skills.json_schemas import check

from automl.cli.main import run_command_line


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(
        tmp_path_factory.mktemp("runs") / "run",
        30,
        algorithm="random",
        resources={"concurrency": 2},
    )


def simulated(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert run_command_line(["simulate", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    check(found, "simulate")
    return found


def test_workers_shorten_a_sweep_and_rungs_its_cost(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (run, "--scheduler", "none,asha,auto", "--workers", 2, "--workers", 8, "--repeats", 2)
    found = simulated(capsys, *words, "--algorithm", "random")
    choices = {each["name"]: each for each in found["choices"]}
    assert list(choices)[0] == "random on 2 workers"
    two, eight = choices["random on 2 workers"], choices["random on 8 workers"]
    assert two["trial_hours"] == pytest.approx(eight["trial_hours"])
    assert two["hours"] == pytest.approx(two["trial_hours"] / 2, rel=0.1)
    assert eight["hours"] < 0.5 * two["hours"]
    halved = choices["random with asha on 2 workers"]
    assert halved["stopped"] > 0.3
    assert halved["gpu_hours"] < 0.8 * two["gpu_hours"]
    judged = choices["random with auto on 2 workers"]
    assert 0.1 < judged["stopped"] < 1.0
    assert judged["gpu_hours"] < two["gpu_hours"]
    assert [each["ended"] for each in found["choices"]] == [30] * 6
    assert any("instead of" in line or "no sooner" in line for line in found["sentences"])


def test_a_seed_gives_the_same_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (run, "--scheduler", "none", "--algorithm", "random", "--repeats", 1, "--trials", 12)
    curves = [
        simulated(capsys, *words, "--seed", seed)["choices"][0]["curve"] for seed in (5, 5, 6)
    ]
    assert curves[0] == curves[1] != curves[2]


def test_the_page_and_the_text_say_what_is_not_known(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    words = ["simulate", str(run), "--scheduler", "none", "--algorithm", "random"]
    assert run_command_line([*words, "--repeats", "1", "--output", str(page)]) == 0
    told = capsys.readouterr().out
    assert "what this cannot know:" in told
    assert "random on 2 workers" in page.read_text()


def test_a_sampler_that_takes_too_long_is_cut_and_told(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (run, "--scheduler", "none", "--algorithm", "random", "--max-cpu", 1e-6)
    found = simulated(capsys, *words)
    assert found["choices"][0]["cut"]
    assert found["choices"][0]["ended"] < 30
    assert any("ended after" in line for line in found["limits"])


def _changed(run: Path, folder: Path, **facts: Any) -> Path:
    folder.mkdir()
    plan = {**yaml.safe_load((run / "plan.yaml").read_text()), **facts}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    (folder / "ledger.jsonl").write_bytes((run / "ledger.jsonl").read_bytes())
    return folder


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"direction": "minimize"}, "wants to minimize score"),
        ({"metric": "loss"}, "wants to maximize loss"),
        ({"algorithm": "pbt"}, "go on from one another"),
        ({"space": None}, "one direct run"),
        ({"further": [{"metric": "loss", "direction": "minimize"}]}, "optimises 2 metrics"),
    ],
)
def test_runs_that_differ_are_one_error(
    facts: dict[str, Any], said: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = _changed(run, tmp_path / "other", **facts)
    assert run_command_line(["simulate", str(run), str(other)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--algorithm", "pbt"), "goes on from checkpoints"),
        (("--algorithm", "random,magic"), "'magic' is unknown"),
        (("--scheduler", "rungs"), "'rungs' is unknown"),
        (("--workers", "8,0"), "'0': give whole numbers"),
        (("--reach", "nan"), "finite"),
        (("--algorithm", "grid"), "too many values for a grid"),
        (("--output", "page.png"), "no ending '.png'"),
    ],
)
def test_bad_options_are_one_error(
    words: tuple[str, ...], said: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["simulate", str(run), *words]) == 2
    assert said in capsys.readouterr().err
