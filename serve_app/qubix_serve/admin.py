"""`qubix admin`: what an operator does on the machine of the platform itself, straight on its database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import Quota, QuotaSet, UserCreate
from qubix.schemas.base import MAX_QU
from qubix.schemas.books import RevenueDay
from qubix_platform.chain.anchors.service import against_chain
from qubix_platform.database.session import Database
from qubix_platform.ledger.sealing import repository as seals
from qubix_platform.ledger.sealing.service import close_now
from qubix_platform.ledger.statements.period import Period
from qubix_platform.ledger.statements.service import revenue
from qubix_platform.ledger.verify import PATIENT, Verification, verify_whole
from qubix_platform.qubic.rpc import QubicRpc
from qubix_platform.quotas import service as quotas
from qubix_platform.scheduling.replay import replay_newest
from qubix_platform.users import service as users
from qubix_serve.admin_chain import chain_commands
from qubix_serve.admin_session import HomeOption, JsonOption, in_transaction, on_database

admin = typer.Typer(help="Operate the platform, on the machine that it runs on.", no_args_is_help=True)
ledger_commands = typer.Typer(help="The books.", no_args_is_help=True)
user_commands = typer.Typer(help="Users and their API keys.", no_args_is_help=True)
admin.add_typer(ledger_commands, name="ledger")
admin.add_typer(user_commands, name="users")
admin.add_typer(chain_commands, name="chain")

console = Console()

_ALL_ROOTS: Final = 1_000_000


@ledger_commands.command("verify")
def verify_ledger(
    chain: Annotated[
        str | None,
        typer.Option(
            envvar="QUBIX_CHAIN_URL", help="A server of the Qubic network, to compare the anchored roots with."
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute balances, transactions, escrows, hashes and roots. Exits 1 on the smallest mismatch."""

    async def work(database: Database) -> Verification:
        found = await verify_whole(database)
        return found if chain is None else await _compare_with_chain(database, chain, found)

    found = on_database(home, work, limits=PATIENT)
    if as_json:
        console.print_json(data=vars(found) | {"passed": found.passed})
    else:
        _show(found)
    raise typer.Exit(0 if found.passed else 1)


