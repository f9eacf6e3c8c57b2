"""Skill directories, read-only: facts, schemas, templates (shared/DESIGN.md sections 2 and 3)."""

from automl.skill.annotations import Annotations, Budget
from automl.skill.bounds import Bounds
from automl.skill.info import IO, Action, DataSource, Execution, Memory, SkillInfo
from automl.skill.leaf import Collection, Issue, Kind, Leaf
from automl.skill.packaged import packaged_skill_dir
from automl.skill.relation import Relation
from automl.skill.schema import Schema
from automl.skill.schema_reader import read_schema
from automl.skill.skill import Runnability, Skill, load_skill

__all__ = [
    "IO",
    "Action",
    "Annotations",
    "Bounds",
    "Budget",
    "Collection",
    "DataSource",
    "Execution",
    "Issue",
    "Kind",
    "Leaf",
    "Memory",
    "Relation",
    "Runnability",
    "Schema",
    "Skill",
    "SkillInfo",
    "load_skill",
    "packaged_skill_dir",
    "read_schema",
]
