"""Where the tests find the repository and the skills made for them."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
SKILLS = ROOT / "tests" / "fixtures" / "skills"
