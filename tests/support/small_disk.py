"""A disk of its own for a test, that can be filled to the last page and emptied again."""

import shutil
import subprocess
from pathlib import Path

PAGE = 4096


def mount(folder: Path) -> bool:
    """Mount a disk of 300 MB at a folder; return False where this user may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(disk: Path, free_pages: int) -> None:
    """Leave so many free pages on a disk."""
    _resize(disk, str(shutil.disk_usage(disk).used + free_pages * PAGE))


def make_room(disk: Path) -> None:
    _resize(disk, "300m")


def _resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
