"""A sweep whose runs live in a bucket: storage away for 30 s, then taken up from another folder."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drivers import WITHOUT_RAY, events, start
from processes import PATIENCE_S, wait_until
from project_paths import SKILLS
from s3 import BUCKET, Gate, s3_server

import automl
from automl.launch.running.storage_claim import DRIVER_FILE
from automl.trial.data.cache import CACHE_VARIABLE

pytestmark = pytest.mark.slow
AWAY_S = 30.0
PLACE = f"s3://{BUCKET}/team"


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Gate]]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    with s3_server(monkeypatch) as server:
        yield server


def _keys(client: Any) -> set[str]:
    listed = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {entry["Key"] for entry in listed}


def test_thirty_seconds_without_storage_lose_nothing(
    s3: tuple[Any, Gate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, gate = s3
    client.put_object(Bucket=BUCKET, Key="other/precious.pth", Body=b"not ours")
    client.put_object(Bucket=BUCKET, Key="team/precious.pth", Body=b"another run's")
    (tmp_path / "crops").mkdir()
    (tmp_path / "one" / "runs").mkdir(parents=True)
    output = tmp_path / "one" / "runs" / "sweep"
    driver = start(
        "--skill-dir", str(SKILLS / "bowl"), "--set", f"dataset.folder={tmp_path / 'crops'}",
        "--set", "fault=sleep", "--trials", "5", "--output", str(output), "--storage", PLACE,
        "--algorithm", "random", "--max-concurrent", "1",
    )  # fmt: skip
    wait_until(lambda: events(output, "end"), driver)
    gate.shut()
    time.sleep(AWAY_S)
    assert driver.poll() is None
    gate.open()
    printed, complaint = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, complaint
    table = automl.load_trials(output)
    assert list(table["state"]) == ["finished"] * 5
    best = json.loads(printed)["best"]
    keys = _keys(client)
    run = "team/sweep/"
    assert {f"{run}{name}" for name in ("plan.yaml", "ledger.jsonl", "trials.parquet")} <= keys
    assert f"{run}{DRIVER_FILE}" not in keys
    kept = {key for key in keys if key.endswith(".pth") and "/trials/" in key}
    assert {key.split("/trials/")[1][:4] for key in kept} == {best["trial_id"]}
    assert f"{run}best/model_epoch_003_step_00001.pth" in keys
    assert {"other/precious.pth", "team/precious.pth"} <= keys
    assert all(f"{run}trials/{number:04d}/log.txt" in keys for number in range(5))
    assert "testing-secret" not in complaint

    elsewhere = tmp_path / "two"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    resumed = start("--resume", f"{PLACE}/sweep", "--add-trials", "2", program=WITHOUT_RAY)
    _, complaint = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 0, complaint
    again = automl.load_trials(elsewhere / "runs" / "sweep")
    assert list(again["state"]) == ["finished"] * 7
    before = table.set_index("number")["score"]
    assert again.set_index("number")["score"][:5].equals(before)
    ends = Counter(event["number"] for event in events(elsewhere / "runs" / "sweep", "end"))
    assert set(ends.values()) == {1}
    assert not list((tmp_path / "cache" / "runs").rglob("*.pth"))
