"""A head node of one CPU that serves Ray's client; prints its address, ends with its input."""

import socket
import sys

from ray.cluster_utils import Cluster

if __name__ == "__main__":
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    head = {"num_cpus": 1, "object_store_memory": 80_000_000, "ray_client_server_port": port}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    print(f"ray://{cluster.address.rpartition(':')[0]}:{port}", flush=True)
    sys.stdin.read()
    cluster.shutdown()
