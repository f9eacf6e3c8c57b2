"""``python -m automl``: the same as the command ``automl``."""

from __future__ import annotations

from automl.cli.main import main

if __name__ == "__main__":
    main()
