"""Commands about the caller and the platform."""

from typing import Annotated

import typer

from qubix.cli import session
from qubix.cli.output import AsJson, out, qu
from qubix.durations import seconds
from qubix.schemas.states import Trust


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("me")(me)
    app.command("earnings")(earnings)
    app.command("credit")(credit)
    app.command("join-token")(join_token)
    app.command("health")(health)


def me(as_json: AsJson = False) -> None:
    """Show who you are, and your balance."""
    with session.open_client() as client:
        user = client.me()
    out.record(
        user,
        [
            ("user", user.username or user.id),
            ("role", user.role),
            ("balance", qu(user.balance)),
            ("held", qu(user.held)),
            ("address", user.qubic_address or "none"),
        ],
        as_json=as_json,
    )


def earnings(as_json: AsJson = False) -> None:
    """Show what your machines earned."""
    with session.open_client() as client:
        found = client.earnings()
    out.record(
        found,
        [
            ("today", qu(found.today)),
            ("this week", qu(found.this_week)),
            ("this month", qu(found.this_month)),
            ("in total", qu(found.total)),
            ("not final yet", qu(found.pending)),
            ("of it simulated", qu(found.simulated_total)),
            ("jobs", f"{found.job_count}, {found.active_jobs} running"),
        ],
        as_json=as_json,
    )


def credit(amount: Annotated[int, typer.Argument(min=1, help="QU.")], as_json: AsJson = False) -> None:
    """Add play money, on a development platform."""
    with session.open_client() as client:
        credited = client.credit(amount)
    if as_json:
        out.json(credited)
    else:
        out.line(f"Your balance is {qu(credited.balance)}.")


def join_token(
    trust: Annotated[
        Trust, typer.Option("--trust", help="Members join the Ray cluster, guests only pull.")
    ] = Trust.GUEST,
    expires: Annotated[str, typer.Option("--expires", help="How long it is good for.")] = "1h",
    as_json: AsJson = False,
) -> None:
    """Make a single-use token for a machine that shall join."""
    with session.open_client() as client:
        token = client.join_token(trust=trust, expires_in_seconds=seconds(expires))
    if as_json:
        out.json(token)
    else:
        out.note(f"For one {token.trust}, until {token.expires_at:%Y-%m-%d %H:%M} UTC. On the machine run:")
        out.line(token.command)


def health(as_json: AsJson = False) -> None:
    """Show the state of each part of the platform."""
    with session.open_client() as client:
        found = client.health()
    if as_json:
        out.json(found)
    else:
        out.facts([("platform", found.status), ("mode", found.mode), ("version", found.versions.qubix)])
        out.table(["PART", "STATE", "DETAIL"], [(each.name, each.state, each.detail) for each in found.parts], empty="")
    if found.status == "down":
        raise typer.Exit(1)
