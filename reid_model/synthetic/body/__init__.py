"""The synthetic person: who it is, how it stands, and its parts drawn one over the other."""
