"""Commands that load what they need when they run, so that naming them on a command line costs nothing."""

from functools import cached_property
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


def ready_logs() -> None:
    """Set up logging: structlog's own default prints every local variable of a traceback, passwords among them."""
    from qubix_platform.observability.logs import configure_logs

    configure_logs()


class ServerCommand(TyperCommand):
    """A command of the server's: its log is set up when it runs."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        ready_logs()
        return super().invoke(ctx)


class AdminGroup(TyperGroup):
    """The group `qubix admin`, which brings the database's packages with it: read when it is used."""

    @cached_property
    def _loaded(self) -> TyperGroup:
        from qubix_serve.admin import admin

        ready_logs()
        return get_group(admin)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the group's commands."""
        return self._loaded.list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; none where there is none."""
        return self._loaded.get_command(ctx, cmd_name)
