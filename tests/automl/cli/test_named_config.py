"""``--config``: a path, or the name of a config file that comes with automl."""

from pathlib import Path

import pytest
from click.shell_completion import CompletionItem
from project_paths import ROOT

from automl.cli.config_file import read_request
from automl.cli.main import run_command_line
from automl.cli.named_config import CONFIG, CONFIG_HELP, packaged_configs


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(value: str) -> Path:
    return CONFIG.convert(value, None, None)


def test_every_packaged_config_is_found_by_name_and_named_in_the_help() -> None:
    packaged = packaged_configs()
    assert list(packaged) == ["demo", "market1501"]
    for name, path in packaged.items():
        assert read(name) == path == ROOT / "experiments" / f"{name}.yaml"
        assert name in CONFIG_HELP
        assert read_request({}, path).trials


def test_a_file_here_wins_over_a_packaged_one_and_a_folder_does_not(here: Path) -> None:
    (here / "demo").mkdir()  # as `make demo` leaves it
    (here / "market1501").write_text("trials: 3\n")
    assert read("demo") == packaged_configs()["demo"]
    assert read("market1501") == Path("market1501")
    assert read_request({}, read("market1501")).trials == 3


def test_paths_are_left_as_they_are(here: Path) -> None:
    (here / "own.yaml").write_text("trials: 3\n")
    for path in ("own.yaml", str(here / "own.yaml"), "nowhere/demo", "./demo"):
        assert read(path) == Path(path)


@pytest.mark.parametrize("name", ["demos", "demo.yaml", "Market1501"])
def test_an_unknown_name_is_refused_with_the_packaged_ones(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["run", "--config", name, "--data", "data"]) == 2
    assert capsys.readouterr().err == (
        f"automl: --config {name}: no such file here, and automl brings along only demo,"
        " market1501 (by name, without .yaml)\n"
    )


def test_a_shell_completes_names_and_files() -> None:
    def completed(typed: str) -> list[tuple[str, str]]:
        items: list[CompletionItem] = CONFIG.shell_complete(None, None, typed)  # type: ignore[arg-type]
        return [(item.value, item.type) for item in items]

    assert completed("mar") == [("market1501", "plain")]
    assert completed("") == [("", "file")]
    assert completed("own") == [("own", "file")]
