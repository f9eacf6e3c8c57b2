"""The report's page: self-contained, honest about odd runs, nothing executed from a run's texts."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from odd_runs import write_run

from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.results.report.write import report_at_end, write_report
from automl.results.run import read_run
from automl.results.run_folders import read_runs


class _Page(HTMLParser):
    """Elements and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._script: str | None = None
        self.scripts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._script = dict(attrs).get("id") or f"{tag} {len(self.scripts)}"
            self.scripts[self._script] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.words.append(data)
        else:
            self.scripts[self._script] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts["figures"])
        return found


def _page(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


def test_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    page = _page(write_report([read_run(write_run(tmp_path / "run", 40, failed=0.2, stopped=0.2))]))
    links = [a.get(key) for _, a in page.elements for key in ("src", "href") if a.get(key)]
    ids = {a["id"] for _, a in page.elements if a.get("id")}
    inner = [link[1:] for link in links if link and link.startswith("#") and len(link) > 1]
    assert len(inner) >= 8
    assert set(inner) <= ids
    assert {link for link in links if link and not link.startswith("#")} == {"data:,"}
    assert set(page.figures) <= ids
    assert len(page.figures) >= 10
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_texts_of_a_run_are_texts_and_secrets_stay_hidden(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 40, failed=0.3)
    page = _page(write_report([read_run(folder)]))
    assert "RuntimeError: </script><b>CUDA</b> out of memory" in page.text
    assert "odd <b>skill</b>" in page.text
    assert "nobody" not in (folder / "report.html").read_text()
    assert "encryption_key=(hidden)" in page.text


def test_what_it_says_of_a_sweep(tmp_path: Path) -> None:
    text = _page(
        write_report([read_run(write_run(tmp_path / "run", 40, failed=0.2, stopped=0.2))])
    ).text
    for words in (
        "best score", "packaged defaults", "by the champion, each trained once",
        "complete", "maximize score",
        "out_of_memory", "share of the time", "d1ge57", "optuna 5.0.0", "GPU hours", "Copy",
        "40 trials, best first",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    ("trials", "failed", "said"),
    [
        (0, 0.0, "no trial yet"),
        (1, 0.0, "it takes 10 trials with a value, there are 1"),
        (4, 1.0, "no result"),
    ],
)
def test_odd_runs(tmp_path: Path, trials: int, failed: float, said: str) -> None:
    closed = "failed" if failed else "done"
    folder = write_run(tmp_path / "run", trials, failed=failed, closed=closed)
    text = _page(write_report([read_run(folder)])).text
    assert said in text
    assert "Nothing to draw" in text


def test_what_is_left_of_a_run_that_was_killed_after_its_last_trial(tmp_path: Path) -> None:
    confirm = {"best": 1, "repeats": 1, "seed_key": "seed", "first_seed": 2}
    text = _page(write_report([read_run(write_run(tmp_path / "a", 12))])).text
    assert "not complete" not in text
    folder = write_run(tmp_path / "b", 4, failed=1.0, closed="", confirm=confirm, time_budget_s=0.0)
    (folder / "best").mkdir()
    told = {"metrics": {}, "failure": "interrupted"}
    (folder / "best" / "evaluation.yaml").write_text(yaml.safe_dump(told))
    text = _page(write_report([read_run(folder)])).text
    for words in (
        "not complete",
        "what is left: best/, the champion's evaluation, tables and report",
        "It was cut short.",
    ):
        assert words in text
    assert "It failed" not in text


def test_a_direct_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 1, space=None, route_reason="policy off")
    text = _page(write_report([read_run(folder)])).text
    assert "One direct run: nothing was searched." in text
    assert "policy off" in text


def test_several_runs_are_compared(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, 20, seed=seed) for name, seed in (("a", 1), ("b", 2))]
    with pytest.raises(InputError, match="add  --output FILE"):
        write_report(read_runs(runs))
    page = _page(write_report(read_runs(runs), tmp_path / "both.html"))
    assert "2 runs compared" in page.text
    assert "the best value that every run reached" in page.text
    other = write_run(tmp_path / "c", 3, metric="mAP")
    mixed = _page(write_report(read_runs([*runs, other]), tmp_path / "mixed.html")).text
    assert "optimise different things, so they are not compared" in mixed


def test_several_objectives_confirmation_and_evaluation(tmp_path: Path) -> None:
    further = [{"metric": "loss", "direction": "minimize"}]
    folder = write_run(tmp_path / "run", 20, further=further)
    (folder / "best").mkdir()
    found = {"metrics": {"cmc_rank_1": 0.75}, "failure": ""}
    (folder / "best" / "evaluation.yaml").write_text(yaml.safe_dump(found))
    text = _page(write_report([read_run(folder)])).text
    assert "score against loss" in text
    assert "maximize score, minimize loss" in text
    assert "Final evaluation of the champion" in text
    assert re.search(r"cmc_rank_1 0\.75", text)


def test_a_report_never_fails_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path / "run", 2)
    assert report_at_end(read_run(folder)) == str(folder / "report.html")

    def broken(runs: object) -> str:
        raise RuntimeError("no paper")

    monkeypatch.setattr("automl.results.report.page.render", broken)
    assert "none: RuntimeError: no paper; try  automl report" in report_at_end(read_run(folder))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path / "run", 2)
    assert run_command_line(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}/report.html\n"
    assert run_command_line(["report", str(folder), "--output", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    missing = tmp_path / "no" / "report.html"
    assert run_command_line(["report", str(folder), "--output", str(missing)]) == 2
    assert f"cannot write {missing}: there is no folder" in capsys.readouterr().err
    assert run_command_line(["report", str(tmp_path / "nothing"), "--output", "found.pdf"]) == 2
    assert "no ending '.pdf' is known; it may be .html" in capsys.readouterr().err
    assert run_command_line(["report", str(tmp_path / "nothing")]) == 2


def test_a_confirmed_run_counts_by_its_means(tmp_path: Path) -> None:
    confirm = {"best": 1, "repeats": 2, "seed_key": "seed", "first_seed": 12}
    folder = write_run(tmp_path / "run", 12, confirm=confirm)
    ledger = folder / "ledger.jsonl"
    events = [json.loads(line) for line in ledger.read_text().splitlines()]
    best = int(read_run(folder).champion["number"])  # type: ignore[index]
    starts = {event["number"]: event for event in events if event["event"] == "start"}
    for event in events:
        if event["event"] == "epoch" and event["number"] == best:
            event["kpi"]["score"] += 0.2
    fresh = ((0, 1.01), (0, 1.02), (best, 1.22), (best, 1.23))
    for number, (source, score) in enumerate(fresh, start=12):
        params = {**starts[source]["params"], "seed": number}
        told = {"time": events[-1]["time"] + number, "number": number}
        events += [
            {**told, "event": "start", "ticket": None, "source": "confirm", "params": params},
            {**told, "event": "epoch", "epoch": 9, "kpi": {"score": score}},
            {**told, "event": "end", "state": "finished", "failure": ""},
        ]
    ledger.write_text("\n".join(map(json.dumps, events)) + "\n")
    text = _page(write_report([read_run(folder)])).text
    assert f"best score 1.2250 trial {best:04d}, mean of 2 fresh trainings" in text
    assert "packaged defaults 1.0150 gain +" in text
    assert "Confirmation" in text
    assert f"{best:04d} search" in text
