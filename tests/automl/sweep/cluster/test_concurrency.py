"""How many trials run side by side as nodes come and go."""

from automl.sweep.cluster.resources import (
    CHECK_EVERY_S,
    Capacity,
    ConcurrencyLimit,
    Node,
    TrialResources,
)


class Cluster:
    """A clock, and nodes of four CPUs."""

    def __init__(self) -> None:
        self.now, self.nodes, self.asked = 0.0, 2, 0

    def capacity(self) -> Capacity:
        self.asked += 1
        return Capacity(tuple(Node(str(i), {"CPU": 4.0}) for i in range(self.nodes)), cluster=True)

    def room(self, most: int | None = None, *, cluster: bool = True) -> ConcurrencyLimit:
        resources = TrialResources(2.0, 0.0, 4, "", most=most, cluster=cluster)
        return ConcurrencyLimit(resources, self.capacity, lambda: self.now)


def test_nodes_that_come_and_go() -> None:
    cluster = Cluster()
    room = cluster.room()
    assert room() == 4
    cluster.nodes = 3
    assert room() == 4, "asked every few seconds only"
    cluster.now += CHECK_EVERY_S
    assert room() == 6
    cluster.nodes, cluster.now = 0, cluster.now + CHECK_EVERY_S
    assert room() == 1, "one trial waits for a node"


def test_the_users_limit_holds() -> None:
    cluster = Cluster()
    room = cluster.room(most=3)
    cluster.nodes, cluster.now = 9, CHECK_EVERY_S
    assert room() == 3


def test_one_machine_is_never_asked_again() -> None:
    cluster = Cluster()
    room = cluster.room(cluster=False)
    cluster.now = 10 * CHECK_EVERY_S
    assert room() == 4
    assert cluster.asked == 0
