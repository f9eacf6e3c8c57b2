"""Writes ``schemas/``, templates and recipes in ``references/``, and the tables of ``SKILL.md``.

Run as ``python -m reid_model.config.generate`` or ``make schemas``.

``--check`` writes nothing and exits 1 when a packaged file differs from what would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import yaml

from reid_model.config.experiment import ACTIONS
from reid_model.config.packaged.schema import schema_of
from reid_model.config.packaged.skill_page import SKILL_INFO, SKILL_PAGE, with_tables
from reid_model.config.packaged.template import template_of
from reid_model.config.recipes import RECIPES, recipe_text

ROOT = Path(__file__).resolve().parents[2]


def generated_files(root: Path = ROOT) -> dict[str, str]:
    """Relative path -> text of every generated file; ``SKILL.md`` if ``root`` has one."""
    files = {
        "schemas/manifest.json": _json(
            {
                "name": "tao-train-reid",
                "network_arch": "re_identification",
                "actions": {action: f"{action}.schema.json" for action in ACTIONS},
            }
        )
    }
    for action in ACTIONS:
        files[f"schemas/{action}.schema.json"] = _json(schema_of(action))
        files[f"references/spec_template_{action}.yaml"] = template_of(action)
    for name in RECIPES:
        files[f"references/recipes/{name}.yaml"] = recipe_text(name)
    if (root / SKILL_PAGE).is_file():
        info = yaml.safe_load((root / SKILL_INFO).read_text(encoding="utf-8"))
        files[SKILL_PAGE] = with_tables((root / SKILL_PAGE).read_text(encoding="utf-8"), info)
    return files


def _json(value: object) -> str:
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def stale_files(root: Path) -> list[str]:
    """The generated files that are missing or differ below ``root``."""
    return [
        name
        for name, text in generated_files(root).items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def write_files(root: Path) -> None:
    """Write every generated file below ``root``."""
    for name, text in generated_files(root).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write or check the packaged files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which files are stale")
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="where schemas/ and references/ are"
    )
    options = parser.parse_args(argv)
    stale = stale_files(options.root)
    if options.check:
        for name in stale:
            print(f"{name} is stale; run `make schemas`", file=sys.stderr)
        return 1 if stale else 0
    write_files(options.root)
    print(f"wrote {len(stale)} changed of {len(generated_files(options.root))} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
