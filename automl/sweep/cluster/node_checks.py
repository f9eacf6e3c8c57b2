"""Checks before the first trial that every node of a cluster can run the trials."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from automl.errors import InputError
from automl.trial.node_check import (
    PACKAGES,
    PROBE_FILE,
    NodeQuestion,
    check_node,
    version_faults,
)

LOG: Final = logging.getLogger(__name__)
ANSWER_S: Final = 120.0

Asked = Callable[[dict[str, Any], str], Any]


def living_nodes() -> list[dict[str, Any]]:
    """Return Ray's records of the nodes that are alive."""
    return [node for node in ray.nodes() if node["Alive"]]


def node_name(node: Mapping[str, Any]) -> str:
    """Return a node's host name and address: simulated nodes share the first."""
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def check_nodes(question: NodeQuestion) -> None:
    """Compare each node's versions; then each checks the run's folder and skill, and stages data.

    Args:
        question: what the nodes check; its token is replaced by a new one.

    Raises:
        InputError: a node cannot run the trials; every node and reason is listed. A node that
            vanishes meanwhile, as spot machines do, runs none and is no reason.
    """
    nodes = {node["NodeID"]: node_name(node) for node in living_nodes()}
    own = version_reader()(PACKAGES)
    versions = _ask_all(nodes, _ask_versions, ANSWER_S)
    _raise_if_any(nodes, {node: _version_lines(answer, own) for node, answer in versions.items()})
    asked = replace(question, token=secrets.token_hex(8))
    with _probe_files(asked):
        there = {node: nodes[node] for node in versions}
        answers = _ask_all(there, lambda options, node: _ask_check(options, asked, node), None)
        _raise_if_any(nodes, {node: _lines(answer) for node, answer in answers.items()})


def _ask_all(nodes: Mapping[str, str], ask: Asked, timeout_s: float | None) -> dict[str, Any]:
    """Return node id -> its answer, or the error that the question ended in."""
    pinned = {
        node: ask({"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}, node)
        for node in nodes
    }
    done, _ = ray.wait(list(pinned.values()), num_returns=len(pinned), timeout=timeout_s)
    answers = {node: _answer(ref, ref in done) for node, ref in pinned.items()}
    return _of_living(nodes, answers)


def _of_living(nodes: Mapping[str, str], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the nodes that did not answer because they are gone."""
    living = {node["NodeID"] for node in living_nodes()}
    gone = {node for node, said in answers.items() if isinstance(said, Exception)} - living
    for node in gone:
        LOG.warning("node %s was lost before its first trial", nodes[node])
    return {node: said for node, said in answers.items() if node not in gone}


def _answer(ref: Any, done: bool) -> Any:
    if not done:
        return TimeoutError(f"did not answer within {ANSWER_S:g} s")
    try:
        return ray.get(ref)
    except RayError as error:
        return error


def version_reader() -> Callable[[Sequence[str]], dict[str, str]]:
    """Return what reads a machine's versions: Python's minor, packages without local build marks.

    It travels by value, so that it runs on nodes that lack this package as well.
    """

    def read(packages: Sequence[str]) -> dict[str, str]:
        import platform
        from importlib.metadata import PackageNotFoundError, version

        found = {"python": ".".join(platform.python_version_tuple()[:2])}
        for name in packages:
            try:
                found[name] = version(name).partition("+")[0]
            except PackageNotFoundError:
                found[name] = "missing"
        return found

    return read


def _ask_versions(options: dict[str, Any], node: str) -> Any:
    return ray.remote(num_cpus=0)(version_reader()).options(**options).remote(PACKAGES)


def _ask_check(options: dict[str, Any], question: NodeQuestion, node: str) -> Any:
    return ray.remote(num_cpus=0)(check_node).options(**options).remote(question, node)


def _version_lines(answer: Any, own: Mapping[str, str]) -> list[str]:
    return version_faults(answer, own) if isinstance(answer, Mapping) else _lines(answer)


def _lines(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return answer
    last = str(answer).strip().splitlines()[-1:] or [type(answer).__name__]
    return [f"cannot answer: {last[0]}"]


def _raise_if_any(nodes: Mapping[str, str], faults: Mapping[str, Sequence[str]]) -> None:
    lines = [f"node {nodes[node]}: {line}" for node, found in faults.items() for line in found]
    if lines:
        raise InputError("not every node of the cluster can run the trials", lines)


@contextmanager
def _probe_files(question: NodeQuestion) -> Iterator[None]:
    """Write the driver's probe file for the block; afterwards remove those of all nodes."""
    if question.run_dir is None:
        yield
        return
    own = question.run_dir / PROBE_FILE.format(name="driver")
    own.write_text(question.token)
    try:
        yield
    finally:
        for path in question.run_dir.glob(PROBE_FILE.format(name="*")):
            Path(path).unlink(missing_ok=True)
