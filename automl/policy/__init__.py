"""Decides whether a run is a sweep or one direct run, from a value or from a sentence."""

from automl.constants import RouteKind
from automl.policy.route import Policy, PolicyChoice, Route, choose_route, read_policy

__all__ = ["Policy", "PolicyChoice", "Route", "RouteKind", "choose_route", "read_policy"]
