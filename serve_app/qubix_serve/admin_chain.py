"""`qubix admin chain`: what the platform does on the Qubic chain, and what an operator resolves by hand."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import MAX_QU
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.reconciliation.service import mirror_differences
from qubix_platform.chain.resolution import repository as resolution
from qubix_platform.chain.resolution import service
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.watching import repository as watching
from qubix_platform.ledger.repository import hold_snapshot
from qubix_serve.admin_session import HomeOption, JsonOption, in_transaction

chain_commands = typer.Typer(help="Deposits, withdrawals and escrows on the Qubic chain.", no_args_is_help=True)

TransactionId = Annotated[UUID, typer.Argument(help="As `qubix admin chain list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the posting.", min=1)]

console = Console()


@chain_commands.command("status")
def show_status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show how far the chain is read, what the addresses hold, and whether payments are stopped. Exits 1 if so."""
    found = in_transaction(home, _status)
    if as_json:
        console.print_json(data=found)
    else:
        _print_status(found)
    raise typer.Exit(1 if found["halt"] or found["differences"] else 0)


@chain_commands.command("list")
def list_transactions(
    status: Annotated[ChainStatus | None, typer.Option("--status", help="Only these.", case_sensitive=False)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List chain transactions, ours and seen, newest first."""

    async def work(session: AsyncSession) -> list[Recorded]:
        return await transactions.latest(session, status=status, limit=limit)

    found = in_transaction(home, work)
    if as_json:
        console.print_json(data=[_plain(one) for one in found])
        return
    table = Table("id", "dir", "purpose", "status", "QU", "tick", "tries", "why")
    for one in found:
        cells = (one.id, one.direction, one.purpose, one.status, f"{one.amount:,}", one.tick, one.tries, one.error)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console.print(table)


@chain_commands.command("show")
def show_transaction(transaction_id: TransactionId, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a chain transaction with every step of its life."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        life = await transactions.life_of(session, transaction_id)
        return _plain(await service.find(session, transaction_id)) | {
            "life": [dict(step._mapping) | {"created_at": step.created_at.isoformat()} for step in life]
        }

    found = in_transaction(home, work)
    if as_json:
        console.print_json(data=found)
        return
    for name, value in found.items():
        if name != "life":
            console.print(f"[bold]{name}[/] {value}", soft_wrap=True)
    for step in found["life"]:
        console.print(f"  {step['created_at']} {step['status']} {step['tick'] or ''} {step['error'] or ''}")


@chain_commands.command("resolve")
def resolve(
    transaction_id: TransactionId, reason: Reason, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """End a queued transaction for good: its money goes back to its user in the books."""

    async def work(session: AsyncSession) -> Recorded:
        return await service.give_back(session, transaction_id, reason=reason)

    done = in_transaction(home, work)
    if as_json:
        console.print_json(data=_plain(done))
        return
    console.print(f"{done.amount:,} QU went back in the books: {done.error}.")


@chain_commands.command("adopt")
def adopt(
    transaction_id: TransactionId,
    reason: Reason,
    pays: Annotated[UUID | None, typer.Option("--pays", help="The queued transaction that it paid.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Account for a transaction that left an address of ours without an order. Payments stay stopped: see resume."""

    async def work(session: AsyncSession) -> Recorded:
        return await service.adopt(session, transaction_id, reason=reason, pays=pays)

    done = in_transaction(home, work)
    if as_json:
        console.print_json(data=_plain(done))
        return
    console.print(f"The books account for {done.amount:,} QU in {done.hash}.", soft_wrap=True)


@chain_commands.command("resume")
def resume(reason: Reason, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Let payments go on after they were stopped. Where chain and books still differ they are stopped again."""

    async def work(session: AsyncSession) -> bool:
        return await watching.resume(session, reason=reason)

    resumed = in_transaction(home, work)
    if as_json:
        console.print_json(data={"resumed": resumed})
    else:
        console.print("Payments go on." if resumed else "Payments were not stopped.")
    raise typer.Exit(0 if resumed else 1)


@chain_commands.command("rescan")
def rescan(
    tick: Annotated[int, typer.Argument(help="Read again from this tick on.", min=1)],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read ticks again. What is known is not counted twice."""

    async def work(session: AsyncSession) -> int:
        return await watching.rewind(session, tick - 1)

    first = in_transaction(home, work) + 1
    if as_json:
        console.print_json(data={"readFrom": first})
    else:
        console.print(f"The chain is read again from tick {first}.")


@chain_commands.command("take-in")
def take_in(  # noqa: PLR0917 - what Typer hands in
    address: Annotated[str, typer.Argument(help="The address of ours that has more than the books say.")],
    amount: Annotated[int, typer.Argument(help="QU.", min=1, max=MAX_QU)],
    tick: Annotated[int, typer.Option("--tick", help="When it came.", min=1)],
    transaction: Annotated[str, typer.Option("--transaction", help="The id of the transaction that brought it.")],
    source: Annotated[str, typer.Option("--source", help="Who paid: the identity of the contract, say.")],
    reason: Reason,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Account for money that no payment in the ticks shows. Payments stay stopped: see resume."""
    arrival = service.Arrival(address=address, amount=amount, tick=tick, hash=transaction, source=source)

    async def work(session: AsyncSession) -> Recorded:
        return await service.take_in(session, arrival, reason=reason)

    done = in_transaction(home, work)
    if as_json:
        console.print_json(data=_plain(done))
    else:
        console.print(f"The books account for {done.amount:,} QU at {done.destination}.", soft_wrap=True)


async def _status(session: AsyncSession) -> dict[str, Any]:
    await hold_snapshot(session)
    cursor = await watching.cursor(session)
    halt = await watching.halted(session)
    return {
        "readTo": cursor.last_tick if cursor else None,
        "networkTick": cursor.network_tick if cursor else None,
        "heardAt": cursor.heard_at.isoformat() if cursor else None,
        "halt": halt.reason if halt else None,
        "haltTransactions": list(halt.transactions) if halt else [],
        "held": {purpose.value: amount for purpose, amount in (await addresses.held(session)).items()},
        "differences": [difference.sentence for difference in await mirror_differences(session)],
        "transactions": [asdict(count) for count in await resolution.counts(session)],
    }


def _print_status(found: dict[str, Any]) -> None:
    if found["readTo"] is None:
        console.print("The chain was never heard.")
    else:
        console.print(
            f"Read up to tick {found['readTo']}; the network was at {found['networkTick']} at {found['heardAt']}."
        )
    if found["halt"]:
        console.print(f"[red]Payments are stopped:[/] {found['halt']}", soft_wrap=True)
    for difference in found["differences"]:
        console.print(f"[red]✗[/] {difference}")
    table = Table("addresses", "QU")
    for purpose, amount in found["held"].items():
        table.add_row(purpose, f"{amount:,}")
    console.print(table)
    table = Table("dir", "status", "transactions", "QU")
    for count in found["transactions"]:
        table.add_row(count["direction"], count["status"], str(count["count"]), f"{count['amount']:,}")
    console.print(table)


def _plain(one: Recorded) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "direction": one.direction,
        "purpose": one.purpose,
        "ref": one.ref,
        "userId": str(one.user_id) if one.user_id else None,
        "source": one.source,
        "destination": one.destination,
        "amount": one.amount,
        "status": one.status,
        "tick": one.tick,
        "hash": one.hash,
        "tries": one.tries,
        "confirmations": one.confirmations,
        "error": one.error,
    }
