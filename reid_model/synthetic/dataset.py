"""Makes a data set on disk: check, plan, render, then rename it to its final name."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_model.errors import DataError
from reid_model.synthetic.archive import folder_sink, tar_sink
from reid_model.synthetic.request import Request, check_room, check_target
from reid_model.synthetic.shot import SPLITS, Shot, plan_shots
from reid_model.synthetic.studio import Studio
from reid_model.synthetic.summary import DataSummary, count_splits

_STAGING = ".partial"


def make_data(
    out: Path,
    *,
    ids: int,
    cameras: int,
    images_per_camera: int,
    height: int,
    width: int,
    seed: int,
    tar: bool = False,
) -> DataSummary:
    """Write a re-identification data set of rendered people in Market-1501 layout.

    Half of the identities go to ``sample_train``, the others to ``sample_query`` (one image per
    identity and camera) and ``sample_test`` (their other images, distractors and junk). Every
    query has correct matches in all other cameras. The same arguments give the same bytes.

    out: folder to make; it must not exist or be empty.
    ids: identities in all, 4..9999. cameras: 2..9, each sees every identity.
    images_per_camera: images of one identity in one camera, 2..1000.
    height, width: of an image in pixels, 16..1024 and 8..1024.
    seed: 0 or more. tar: write ``<split>.tar.gz`` in place of folders.
    Raises DataError if an argument is out of range, ``out`` is taken, or the disk is full;
    nothing is left behind then.
    """
    request = Request(ids, cameras, images_per_camera, height, width, seed)
    check_target(out)
    shots = plan_shots(request)
    check_room(out, request.bytes_needed(len(shots)))
    with _staging(out) as folder:
        _write(folder, shots, Studio(request), tar)
    return DataSummary(out, tar, height, width, cameras, count_splits(shots))


def _write(folder: Path, shots: tuple[Shot, ...], studio: Studio, tar: bool) -> None:
    """Render all shots into one sink per split."""
    for split in SPLITS:
        with (tar_sink if tar else folder_sink)(folder, split) as store:
            for shot in shots:
                if shot.split == split:
                    store(shot.name, studio.jpeg(shot))


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Give a folder to fill; its entries move to ``out`` at the end, or vanish on any error."""
    made = not out.exists()
    staging = _claim(out)
    try:
        yield staging
        for entry in sorted(staging.iterdir()):
            entry.rename(out / entry.name)
        staging.rmdir()
    except BaseException as exc:
        shutil.rmtree(out if made else staging, ignore_errors=True)
        if isinstance(exc, OSError):
            raise _unwritable(out, exc) from exc
        raise


def _claim(out: Path) -> Path:
    """Make the folder inside ``out`` that is ours alone: whoever comes second is refused."""
    staging = out / _STAGING
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
    except OSError as exc:
        raise _unwritable(out, exc) from exc
    return staging


def _unwritable(out: Path, exc: OSError) -> DataError:
    """A DataError for an OSError while writing."""
    return DataError(f"cannot write a data set to {out}: {exc}")
