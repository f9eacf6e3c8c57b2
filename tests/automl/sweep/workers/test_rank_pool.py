"""What ranks and children see of the GPUs that Ray hands out, and what a sweep leaves in a Ray.

Ray is the user's, who started it before: sweeps join it and leave it running.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from processes import wait_until
from project_paths import SKILLS
from ray.util import placement_group_table

import automl
from automl.errors import InputError

SKILL = SKILLS / "allreduce"
CHILD = """
import json, os, sys
spec = json.load(open(sys.argv[1]))
print("sees", os.environ["CUDA_VISIBLE_DEVICES"], "named", spec["train"]["gpu_ids"])
print("score: 1.0")
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def two_of_four_gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Ray of this process that believes in four GPUs, of which 2 and 3 are visible."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    ray.init(address="local", num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def _log(run: Path) -> str:
    return (run / "trials" / "0000" / "log.txt").read_text()


def _all_is_given_back() -> bool:
    """Whether the sweep's placement groups are gone; Ray tells a little later."""
    groups = {group["state"] for group in placement_group_table().values()}
    return groups == {"REMOVED"} and ray.available_resources().get("GPU") == 2.0


@pytest.mark.usefixtures("two_of_four_gpus")
def test_each_rank_sees_all_gpus_of_its_trial_and_a_child_names_its_own(tmp_path: Path) -> None:
    result = automl.run(skill_dir=SKILL, output=tmp_path / "ranks", trials=2)
    assert set(result.trials["gpu_count"]) == {2.0}
    log = _log(tmp_path / "ranks")
    seen = {line.split("GPUs ")[1] for line in log.splitlines() if "sees GPUs" in line}
    assert seen in ({"'2,3'"}, {"'3,2'"})
    wait_until(_all_is_given_back)

    with pytest.raises(InputError, match="joined a Ray already: leave out address other:6379"):
        automl.run(skill_dir=SKILL, output=tmp_path / "other", trials=2, address="other:6379")

    skill = tmp_path / "skill"
    (skill / "references").mkdir(parents=True)
    for name in ("schemas/train.schema.json", "references/spec_template_train.yaml"):
        (skill / name).parent.mkdir(exist_ok=True)
        shutil.copy(SKILL / name, skill / name)
    (skill / "child.py").write_text(CHILD)
    info = (SKILL / "references/skill_info.yaml").read_text()
    command = f"python {skill / 'child.py'} {{config_path}}"
    (skill / "references/skill_info.yaml").write_text(info.replace('"false"', f'"{command}"'))
    automl.run(skill_dir=skill, output=tmp_path / "child", trials=1, isolate=True)
    told = _log(tmp_path / "child")
    assert "sees 2,3 named [0, 1]" in told or "sees 3,2 named [0, 1]" in told
    wait_until(_all_is_given_back)
    assert ray.is_initialized()
