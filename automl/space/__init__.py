"""Search spaces: built from a schema, drawn by any sampler, without a library inside."""

from automl.space.builder.build import build_space
from automl.space.builder.selection import default_names
from automl.space.parameters.base import Parameter
from automl.space.parameters.choice import Choice
from automl.space.parameters.milestones import Milestones
from automl.space.parameters.number_list import NumberList
from automl.space.parameters.numeric import Float, Integer
from automl.space.parameters.subset import Subset
from automl.space.space import Fixed, LeftOut, Space, sample
from automl.space.suggest import FixedSuggest, RandomSuggest, Suggest

__all__ = [
    "Choice",
    "Fixed",
    "FixedSuggest",
    "Float",
    "Integer",
    "LeftOut",
    "Milestones",
    "NumberList",
    "Parameter",
    "RandomSuggest",
    "Space",
    "Subset",
    "Suggest",
    "build_space",
    "default_names",
    "sample",
]
