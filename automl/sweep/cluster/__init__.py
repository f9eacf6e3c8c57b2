"""Ray itself: starting, joining, resources, nodes, token, the remote driver."""
