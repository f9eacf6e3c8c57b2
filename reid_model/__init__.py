"""A person re-identification trainer that works without `automl`."""

import os
from contextlib import suppress

from reid_model.errors import BadInputError
from reid_model.home import mend_environment

# Trials and ranks share a machine's cores: an OpenMP thread that waits must not spin. Read once,
# when torch is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What moved for want of a home folder, for people. torch asks for the user when it is imported.
CACHE_WARNING: str | None = None
with suppress(BadInputError):  # the command line says it
    CACHE_WARNING = mend_environment()
