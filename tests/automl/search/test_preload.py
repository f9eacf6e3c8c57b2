"""What a sampler needs later is there, loaded as the sampler itself would have loaded it."""

import os
import subprocess
import sys

import pytest

ASK = """
import sys, optuna
from automl.search.preload import load_sampler
load_sampler("gp")
loaded = set(sys.modules)
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=0, n_startup_trials=3))
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
late = {name for name in set(sys.modules) - loaded if name.startswith(("scipy", "optuna._gp"))}
print(len(late))
"""


@pytest.mark.slow
def test_a_gaussian_process_finds_nearly_all_of_it_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20  # of some 500


FEW = """
import sys, optuna, automl.search.samplers.factory
from automl.search.algorithm import STARTUP_TRIALS
from automl.search.preload import load_sampler
load_sampler("gp", STARTUP_TRIALS)
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study()
for draw in range(STARTUP_TRIALS):
    context = automl.search.samplers.factory.DrawContext(0, draw)
    study.sampler = automl.search.samplers.factory.make_sampler("gp", context)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
print("torch" in sys.modules)
"""


def test_a_sweep_of_few_trials_loads_no_gaussian_process() -> None:
    done = subprocess.run([sys.executable, "-c", FEW], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("before", [None, "3"])
def test_the_number_of_blas_threads_is_put_back(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl.search.preload import load_sampler

    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if before is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
    load_sampler("gp")
    assert os.environ.get("OPENBLAS_NUM_THREADS") == before
