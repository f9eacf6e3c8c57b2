"""The actions of the trainer, each a page: train, evaluate, inference, export, and the checks."""
