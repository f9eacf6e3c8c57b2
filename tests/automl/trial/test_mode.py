"""How a trial runs follows from the action, the devices and the user's wish, with its reason."""

import pytest

from automl.errors import InputError
from automl.skill import Action, Execution
from automl.trial.mode import choose_mode

COMMAND = ("train", "{config_path}")


def _action(*command: str, ranks: str | None = None) -> Action:
    execution = Execution("python_entrypoint", entrypoint="a:run", ranks=ranks)
    return Action("train", command, execution=execution)


@pytest.mark.parametrize(
    ("action", "devices", "isolate", "sweep", "mode", "words"),
    [
        (Action("train", COMMAND), 2, False, True, "child", "no Python entrypoint"),
        (_action(*COMMAND), 1, False, True, "in_process", "one device"),
        (_action(*COMMAND), 1, True, True, "child", "--isolate"),
        (_action(*COMMAND), 2, False, True, "child", "declares no ranks"),
        (_action(*COMMAND, ranks="torchelastic"), 2, False, True, "ranks", "pool of 2 ranks"),
        (_action(*COMMAND, ranks="torchelastic"), 1, False, True, "in_process", "one device"),
        (_action(*COMMAND, ranks="torchelastic"), 2, True, True, "child", "--isolate"),
        (_action(*COMMAND, ranks="torchelastic"), 2, False, False, "child", "only a sweep"),
    ],
)
def test_modes(
    action: Action, devices: int, isolate: bool, sweep: bool, mode: str, words: str
) -> None:
    found = choose_mode(action, devices=devices, isolate=isolate, sweep=sweep)
    assert found.mode == mode
    assert words in found.reason


def test_a_child_needs_a_command() -> None:
    with pytest.raises(InputError, match="2 devices.*this needs a command"):
        choose_mode(_action(), devices=2, isolate=False, sweep=True)
