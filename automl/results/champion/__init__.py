"""Which configuration a sweep hands over, by how much it is better, and how sure that is."""
