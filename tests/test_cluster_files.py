"""The launch files of experiments/cluster: well formed, complete, of this product's versions."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray
import yaml
from project_paths import ROOT

from automl.cli.commands.run import run

CLUSTER = ROOT / "experiments" / "cluster"
SRUN = """#!/bin/sh
echo "srun $*" >> "$CALLS"
while [ $# -gt 0 ]; do
  case "$1" in
    -w) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
exec "$@"
"""
AUTOML = """#!/bin/sh
echo "automl $*" >> "$CALLS"
for _ in $(seq 300); do  # until both workers have been started, which goes on beside it
  test "$(grep -c '^ray start .*--address' "$CALLS")" -ge 2 && break
  sleep 0.1
done
exit 130
"""
STUBS = {
    "srun": SRUN,
    "scontrol": "#!/bin/sh\nprintf 'one\\ntwo\\nthree\\n'\n",
    "hostname": "#!/bin/sh\necho 10.0.0.1 10.0.0.2\n",
    "ray": '#!/bin/sh\necho "ray $*" >> "$CALLS"\nenv | grep ^RAY_AUTH >> "$CALLS"\n',
    "automl": AUTOML,
}


def _options(command: str) -> None:
    """Fail on an option that `automl run` does not have."""
    words = shlex.split(command.replace("$", ""))
    assert words[:2] == ["automl", "run"]
    run.make_context("run", words[2:], resilient_parsing=False)


def test_the_ray_job() -> None:
    job = yaml.safe_load((CLUSTER / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    _options(spec["entrypoint"])
    cluster = spec["rayClusterSpec"]
    assert cluster["rayVersion"] == ray.__version__
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert len(groups) == 2
    for group in groups:
        assert isinstance(group["rayStartParams"], dict)
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert container["resources"]["limits"] == container["resources"]["requests"]
        values: dict[str, Any] = {variable["name"]: variable for variable in container["env"]}
        assert values["RAY_AUTH_MODE"]["value"] == "token"
        assert "secretKeyRef" in values["RAY_AUTH_TOKEN"]["valueFrom"]
    (workers,) = cluster["workerGroupSpecs"]
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]


def test_the_cluster_for_ray_up_meets_rays_schema() -> None:
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    config = yaml.safe_load((CLUSTER / "ray-up.yaml").read_text())
    jsonschema.validate(config, schema)
    assert config["head_node_type"] in config["available_node_types"]
    for command in (*config["head_start_ray_commands"], *config["worker_start_ray_commands"]):
        assert command == "ray stop" or command.startswith("RAY_AUTH_MODE=token ray start ")


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """The environment of a SLURM job of three nodes, its programs stubs that log their calls."""
    for name, text in STUBS.items():
        stub = tmp_path / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(text)
        stub.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "RUN_DIR": str(tmp_path / "run"),
        "SLURM_JOB_ID": "7",
        "SLURM_JOB_NODELIST": "one,two,three",
        "SLURM_CPUS_PER_TASK": "8",
        "SLURM_GPUS_ON_NODE": "2",
    }


def test_the_slurm_script_starts_every_node_and_the_driver(
    job: dict[str, str], tmp_path: Path
) -> None:
    script = str(CLUSTER / "slurm.sh")
    subprocess.run(["bash", "-n", script], check=True)
    command = ["bash", script, "--data", "/data", "--trials", "5"]
    assert subprocess.run(command, env=job, timeout=60, check=False).returncode == 130
    calls = (tmp_path / "calls").read_text()
    assert calls.count("ray start --block --num-cpus 8 --num-gpus 2 --head") == 2  # srun and ray
    for host in ("two", "three"):
        assert re.search(f"srun .*-w {host} ray start .* --address 10.0.0.1:6379", calls)
    tokens = set(re.findall("RAY_AUTH_TOKEN=([0-9a-f]{64})\n", calls))
    assert len(tokens) == 1
    assert not re.search(f"(srun|ray|automl) .*{tokens.pop()}", calls)
    (driver,) = re.findall("^automl .*$", calls, flags=re.MULTILINE)
    assert driver.endswith(f"--output {tmp_path / 'run'} --data /data --trials 5")
    _options(driver)


def test_a_node_that_misses_its_start_starts_again(job: dict[str, str], tmp_path: Path) -> None:
    """As where Ray's 30 s pass on a busy machine: the first start on "two" fails."""
    ray = tmp_path / "bin" / "ray"
    first = f"""
case "$*" in
  *--block*--address*) mkdir "{tmp_path}/missed" 2> /dev/null && exit 1; touch "{tmp_path}/up" ;;
esac
"""
    ray.write_text(ray.read_text() + first)
    (tmp_path / "bin" / "scontrol").write_text("#!/bin/sh\nprintf 'one\\ntwo\\n'\n")
    waits = f"""#!/bin/sh
for _ in $(seq 60); do
  test -e "{tmp_path}/up" && exit 0
  sleep 1
done
exit 1
"""
    (tmp_path / "bin" / "automl").write_text(waits)
    done = subprocess.run(
        ["bash", str(CLUSTER / "slurm.sh")], env=job, timeout=120, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert "the Ray node on two ended with code 1" in done.stderr
    starts = re.findall("^ray start .*--address", (tmp_path / "calls").read_text(), re.MULTILINE)
    assert len(starts) == 2


def test_a_requeued_slurm_job_resumes(job: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "plan.yaml").touch()
    command = ["bash", str(CLUSTER / "slurm.sh"), "--data", "/data"]
    subprocess.run(command, env=job, timeout=60, check=False)
    calls = (tmp_path / "calls").read_text()
    (driver,) = re.findall("^automl .*$", calls, flags=re.MULTILINE)
    words = f"automl run --yes --address 10.0.0.1:6379 --resume {tmp_path / 'run'}"
    assert driver == words
    _options(driver)


def test_no_file_names_a_machine_or_a_registry() -> None:
    files = sorted(CLUSTER.iterdir())
    assert [path.name for path in files] == ["README.md", "ray-up.yaml", "rayjob.yaml", "slurm.sh"]
    for path in files:
        text = path.read_text()
        assert not re.search(r"/home/|/work/|docker\.io|gcr\.io|quay\.io|nvcr\.io|ghcr\.io", text)
