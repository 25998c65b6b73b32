"""What a runner needs of the environments of its machine."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Protocol


class EnvironmentInUse(Protocol):
    """An environment that stays until `close`: `path` is bound at `/env`, `interpreter` where it lies on the host."""

    @property
    def path(self) -> Path | None:
        """Its folder; None where the interpreter is all there is."""
        ...

    @property
    def interpreter(self) -> Path:
        """The prefix of the Python that it is made of."""
        ...

    @property
    def python(self) -> PurePath:
        """The program, as a job sees it."""
        ...

    def close(self) -> None:
        """The job does not need it any more."""
        ...


class EnvironmentSource(Protocol):
    """Has environments ready for jobs."""

    def prepare(
        self, requirements: Sequence[str], progress: Callable[[str], None], *, cancel: threading.Event
    ) -> EnvironmentInUse:
        """The environment with these packages, built first where it is not there yet.

        Args:
            requirements: as pip takes them; none of them means the default ones.
            progress: takes lines about the building, for the job's log.
            cancel: set when nobody wants the environment any more.

        Raises:
            QubixError: it cannot be had, and why.
        """
        ...

    def has(self, requirements: Sequence[str]) -> bool:
        """Whether `prepare` would return at once."""
        ...
