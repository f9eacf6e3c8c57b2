"""The made-up skill bank is shared with the benchmark; property tests are not timed."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[3] / "experiments" / "benchmarks"))
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
