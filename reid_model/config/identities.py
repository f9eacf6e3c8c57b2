"""The pid that marks junk crops, in file names and in scores."""

from __future__ import annotations

from typing import Final

JUNK_PID: Final = -1
