"""What of Ray and Tune is passed over comes back, and may be missing."""

import os

import pytest
from ray._private.node import Node
from ray.tune.execution import class_cache

from automl.sweep.cluster.fast_start import fast_ray_start, light_tune

PASSED_OVER = ["start_api_server", "start_monitor", "start_log_monitor"]


def test_ray_is_left_as_it_was() -> None:
    before = [getattr(Node, name) for name in PASSED_OVER]
    with fast_ray_start():
        assert not {getattr(Node, name) for name in PASSED_OVER} & set(before)
    assert [getattr(Node, name) for name in PASSED_OVER] == before


def test_workers_inherit_what_tune_tells_its_actors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in class_cache.DEFAULT_ENV_VARS.items():
        monkeypatch.delenv(name, raising=False)
        with fast_ray_start():
            assert os.environ[name] == value
        assert name not in os.environ
        monkeypatch.setenv(name, "0")
        with fast_ray_start():
            assert os.environ[name] == "0"
        assert os.environ[name] == "0"


def test_tune_is_left_as_it_was() -> None:
    before = class_cache.DEFAULT_ENV_VARS
    assert before  # else this version needs no help
    with light_tune():
        assert not class_cache.DEFAULT_ENV_VARS
    assert class_cache.DEFAULT_ENV_VARS is before


def test_a_ray_without_such_a_part_starts_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Node, "start_monitor")
    with fast_ray_start():
        assert not hasattr(Node, "start_monitor")
    assert not hasattr(Node, "start_monitor")
