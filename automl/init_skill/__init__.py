"""``automl init``: a skill directory out of a script, a configuration file or a class."""
