"""A person re-identification trainer that works without `automl`."""

import os

# Trials and ranks share a machine's cores: an OpenMP thread that waits must not spin. Read once,
# when torch is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
