"""The data set on disk: layout, names, the same bytes each time, one clear error or nothing."""

import gzip
import hashlib
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reid_model.errors import DataError
from reid_model.synthetic import DataSummary, make_data
from reid_model.synthetic.shot import SPLITS, Shot
from reid_model.synthetic.studio import Studio

SMALL: dict[str, Any] = {
    "ids": 5,
    "cameras": 2,
    "images_per_camera": 3,
    "height": 32,
    "width": 16,
    "seed": 7,
}
NAME = re.compile(r"(-1|\d{4})_c(\d)s(\d)_(\d{6})_(\d{2})\.jpg")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DataSummary]:
    """One small data set in folders, and what was said of it."""
    out = tmp_path_factory.mktemp("made") / "deep" / "data"
    return out, make_data(out, **SMALL)


def files_of(folder: Path) -> dict[str, bytes]:
    """Relative path and content of every file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def digest(folder: Path) -> str:
    """One number for all names and bytes below a folder."""
    whole = hashlib.sha256()
    for name, content in files_of(folder).items():
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return whole.hexdigest()


def test_writes_the_three_folders_and_nothing_else(made: tuple[Path, DataSummary]) -> None:
    out, _ = made
    assert sorted(entry.name for entry in out.iterdir()) == sorted(SPLITS)


def test_every_file_is_a_jpeg_of_the_size_with_a_market_name(
    made: tuple[Path, DataSummary],
) -> None:
    out, _ = made
    paths = sorted(out.rglob("*.jpg"))
    assert paths
    for path in paths:
        assert NAME.fullmatch(path.name), path.name
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (16, 32))


def test_summary_counts_what_lies_on_the_disk(made: tuple[Path, DataSummary]) -> None:
    out, summary = made
    assert [split.name for split in summary.splits] == list(SPLITS)
    for split in summary.splits:
        pids = [path.name.split("_")[0] for path in (out / split.name).iterdir()]
        assert split.images == len(pids)
        assert split.junk == pids.count("-1")
        assert split.distractors == pids.count("0000")
        assert split.identities == len(set(pids) - {"-1", "0000"})


def test_summary_prints_every_split_with_its_counts(made: tuple[Path, DataSummary]) -> None:
    _, summary = made
    head, *splits = summary.lines()
    assert "32x16 pixels, 2 cameras, folders" in head
    assert splits == [
        "  sample_train: 12 images of 2 identities",
        "  sample_test: 17 images of 3 identities (of these 2 junk, 3 distractors)",
        "  sample_query: 6 images of 3 identities",
    ]
    assert str(summary) == "\n".join(summary.lines())


def test_same_seed_same_bytes_and_another_seed_other_bytes(
    made: tuple[Path, DataSummary], tmp_path: Path
) -> None:
    make_data(tmp_path / "again", **SMALL)
    make_data(tmp_path / "other", **{**SMALL, "seed": 8})
    assert digest(tmp_path / "again") == digest(made[0])
    assert digest(tmp_path / "other") != digest(made[0])


@pytest.mark.parametrize("tar", [False, True])
def test_bytes_do_not_depend_on_the_process_or_its_hash_seed(tmp_path: Path, tar: bool) -> None:
    program = (
        "import sys; from pathlib import Path; from reid_model.synthetic import make_data; "
        f"make_data(Path(sys.argv[1]), tar={tar}, **{SMALL!r})"
    )
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / hash_seed)],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            check=True,
        )
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_archives_hold_the_same_files_as_the_folders(
    made: tuple[Path, DataSummary], tmp_path: Path
) -> None:
    summary = make_data(tmp_path / "packed", tar=True, **SMALL)
    names = sorted(path.name for path in (tmp_path / "packed").iterdir())
    assert names == sorted(f"{split}.tar.gz" for split in SPLITS)
    for name in names:
        with tarfile.open(tmp_path / "packed" / name) as tar:
            tar.extractall(tmp_path / "unpacked", filter="data")
    assert files_of(tmp_path / "unpacked") == files_of(made[0])
    assert summary.splits == made[1].splits


def test_archives_carry_nothing_of_the_machine_or_the_moment(tmp_path: Path) -> None:
    make_data(tmp_path / "packed", tar=True, **SMALL)
    for path in (tmp_path / "packed").iterdir():
        with gzip.open(path) as packed:
            packed.read(1)
            assert packed.mtime == 0
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        assert len(members) > 1
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, 0, "", "")}
        assert [m.name for m in members] == sorted(m.name for m in members)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("ids", 3, r"ids must lie in 4\.\.9999, got 3"),
        ("ids", 10_000, r"ids must lie in 4\.\.9999, got 10000"),
        ("cameras", 1, r"cameras must lie in 2\.\.9, got 1"),
        ("cameras", 10, r"cameras must lie in 2\.\.9, got 10"),
        ("images_per_camera", 1, r"images_per_camera must lie in 2\.\.1000, got 1"),
        ("height", 15, r"height must lie in 16\.\.1024, got 15"),
        ("width", 7, r"width must lie in 8\.\.1024, got 7"),
        ("seed", -1, r"seed must lie in 0\.\..*, got -1"),
    ],
)
def test_refuses_what_cannot_be_made_and_writes_nothing(
    tmp_path: Path, argument: str, value: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        make_data(tmp_path / "out", **{**SMALL, argument: value})
    assert list(tmp_path.iterdir()) == []


def test_reports_all_bad_arguments_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        make_data(tmp_path / "out", **{**SMALL, "ids": 1, "cameras": 1, "width": 1})
    assert len(caught.value.faults) == 3


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    make_data(tmp_path, **SMALL)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(SPLITS)


def test_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="is not empty"):
        make_data(tmp_path, **SMALL)
    assert files_of(tmp_path) == {"mine.txt": b"keep"}


def test_refuses_a_file_as_target(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("keep")
    with pytest.raises(DataError, match="it is a file"):
        make_data(tmp_path / "out", **SMALL)


def test_says_so_when_the_system_refuses_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("keep")
    with pytest.raises(DataError, match=r"cannot write a data set to .*out"):
        make_data(tmp_path / "file" / "out", **SMALL)
    assert files_of(tmp_path) == {"file": b"keep"}


@pytest.fixture(params=[OSError(28, "No space left on device"), KeyboardInterrupt()])
def failing_render(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> BaseException:
    """Rendering works four times and then breaks."""
    failure: BaseException = request.param
    working, calls = Studio.jpeg, iter(range(4))

    def jpeg(self: Studio, shot: Shot) -> bytes:
        if next(calls, None) is None:
            raise failure
        return working(self, shot)

    monkeypatch.setattr(Studio, "jpeg", jpeg)
    return failure


@pytest.mark.parametrize("tar", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_leaves_nothing_behind_when_it_breaks_halfway(
    tmp_path: Path, failing_render: BaseException, there: bool, tar: bool
) -> None:
    out = tmp_path / "out"
    if there:
        out.mkdir()
    expected = DataError if isinstance(failing_render, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        make_data(out, tar=tar, **SMALL)
    assert list(tmp_path.iterdir()) == ([out] if there else [])
    assert not there or list(out.iterdir()) == []
