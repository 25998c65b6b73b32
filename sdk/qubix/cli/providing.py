"""`qubix provider`: your machines, taken off the market and brought back."""

from typing import Annotated

import typer

from qubix.cli import session
from qubix.cli.output import AsJson, out
from qubix.client import Client
from qubix.errors import Conflict, NotFound
from qubix.schemas.providers import Provider
from qubix.schemas.states import ProviderStatus

Machine = Annotated[str, typer.Argument(help="Your machine: its id or worker id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="provider", help="Your machines: off the market, and back.", no_args_is_help=True)
    for command in (pause, resume, drain):
        group.command(command.__name__, no_args_is_help=True)(command)
    app.add_typer(group)


def pause(machine: Machine, as_json: AsJson = False) -> None:
    """Have a machine take no new work; what runs goes on, and `qubix provider resume` brings it back."""
    with session.open_client() as client:
        changed = client.update_provider(_mine(client, machine).id, is_available=False)
    _show(changed, f"{changed.worker_id} takes no new work: `qubix provider resume` brings it back.", as_json=as_json)


def resume(machine: Machine, as_json: AsJson = False) -> None:
    """Have a machine that was paused take work again. One whose agent left is started there, not from here."""
    with session.open_client() as client:
        changed = client.update_provider(_mine(client, machine).id, is_available=True)
    if changed.status is not ProviderStatus.ONLINE:
        leaves = (
            "leaves when what runs there has ended" if changed.status is ProviderStatus.DRAINING else "is not there"
        )
        raise Conflict(
            asked=f"Having {changed.worker_id} take work again",
            obstacle=f"it is no longer paused, but {changed.status.value}: its agent {leaves}",
            remedy="Start the agent again on the machine itself, by `qubix-agent join URL`, or `qubix up` where that "
            "started it.",
        )
    _show(changed, f"{changed.worker_id} takes work again.", as_json=as_json)


def drain(machine: Machine, as_json: AsJson = False) -> None:
    """Have a machine's agent leave once what runs there has ended. Only the machine itself can bring it back."""
    with session.open_client() as client:
        changed = client.drain_provider(_mine(client, machine).id)
    back = "`qubix-agent join URL` there, or `qubix up` where that started it, brings it back"
    _show(changed, f"{changed.worker_id} is {changed.status.value}: {back}.", as_json=as_json)


def _mine(client: Client, machine: str) -> Provider:
    found = next((each for each in client.my_providers() if machine in {str(each.id), each.worker_id}), None)
    if found is None:
        raise NotFound(
            asked=f"Looking up your machine {machine}",
            obstacle="none of yours is called so",
            remedy="List yours with `qubix providers --mine`.",
        )
    return found


def _show(machine: Provider, note: str, *, as_json: bool) -> None:
    if as_json:
        out.json(machine)
        return
    out.note(note)
    out.line(str(machine.id))