@ledger_commands.command("revenue")
def show_revenue(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC; the month's first.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC; today.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the platform took in fees, and paid to the network, day by day."""
    today = datetime.now(UTC).date()
    period = Period.of(first and first.date(), last and last.date(), today=today)

    async def work(session: AsyncSession) -> list[RevenueDay]:
        return await revenue(session, period)

    days = in_transaction(home, work)
    if as_json:
        console.print_json(data=[day.wire() for day in days])
        return
    table = Table("day", "jobs", "turnover, QU", "fees, QU", "network, QU", title=f"{period.first} to {period.last}")
    for day in days:
        table.add_row(str(day.day), f"{day.jobs:,}", f"{day.turnover:,}", f"{day.fees:,}", f"{day.network_costs:,}")
    console.print(table)


@ledger_commands.command("close")
def close_ledger(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Seal what is posted and give it a root now, not after midnight."""
    number = in_transaction(home, close_now)
    if as_json:
        console.print_json(data={"root": number})
    else:
        console.print("Nothing is new." if number is None else f"Root {number} is closed.")


@admin.command("replay")
def replay_passes(
    passes: Annotated[int, typer.Option(help="How many of the newest recorded passes.", min=1)] = 100,
    every: Annotated[bool, typer.Option("--all", help="All passes that are kept.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide recorded passes of the scheduler again. Exits 1 where a decision differs from the recorded one."""

    async def work(database: Database) -> dict[int, list[str] | None]:
        newest = replay_newest(database, None if every else passes)
        return {each.pass_id: None if each.is_identical else each.differences async for each in newest}

    found = on_database(home, work)
    different = {pass_id: how for pass_id, how in found.items() if how is not None}
    if as_json:
        console.print_json(data={"replayed": len(found), "different": different})
    else:
        for pass_id, how in different.items():
            console.print(f"pass {pass_id}: {'; '.join(how)}", markup=False)
        console.print(f"{len(found)} passes decided again, {len(different)} differ from what was recorded.")
    raise typer.Exit(1 if different else 0)


@user_commands.command("create")
def create_user(
    username: str,
    operator: Annotated[bool, typer.Option("--operator", help="May admit members and make users.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a user and print their API key, which stands nowhere else."""

    async def work(session: AsyncSession) -> dict[str, str]:
        user = await users.create(session, UserCreate(username=username), is_operator=operator)
        key = await users.create_api_key(session, user_id=user.id, name="first")
        return {"id": str(user.id), "username": username, "apiKey": key.key}

    made = in_transaction(home, work)
    if as_json:
        console.print_json(data=made)
    else:
        console.print(f"User {username} has the API key\n{made['apiKey']}", soft_wrap=True)


@user_commands.command("credit")
def credit_user(
    username: str,
    amount: Annotated[int, typer.Argument(help="QU of play money.", min=1, max=MAX_QU)],
    key: Annotated[str, typer.Option(help="The same key credits once.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Credit a user with play money: for development and tests, before there is a chain to deposit from."""

    async def work(session: AsyncSession) -> int:
        user = await users.by_name(session, username)
        return await users.credit_play_money(session, user_id=user.id, amount=amount, key=key)

    balance = in_transaction(home, work)
    if as_json:
        console.print_json(data={"username": username, "balance": balance})
    else:
        console.print(f"{username} has {balance:,} QU available.")


@user_commands.command("quota")
def quota(  # noqa: PLR0917  # each is an option of the command line
    username: str,
    weight: Annotated[int | None, typer.Option(help="Part of the market; 100 for anybody.", min=1)] = None,
    max_gpus: Annotated[int | None, typer.Option(help="GPUs at once, at most.", min=0)] = None,
    any_gpus: Annotated[bool, typer.Option("--any-gpus", help="No bound of GPUs at once.")] = False,
    high: Annotated[bool | None, typer.Option("--high/--no-high", help="Jobs may be of high priority.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a user may have of the market, or set what is named; what is left out stays as it is."""
    if any_gpus and max_gpus is not None:
        raise typer.BadParameter("give --max-gpus or --any-gpus, not both")
    named = {"weight": weight, "max_gpus": max_gpus, "may_use_high": high}
    wanted: dict[str, int | bool | None] = {name: value for name, value in named.items() if value is not None}
    if any_gpus:
        wanted["max_gpus"] = None

    async def work(session: AsyncSession) -> Quota:
        user = await users.by_name(session, username)
        found = await quotas.of_user(session, user.id)
        if not wanted:
            return found
        as_it_is = {"weight": found.weight, "max_gpus": found.max_gpus, "may_use_high": found.may_use_high}
        return await quotas.assign(session, user.id, QuotaSet.model_validate(as_it_is | wanted))

    found = in_transaction(home, work)
    if as_json:
        console.print_json(data=found.wire())
    else:
        most = "any number of GPUs" if found.max_gpus is None else f"{found.max_gpus} GPUs at once"
        priority = "may use high priority" if found.may_use_high else "may not use high priority"
        console.print(f"{username} has weight {found.weight}, may have {most}, and {priority}.")


async def _compare_with_chain(database: Database, url: str, found: Verification) -> Verification:
    async with database.transaction() as session:
        roots, _ = await seals.roots(session, limit=_ALL_ROOTS)
    async with QubicRpc(url) as network:
        complaints = [
            against_chain(root, root.anchor, await network.transaction(root.anchor.hash))
            for root in roots
            if root.anchor is not None
        ]
    named = tuple(complaint for complaint in complaints if complaint is not None)
    return replace(found, anchored=len(complaints), mismatches=(*found.mismatches, *named))


def _show(found: Verification) -> None:
    table = Table(title="Ledger", show_header=False)
    table.add_row("accounts", f"{found.accounts:,}")
    table.add_row("transactions", f"{found.transactions:,}")
    table.add_row("entries", f"{found.entries:,}")
    table.add_row("seals", f"{found.seals:,}")
    table.add_row("roots", f"{found.roots:,}")
    if found.anchored is not None:
        table.add_row("of them on the chain", f"{found.anchored:,}")
    table.add_row("verdict", "[green]everything adds up[/]" if found.passed else "[red]does not add up[/]")
    console.print(table)
    for mismatch in found.mismatches:
        console.print(f"[red]✗[/] {mismatch}")
