"""Rendered people in rendered streets: a data set to start with when there is no real one.

``make_data`` is the way in. The picture is made from the inside out: a ``person`` (who), a ``pose``
(bones), ``legs``, ``torso``, ``head`` and ``bag`` (painted parts), a ``figure`` (all parts), a
``crop`` (a figure in a street, seen by a ``camera``), a ``shot`` (its file name and split).
"""

from reid_model.synthetic.dataset import make_data
from reid_model.synthetic.summary import DataSummary, SplitSummary

__all__ = ["DataSummary", "SplitSummary", "make_data"]
