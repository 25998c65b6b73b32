"""Hatchling's hook: puts the built web console into the wheel, and builds it only where it is stale."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from tools.console import node, sources
from tools.console.build import build
from tools.console.errors import ConsoleFailed


class ConsoleHook(BuildHookInterface[Any]):
    """An editable install serves what `make console` built: it never builds by itself."""

    def dependencies(self) -> list[str]:
        """Node, where there is something to build."""
        return [node.requirement()] if sources.is_stale() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's interface
        """Have the build in place before the wheel's files are gathered."""
        if version != "editable":
            try:
                build()
            except ConsoleFailed as failure:
                self.app.abort(f"The web console could not be built into the wheel: {failure}")
