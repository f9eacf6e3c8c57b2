"""Checks what commands print as JSON against schemas/cli/*.json."""

import json
from typing import Any

import jsonschema
from project_paths import ROOT

SCHEMAS = ROOT / "schemas" / "cli"


def check(document: Any, name: str) -> None:
    """Check a command's output against the schema of a name, which says every key at its top."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    if isinstance(document, dict):
        undocumented = document.keys() - schema["properties"].keys()
        assert not undocumented, f"{name}.json does not name {undocumented}"
