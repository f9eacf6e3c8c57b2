"""Runs a command line of automl whose sweeps have their trials in this process, without Ray."""

import sys

from sweep_here import no_ray

from automl.cli.main import run_command_line

if __name__ == "__main__":
    with no_ray():
        code = run_command_line(sys.argv[1:])
    sys.exit(code)
