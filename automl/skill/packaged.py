"""Where the skill that travels with this package lies: the checkout, else inside the wheel."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from automl.constants import SKILL_INFO_FILE
from automl.errors import SkillError


def packaged_skill_dir() -> Path:
    """The packaged ReID skill's directory.

    A checkout or an editable install has it at the repository root, a wheel as
    ``automl/_packaged_skill``. SkillError when neither is there.
    """
    package = Path(str(resources.files("automl")))
    for candidate in (package.parent, package / "_packaged_skill"):
        if (candidate / SKILL_INFO_FILE).is_file():
            return candidate
    raise SkillError(
        f"no packaged skill beside or inside {package}; give --skill-dir, or run `make schemas`"
    )
