"""A head node of one CPU that serves Ray's client; prints its address, ends with its input."""

import socket
import sys

from processes import free_port, wait_until
from ray.cluster_utils import Cluster


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


if __name__ == "__main__":
    port = free_port()
    head = {"num_cpus": 1, "object_store_memory": 80_000_000, "ray_client_server_port": port}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    host = cluster.address.rpartition(":")[0]
    wait_until(lambda: _answers(host, port))  # the client's server starts beside the head
    print(f"ray://{host}:{port}", flush=True)
    sys.stdin.read()
    cluster.shutdown()
