"""`qubix deposit`, `qubix withdraw`, `qubix withdrawals`, `qubix escrow`: money between the chain and your balance."""

import time
from typing import Annotated, Final
from uuid import UUID

import typer

from qubix.cli import session
from qubix.cli.output import AsJson, ago, out, qu
from qubix.client import Client
from qubix.errors import Conflict, WaitTimedOut
from qubix.schemas.chain import Deposit, Escrow, EscrowSource, EscrowStatus, Withdrawal, WithdrawalStatus

_LOOK_EVERY_S: Final = 0.5
_LIST: Final = 20

Amount = Annotated[int, typer.Argument(help="Whole QU.", min=1)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is final, showing its confirmations.")]
Within = Annotated[float, typer.Option("--within", help="With --wait: give up after so many seconds.", min=0)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("deposit")(deposit)
    app.command("withdraw")(withdraw)
    app.command("withdrawals")(withdrawals)
    escrow = typer.Typer(name="escrow", help="Money that is set aside for a job to come.", no_args_is_help=True)
    escrow.command("lock")(lock)
    escrow.command("show")(show)
    escrow.command("refund")(refund)
    app.add_typer(escrow)


def deposit(wait: Wait = False, within: Within = 600, as_json: AsJson = False) -> None:
    """Show the address that your deposits go to, and what came in; with --wait, the next one until it is credited."""
    with session.open_client(patient=wait) as client:
        address = client.deposit_address().address
        known = client.deposits(limit=_LIST)
        if wait:
            if not as_json:
                out.line(f"Send QU to {address}")
            arrived = _next_deposit(client, {each.id for each in known if each.credited}, within, quiet=as_json)
            if as_json:
                out.json(arrived)
            else:
                out.line(f"{qu(arrived.amount)} credited.")
            return
    if as_json:
        out.json({"address": address, "deposits": [each.wire() for each in known]})
        return
    out.line(f"Send QU to {address}")
    out.table(
        [">AMOUNT", "FROM", "CONFIRMATIONS", ">TICK"],
        [(qu(each.amount), each.source, f"{each.confirmations} of 3", each.tick) for each in known],
        empty="Nothing came in yet.",
    )


def withdraw(
    amount: Amount,
    address: Annotated[str | None, typer.Argument(help="The identity to send to. Default: your wallet's.")] = None,
    wait: Wait = False,
    within: Within = 600,
    as_json: AsJson = False,
) -> None:
    """Send QU from your balance to an identity on the Qubic chain."""
    with session.open_client(patient=wait) as client:
        asked = client.withdraw(address or _own_address(client), amount)
        if wait:
            asked = _until_withdrawn(client, asked, within)
    if as_json:
        out.json(asked)
    else:
        out.line(_told(asked))


def withdrawals(as_json: AsJson = False) -> None:
    """List your withdrawals, newest first."""
    with session.open_client() as client:
        found = client.withdrawals(limit=_LIST)
    out.rows(
        found,
        ["ID", ">AMOUNT", "TO", "STATE", "ASKED", "WHY"],
        [
            (each.id, qu(each.amount), each.address, each.status, ago(each.created_at), each.reason or "")
            for each in found
        ],
        empty="No withdrawals.",
        as_json=as_json,
    )


def lock(
    amount: Amount,
    transfer: Annotated[bool, typer.Option("--transfer", help="Pay from your wallet, not from your balance.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set QU aside for a job. Name the escrow's id when you create it."""
    source = EscrowSource.TRANSFER if transfer else EscrowSource.BALANCE
    with session.open_client() as client:
        _show_escrow(client.lock_escrow(amount, source=source), as_json=as_json)


def show(escrow_id: Annotated[UUID, typer.Argument(help="The escrow's id.")], as_json: AsJson = False) -> None:
    """Show how an escrow stands."""
    with session.open_client() as client:
        _show_escrow(client.escrow(escrow_id), as_json=as_json)


def refund(escrow_id: Annotated[UUID, typer.Argument(help="The escrow's id.")], as_json: AsJson = False) -> None:
    """Take an escrow back that no job uses."""
    with session.open_client() as client:
        _show_escrow(client.refund_escrow(escrow_id), as_json=as_json)


def _next_deposit(client: Client, known: set[UUID], within: float, *, quiet: bool) -> Deposit:
    until = time.monotonic() + within
    shown = -1
    while True:
        new = [each for each in client.deposits(limit=_LIST) if each.id not in known]
        if new:
            if new[-1].credited:
                return new[-1]
            if new[-1].confirmations != shown and not quiet:
                shown = new[-1].confirmations
                out.line(f"{qu(new[-1].amount)} seen, {shown} of 3 confirmations")
        _pause(until, "Waiting for a deposit", "nothing was credited", within)


def _until_withdrawn(client: Client, asked: Withdrawal, within: float) -> Withdrawal:
    until = time.monotonic() + within
    while asked.status not in (WithdrawalStatus.CONFIRMED, WithdrawalStatus.RETURNED):
        _pause(until, f"Waiting for withdrawal {asked.id}", f"it is {asked.status.value}", within)
        asked = client.withdrawal(asked.id)
    return asked


def _pause(until: float, asked: str, obstacle: str, within: float) -> None:
    if time.monotonic() >= until:
        raise WaitTimedOut(
            asked=asked,
            obstacle=f"after {within:g} s {obstacle}",
            remedy="Wait longer with --within; it goes on by itself.",
        )
    time.sleep(_LOOK_EVERY_S)


def _own_address(client: Client) -> str:
    address = client.me().qubic_address
    if address is None:
        raise Conflict(
            asked="Withdrawing",
            obstacle="your account has no wallet, and no address was given",
            remedy="Give an address, or connect your wallet with `qubix login`.",
        )
    return address


def _told(asked: Withdrawal) -> str:
    match asked.status:
        case WithdrawalStatus.CONFIRMED:
            return f"{qu(asked.amount)} arrived at {asked.address} in tick {asked.tick} ({asked.hash})."
        case WithdrawalStatus.RETURNED:
            return f"{qu(asked.amount)} came back to your balance: {asked.reason}."
        case _:
            why = "" if asked.reason is None else f" So far: {asked.reason}."
            return f"{qu(asked.amount)} are on their way to {asked.address}: withdrawal {asked.id}.{why}"


def _show_escrow(escrow: Escrow, *, as_json: bool) -> None:
    if as_json:
        out.json(escrow)
        return
    facts = [
        ("escrow", escrow.escrow_id),
        ("state", escrow.status),
        ("amount", qu(escrow.amount)),
        ("paid", qu(escrow.paid)),
    ]
    if escrow.status is EscrowStatus.AWAITING:
        facts += [("send to", escrow.address), ("from", escrow.payer), ("until", f"{escrow.expires_at:%H:%M:%S} UTC")]
    if escrow.job_id is not None:
        facts.append(("job", escrow.job_id))
    out.facts(facts)
