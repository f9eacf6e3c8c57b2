"""The algorithm ``bayes``: a Gaussian process over the whole space, made for small budgets."""
