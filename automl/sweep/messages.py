"""The names of what goes through Tune: of a trial's config, and of what its actor reports."""

from __future__ import annotations

from typing import Final

NUMBER: Final = "number"


VALUES: Final = "values"


LINEAGE: Final = "lineage"


KPI: Final = "kpi"


EPOCH: Final = "epoch"


FAILURE: Final = "failure"


FAULT: Final = "fault"


WORN: Final = "worn"


READY: Final = "ready"
