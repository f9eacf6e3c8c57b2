"""Where the tests find the repository and the skills made for them, and worlds to run them in."""

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

# the sitecustomize.py of processes whose clock is off by the seconds in the file that MOVED_CLOCK
# names; those that never jump, such as time.monotonic, stay as they are
MOVED_CLOCK = """import os
import time

def moved(true_time=time.time, path=os.environ.get("MOVED_CLOCK")):
    try:
        with open(path) as stream:
            return true_time() + float(stream.read() or 0)
    except (OSError, TypeError):
        return true_time()

time.time = moved
"""
