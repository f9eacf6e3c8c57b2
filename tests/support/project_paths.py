"""Where the tests find the repository and the skills made for them, and a user for them."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
SKILLS = ROOT / "tests" / "fixtures" / "skills"

# the sitecustomize.py of a user without an entry in passwd, read by every Python that starts
UNKNOWN_USER = """import pwd

def getpwuid(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")

pwd.getpwuid = getpwuid
"""
