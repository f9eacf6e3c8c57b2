"""What finished runs say about other ways to search: a surrogate of their trials, replayed."""
