"""A simulated cluster in a process of its own, told what to do by lines on its standard input.

Commands: ``add`` a node of one CPU, ``lose`` the oldest. Each is answered by the number of nodes;
the first line is the cluster's address. It ends with its input.
"""

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from processes import children
from ray.cluster_utils import Cluster

STORE = 80_000_000


def main() -> None:
    """Start a head without CPUs, which runs no trial, and two nodes; then obey."""
    head = {"num_cpus": 0, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2)]
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line == "add\n":
            nodes.append(cluster.add_node(num_cpus=1, object_store_memory=STORE))
        elif line == "lose\n":
            _lose(cluster, nodes.pop(0))
        print(len(cluster.list_all_nodes()), flush=True)
    cluster.shutdown()


def _lose(cluster: Cluster, node: Any) -> None:
    """What a power cut does: raylet and workers are gone at once."""
    raylet = int(node.all_processes["raylet"][0].process.pid)
    for pid in (raylet, *children(raylet)):
        with suppress(ProcessLookupError):  # a worker ends when it has nothing to do
            os.kill(pid, signal.SIGKILL)
    cluster.remove_node(node, allow_graceful=False)


if __name__ == "__main__":
    main()
