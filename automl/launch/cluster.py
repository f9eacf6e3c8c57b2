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

    skill = plan.skill
    check_nodes(Question(plan.output, "", skill.directory, skill.digest(), plan.sources))
