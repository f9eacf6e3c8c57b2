"""In which container the trials of a run train, as a value that plan.yaml keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Container:
    """The container that each trial of a run gets.

    Attributes:
        engine: ``docker``, ``podman`` or ``apptainer``; found on the PATH of each node.
        image: the image's name, or the path of a file that apptainer runs.
        run: the id of the run, in the labels and names of its containers.
        args: further arguments of the engine, in front of the image.
        network: whether the trainer may use the network.
        rootless: whether the engine runs without the rights of root.
        variables: environment variables that the trainer gets where they are set.
    """

    engine: str
    image: str
    run: str
    args: tuple[str, ...] = ()
    network: bool = False
    rootless: bool = False
    variables: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "args": list(self.args), "variables": list(self.variables)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Container:
        """Return what :meth:`to_dict` wrote."""
        lists = {name: tuple(data.get(name, ())) for name in ("args", "variables")}
        return cls(**{**data, **lists})

    def name(self, trial: str) -> str:
        """Return the name of the container of the trial with this id."""
        return f"automl-{self.run}-{trial}"
