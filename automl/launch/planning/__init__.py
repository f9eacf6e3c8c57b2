"""From a request to a plan: task, spec, search, options, points, parent run, probe."""
