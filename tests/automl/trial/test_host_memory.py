"""The kernel's own count of processes that it killed for memory."""

from pathlib import Path

from automl.trial.faults import oom_kills


def test_counts_of_machine_and_container_are_added(tmp_path: Path) -> None:
    machine, container = tmp_path / "vmstat", tmp_path / "memory.events"
    machine.write_text("nr_free_pages 17\noom_kill 3\n")
    container.write_text("low 0\noom 1\noom_kill 2\noom_group_kill 0\n")
    assert oom_kills((machine, container, tmp_path / "none")) == 5
