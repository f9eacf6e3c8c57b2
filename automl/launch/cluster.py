"""What a plan asks of the nodes of a cluster before its first trial."""

from __future__ import annotations

from automl.launch.plan import Plan


def check_cluster(plan: Plan) -> None:
    """Ask every node whether it can run the plan's trials, and stage the data there.

    Raises:
        InputError: a node cannot; every node and reason is listed.
    """
    from automl.sweep.nodes import check_nodes
    from automl.trial.machine import Question

    skill, seen = plan.skill, plan.output if plan.storage is None else None
    digest = skill.digest()
    check_nodes(Question(seen, "", skill.directory, digest, plan.sources, plan.storage))
