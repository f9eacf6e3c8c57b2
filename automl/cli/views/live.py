"""The live view of a run on a terminal, redrawn from the run's folder while it goes on.

It shows what ``automl status`` shows in another shell. Lines that are printed meanwhile, such as
one for each trial that ends, scroll above it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from rich.console import RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from automl.cli.views.status_block import progress_block
from automl.cli.views.terminal import screen
from automl.errors import AutoMLError
from automl.launch.running.driver_lock import driver_of
from automl.results.followed_run import FollowedRun
from automl.results.progress import run_progress

INTERVAL_S: Final = 1.0
MAX_SHARE: Final = 0.05  # of the time that may go into reading the folder


@contextmanager
def live_lines(folder: Path, stream: TextIO) -> Iterator[None]:
    """Show the run in ``folder`` on a terminal while the block runs; its last state stays there."""
    over, run = threading.Event(), FollowedRun(folder)
    with Live(Text("starting"), console=screen(stream), auto_refresh=False) as live:
        redraw = threading.Thread(target=_redraw, args=(live, folder, run, over), daemon=True)
        redraw.start()
        try:
            yield
        finally:
            over.set()
            redraw.join()
            live.update(_panel(folder, run), refresh=True)


def _redraw(live: Live, folder: Path, run: FollowedRun, over: threading.Event) -> None:
    pause = INTERVAL_S
    while not over.wait(pause):
        began = time.perf_counter()
        live.update(_panel(folder, run), refresh=True)
        pause = max(INTERVAL_S, (time.perf_counter() - began) / MAX_SHARE)


def _panel(folder: Path, run: FollowedRun) -> RenderableType:
    try:
        progress = run_progress(run.read())
    except AutoMLError:
        return Text("starting")
    block = progress_block(progress, folder, driver_of(folder), time.time())
    return Panel(block, title=folder.name, title_align="left", border_style="cyan")
