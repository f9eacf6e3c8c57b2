"""What the number of a person means where it names none, in file names and in scores."""

from __future__ import annotations

from typing import Final

JUNK_PID: Final = -1
