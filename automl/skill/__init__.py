"""Reads skill directories: what a trainer's packager says of its actions, specs and parameters."""

from automl.skill.files import packaged_skill_dir
from automl.skill.info import (
    IO,
    Action,
    DataSource,
    Execution,
    Hardware,
    Memory,
    PretrainedFile,
    SkillInfo,
)
from automl.skill.schema.annotations import Annotations, BudgetScaling
from automl.skill.schema.bounds import Bounds
from automl.skill.schema.leaf import Collection, Issue, Leaf, LeafKind
from automl.skill.schema.reader import read_schema
from automl.skill.schema.relation import Relation
from automl.skill.schema.schema import Schema
from automl.skill.skill import Runnability, Skill, load_skill

__all__ = [
    "IO",
    "Action",
    "Annotations",
    "Bounds",
    "BudgetScaling",
    "Collection",
    "DataSource",
    "Execution",
    "Hardware",
    "Issue",
    "LeafKind",
    "Leaf",
    "Memory",
    "PretrainedFile",
    "Relation",
    "Runnability",
    "Schema",
    "Skill",
    "SkillInfo",
    "load_skill",
    "packaged_skill_dir",
    "read_schema",
]
