"""Where a child's metrics are found: status file, metrics file, log lines, a pattern."""

import json
import math
import re
from pathlib import Path

import pytest

from automl.errors import InputError
from automl.trial.child.log_metrics import metric_pattern, read_pairs, read_pattern
from automl.trial.child.reports import Reports


@pytest.mark.parametrize(
    ("line", "kpi", "epoch"),
    [
        ("score: 0.5", {"score": 0.5}, None),
        ("score=0.5", {"score": 0.5}, None),
        ("12:30:01 INFO Epoch 3/10 loss=1e-3, score = 91.5", {"loss": 1e-3, "score": 91.5}, 3),
        ('{"epoch": 2, "score": 0.25}', {"score": 0.25}, 2),
        ("epoch=4 score: -.5", {"score": -0.5}, 4),
    ],
)
def test_pairs_in_a_line(line: str, kpi: dict[str, float], epoch: int | None) -> None:
    record = read_pairs(line, "score")
    assert record is not None
    assert (record.kpi, record.epoch) == (kpi, epoch)


@pytest.mark.parametrize(
    ("line", "kpi", "epoch"),
    [
        ("score: 1,234.56", {"score": 1234.56}, None),
        ("score: 1,234,567", {"score": 1234567.0}, None),
        ("score: 0,95 loss: 1,5", {"score": 0.95, "loss": 1.5}, None),
        ("score: 1, loss: 2", {"score": 1.0, "loss": 2.0}, None),
        ("score=1,loss=2", {"score": 1.0, "loss": 2.0}, None),
        ("score: 95%", {"score": 95.0}, None),
        ("score: 0.5 / best 0.6", {"score": 0.5}, None),
        ("\x1b[32mscore\x1b[0m: \x1b[1;31m0.9\x1b[0m", {"score": 0.9}, None),
        ("max epoch: 20 score: 0.5", {"score": 0.5}, None),
        ("score: 0.5 (best epoch: 4)", {"score": 0.5}, None),
        ("max epoch: 20, epoch: 3, score: 0.5", {"score": 0.5}, 3),
        ("best score: 0.9, score: 0.8", {"score": 0.8}, None),
        ("score: 0.8 (best score: 0.9)", {"score": 0.8}, None),
        ("train score: 0.9 val score: 0.8", {"score": 0.8}, None),
        ("Best score: 0.9", {"score": 0.9}, None),
        ("score: 0.5, again score: 0.5", {"score": 0.5}, None),
        ("training epoch 3 score: 0.5", {"score": 0.5}, 3),
        ("{'score': 0.5, 'epoch': 1.0}", {"score": 0.5}, 1),
        ("{'score': 0.5, 'epoch': 0.33}", {"score": 0.5}, None),
        ("epoch: 1,234,567. score: 0.5", {"score": 0.5}, 1_234_567),
        ("epoch: 1,234 score: 0.5", {"score": 0.5}, None),
        ("score: 0.5 time: 12:30:01 step: 5/10", {"score": 0.5}, None),
        ("score: 0.5 - epoch 2", {"score": 0.5}, 2),
    ],
)
def test_numbers_as_people_write_them(line: str, kpi: dict[str, float], epoch: int | None) -> None:
    record = read_pairs(line, "score")
    assert record is not None
    assert (record.kpi, record.epoch) == (kpi, epoch)


UNREADABLE = [
    "score: 1,234", "score: 5/10", "score: 5 / 10", "score: 1,2,3", "score: 1.2.3", "score: 3x",
    "score: 5 of 10", "score: 5 out of 10", "score: 1'234.5", "score: 1 234.5", "score: 12:30",
    "score: 2026-01-02", "score: 1_234", "score: 0x1F", "score: tensor(0.9)", "score: [0.5]",
    "score: 0.5 score: 0.6", "score: 5/10 (best score: 0.9)", "\x1b[32mscore\x1b[0m: 1,234",
]  # fmt: skip


@pytest.mark.parametrize("line", UNREADABLE)
def test_what_may_be_another_number_is_not_read_but_told(line: str) -> None:
    record = read_pairs(line, "score")
    assert record is not None
    assert record.kpi == {}
    assert record.unread.startswith(
        "score cannot be read for certain, and is left out, in the line"
    )
    assert "--metric-pattern" in record.unread


def test_a_pattern_that_finds_what_cannot_be_read_says_so() -> None:
    record = read_pattern("top1 5/10", "score", re.compile("top1 (.*)"))
    assert record is not None
    assert (record.kpi, "top1 5/10" in record.unread) == ({}, True)


@pytest.mark.parametrize(
    "line",
    ["my_score: 0.5", "score: none", "score 5", "loss: 0.5", "score:", "loss: 5/10 score: n/a"],
)
def test_lines_without_the_metric(line: str) -> None:
    assert read_pairs(line, "score") is None


def test_a_diverged_value_is_seen() -> None:
    record = read_pairs("score: nan", "score")
    assert record is not None
    assert math.isnan(record.kpi["score"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r"ep (?P<epoch>\d+) top1 ([\d.]+)", "ep 7 top1 0.5"),
        (r"top1 ([\d.]+) ep (?P<epoch>\d+)", "top1 0.5 ep 7"),
    ],
)
def test_a_pattern_with_an_epoch_before_or_after(text: str, line: str) -> None:
    record = read_pattern(line, "score", metric_pattern(text))
    assert record is not None
    assert (record.epoch, record.kpi) == (7, {"score": 0.5})


def test_a_pattern_that_finds_no_number() -> None:
    assert read_pattern("top1 zero", "score", re.compile("top1 (.*)")) is None


