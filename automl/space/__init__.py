"""Search spaces as values: built from a schema, drawn from any sampler (DESIGN section 3)."""

from automl.space.build import build_space
from automl.space.choice import Choice
from automl.space.milestones import Milestones
from automl.space.number_list import NumberList
from automl.space.numeric import Float, Integer
from automl.space.parameter import Parameter
from automl.space.sample import sample
from automl.space.select import default_names
from automl.space.space import Fixed, LeftOut, Space
from automl.space.subset import Subset
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
