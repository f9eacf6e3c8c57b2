"""A person re-identification trainer that works without `automl`."""

import os
from contextlib import suppress

from reid_model.errors import BadInputError
from reid_model.home import mend_environment

# Trials and ranks share a machine's cores: an OpenMP thread that waits must not spin. Read once,
# when torch is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Warning that the caches moved because the user's cache folder cannot be written; else None.
# Computed before torch is imported, which looks up the user.
CACHE_WARNING: str | None = None
with suppress(BadInputError):  # the command line says it
    CACHE_WARNING = mend_environment()