@pytest.mark.parametrize("text", ["(", "top1", "(a)(b)", "(?P<epoch>a)", "(?P<epoch>a)(b)(c)"])
def test_patterns_that_cannot_serve(text: str) -> None:
    with pytest.raises(InputError, match="--metric-pattern"):
        metric_pattern(text)


class Child:
    """Files as a child process writes them."""

    def __init__(self, folder: Path, pattern: str | None = None) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.reports = Reports(
            folder, self.log, "score", metric_pattern(pattern) if pattern else None
        )

    def says(self, line: str) -> None:
        with self.log.open("a") as stream:
            stream.write(line + "\n")

    def status(self, name: str = "status.json", **record: object) -> None:
        with (self.folder / name).open("a") as stream:
            stream.write(json.dumps(record) + "\n")

    def seen(self) -> list[tuple[int | None, dict[str, float]]]:
        records = self.reports.new_records() + self.reports.new_records()
        return [(record.epoch, record.kpi) for record in records if record.kpi]


def test_the_log_serves_where_no_file_does(tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.says("epoch 1 score: 0.5")
    child.says("epoch 2 \rdraws score: 0.1\repoch 2 score: 0.7")
    assert child.seen() == [(1, {"score": 0.5}), (2, {"score": 0.7})]


def test_a_file_wins_over_a_log_that_cannot_be_read(tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.says("score: 5/10")
    [record] = child.reports.new_records() + child.reports.new_records()
    assert record.unread
    child.says("score: 6/10")
    child.status(epoch=1, kpi={"score": "0,95"})
    assert child.seen() == [(1, {"score": 0.95})]
    child.says("score: 7/10")
    assert child.reports.new_records() + child.reports.new_records() == []


def test_the_log_lines_of_automl_itself_are_not_read(tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.says("automl: print it as score=0.5")
    assert child.seen() == []


def test_a_file_wins_over_the_log_that_repeats_it(tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.says("score: 0.5")
    assert child.reports.new_records() == []
    child.status(epoch=1, kpi={"score": 0.5})
    assert child.seen() == [(1, {"score": 0.5})]
    child.says("score: 0.6")
    child.status(epoch=2, kpi={"score": 0.6})
    assert child.seen() == [(2, {"score": 0.6})]


def test_a_status_file_one_level_below(tmp_path: Path) -> None:
    child = Child(tmp_path)
    (tmp_path / "train").mkdir()
    child.status("train/status.json", epoch=1, kpi={"score": "0.5"})
    child.status("train/status.json", status="FAILURE", message="it broke")
    assert child.seen() == [(1, {"score": 0.5})]
    assert child.reports.failure == "it broke"


def test_a_metrics_file_that_is_written_anew(tmp_path: Path) -> None:
    child = Child(tmp_path)
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"epoch": 1, "score": 0.5, "note": "x"}))
    assert child.seen() == [(1, {"score": 0.5})]
    assert child.seen() == []
    path.write_text('{"epoch": 2, "sc')
    assert child.seen() == []
    path.write_text(json.dumps({"epoch": 2, "metrics": {"score": 0.6}}))
    assert child.seen() == [(2, {"score": 0.6})]


def test_a_metrics_file_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text('{"epoch": 1, "score": 0.1}\n{"epoch": 2, "score": 0.2}\n')
    child = Child(tmp_path)
    with path.open("a") as stream:
        stream.write('{"epoch": 3, "score": 0.3}\n{"epoch": 4, "sc')
    assert child.seen() == [(3, {"score": 0.3})]
    entries = [{"epoch": epoch, "score": epoch / 10} for epoch in (1, 2, 3, 4)]
    path.write_text(json.dumps(entries))
    assert child.seen() == [(4, {"score": 0.4})]


def test_what_an_earlier_go_left_is_not_reported(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("score: 0.1\n")
    (tmp_path / "status.json").write_text('{"epoch": 1, "kpi": {"score": 0.1}}\n')
    child = Child(tmp_path)
    assert child.seen() == []


def test_a_pattern_is_the_only_source(tmp_path: Path) -> None:
    child = Child(tmp_path, r"top1 ([\d.]+)")
    child.status(epoch=1, kpi={"score": 0.1})
    child.says("score: 0.2 top1 0.9")
    assert child.seen() == [(None, {"score": 0.9})]


def test_other_spellings_and_general_names(tmp_path: Path) -> None:
    assert read_pairs("Val/Loss: 0.25", "val_loss").kpi["val_loss"] == 0.25  # type: ignore[union-attr]
    assert read_pairs("kpi: 0.5", "val_loss").kpi == {"val_loss": 0.5}  # type: ignore[union-attr]
    log = tmp_path / "log"
    log.touch()
    reports = Reports(tmp_path, log, "val_loss")
    deep = tmp_path / "results_dir" / "train"
    deep.mkdir(parents=True)
    (deep / "status.json").write_text('{"epoch": 1, "kpi": {"val/loss": 0.75}}\n')
    (record,) = reports.new_records()
    assert record.kpi["val_loss"] == 0.75


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("metrics.json", '{"val/loss": 0.5}', 0.5),
        ("best_score.json", '{"metric": "val/loss", "best_score": 0.25}', 0.25),
        ("best_score.json", '{"best_score": 0.25}', 0.25),
        ("best_score.json", '{"metric": "acc", "best_score": 0.25}', None),
    ],
)
def test_files_below_the_results_folder(
    tmp_path: Path, name: str, text: str, value: float | None
) -> None:
    log = tmp_path / "log"
    log.touch()
    reports = Reports(tmp_path, log, "val_loss")
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / name).write_text(text)
    found = [record for _ in range(3) for record in reports.new_records()]
    assert [record.kpi.get("val_loss") for record in found] == ([] if value is None else [value])
