"""`qubix reserve`: a machine for a time."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from qubix.cli import session
from qubix.cli.output import AsJson, out, qu
from qubix.durations import spoken
from qubix.errors import InvalidRequest
from qubix.schemas.reservations import Reservation


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("reserve", no_args_is_help=True)(reserve)
    listed = typer.Typer(name="reservations", help="Your reservations.", invoke_without_command=True)
    listed.callback()(show)
    listed.command("cancel")(cancel)
    app.add_typer(listed)


def reserve(
    provider: Annotated[str, typer.Argument(help="The machine: its id or worker id.")],
    length: Annotated[str, typer.Option("--for", help="How long: 1h to 365d; the longer, the cheaper.")] = "1h",
    starts: Annotated[str | None, typer.Option("--from", help="When, as 2026-12-01T08:00Z. Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prepay a machine's time. Your jobs that end within it cost nothing more there.

    qubix reserve worker-7 --for 1d --from 2026-12-01T08:00Z
    """
    starts_at = None if starts is None else _instant(starts)
    with session.open_client() as client:
        made = client.reserve(provider, length, starts_at=starts_at)
    if as_json:
        out.json(made)
        return
    out.facts(_facts(made))


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """List your reservations, newest first."""
    if context.invoked_subcommand is not None:
        return
    with session.open_client() as client:
        found = client.reservations()
    if as_json:
        out.json(found)
        return
    out.table(
        ["ID", "MACHINE", "STATUS", "FROM", "UNTIL", ">PREPAID", ">PAID", ">BACK"],
        [
            (
                str(each.id),
                each.worker_id,
                each.status.value,
                _said(each.starts_at),
                _said(each.ends_at),
                qu(each.prepaid),
                qu(each.paid),
                qu(each.refunded),
            )
            for each in found
        ],
        empty="You have reserved nothing.",
    )


def cancel(
    reservation_id: Annotated[str, typer.Argument(help="The reservation's id.")], as_json: AsJson = False
) -> None:
    """Give a reservation back: what was had is paid at list price, the rest is returned."""
    with session.open_client() as client:
        ended = client.cancel_reservation(reservation_id)
    if as_json:
        out.json(ended)
    else:
        out.line(f"{ended.status.value}: {qu(ended.paid)} paid, {qu(ended.refunded)} returned.")


def _facts(made: Reservation) -> list[tuple[str, str]]:
    length = spoken(int((made.ends_at - made.starts_at).total_seconds()))
    return [
        ("reservation", str(made.id)),
        ("machine", made.worker_id),
        ("from", _said(made.starts_at)),
        ("until", f"{_said(made.ends_at)} ({length})"),
        ("list price", f"{qu(made.price_per_hour)} per hour"),
        ("taken off", f"{made.discount_basis_points / 100:g} %"),
        ("prepaid", qu(made.prepaid)),
    ]


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequest(
            asked=f"Reading --from {text}",
            obstacle="it is no date and time with a time zone",
            remedy="Write it as 2026-12-01T08:00Z.",
        )
    return moment
