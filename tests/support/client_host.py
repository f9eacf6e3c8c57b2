"""A head node of one CPU that serves Ray's client; prints its address, ends with its input."""

import socket
import sys
import time

from ray.cluster_utils import Cluster

PATIENCE_S = 120.0


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


if __name__ == "__main__":
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    head = {"num_cpus": 1, "object_store_memory": 80_000_000, "ray_client_server_port": port}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    host = cluster.address.rpartition(":")[0]
    deadline = time.monotonic() + PATIENCE_S
    while not _answers(host, port):  # the client's server starts beside the head
        assert time.monotonic() < deadline
        time.sleep(0.2)
    print(f"ray://{host}:{port}", flush=True)
    sys.stdin.read()
    cluster.shutdown()
