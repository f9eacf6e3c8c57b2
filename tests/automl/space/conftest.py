"""The made-up skill bank is shared with the benchmark of search spaces."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "experiments" / "benchmarks"))
