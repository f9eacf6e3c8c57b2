"""A YAML file of a run shows any damage, and is YAML to everybody else."""

from pathlib import Path

import pytest
import yaml

from automl.checked_yaml import read_checked, write_checked
from automl.errors import DamagedFileError

SHAPE = {"type": "object", "properties": {"seed": {"type": "integer"}}}
CONTENT = {"seed": 7, "metric": "ä: b", "spec": {"lr": 0.1, "steps": [1, 2]}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_checked(tmp_path / "plan.yaml", CONTENT)
    return tmp_path / "plan.yaml"


def test_what_is_written_is_read_by_every_parser(file: Path) -> None:
    assert read_checked(file, SHAPE) == yaml.safe_load(file.read_text()) == CONTENT
    assert read_checked(file.with_name("none.yaml"), SHAPE) is None


def test_each_flipped_bit_and_each_cut_is_told_or_changes_nothing(file: Path) -> None:
    whole = file.read_bytes()
    damages = [whole[:place] for place in range(len(whole))]
    damages += [
        whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        for place in range(len(whole))
        for bit in (0, 3, 6)
    ]
    for content in damages:
        file.write_bytes(content)
        try:
            found = read_checked(file, SHAPE)
        except DamagedFileError:
            continue
        assert found == CONTENT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("seed: 1\nseed: 2\n", "the key seed stands there twice"),
        ("seed: text\n", "seed: 'text' is not of type 'integer'"),
        ("seed: " + "9" * 5000, "it is no YAML: line 1: it has more than 3000 digits"),
        ("a: {1: 2}\n", "the key 1 is no text"),
        ("a: &a [*a]\n", "the anchor &a holds itself"),
        ("[" * 100_000, "it is no YAML"),
        ("a: !!timestamp x\n", "it is no YAML"),
        ("- 1\n", "it holds no mapping"),
    ],
)
def test_a_file_without_a_checksum_is_looked_at(file: Path, text: str, why: str) -> None:
    file.write_text("seed: 1\n")
    assert read_checked(file, SHAPE) == {"seed": 1}
    file.write_text(text)
    with pytest.raises(DamagedFileError) as caught:
        read_checked(file, SHAPE)
    assert why in str(caught.value)
    assert str(caught.value).endswith("copy it from where the run was made")


def test_what_is_no_file_is_told_and_set_aside(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)
    with pytest.raises(DamagedFileError, match="it is no file"):
        read_checked(file, SHAPE)
    file.unlink()
    file.mkdir()
    (file / "inside").touch()
    write_checked(file, CONTENT)
    assert read_checked(file, SHAPE) == CONTENT
    assert (file.with_name("plan.yaml.damaged") / "inside").exists()
