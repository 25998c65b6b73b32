"""`qubix wallet`, `qubix sessions`, `qubix keys`, `qubix logout`."""

from contextlib import suppress
from typing import Annotated

import typer

from qubix import settings
from qubix.cli import session
from qubix.cli.output import AsJson, ago, out, qu
from qubix.durations import seconds
from qubix.errors import InvalidRequest, NotAuthenticated
from qubix.schemas.accounts import ALL_SCOPES, ApiKey
from qubix.schemas.states import Scope
from qubix.schemas.wallets import WalletSession


def register(app: typer.Typer) -> None:
    """Add the commands."""
    wallet = typer.Typer(name="wallet", help="Show what your wallet holds, here and on the chain.")
    wallet.callback(invoke_without_command=True)(show)
    app.add_typer(wallet)
    sessions = typer.Typer(name="sessions", help="The sessions that your wallet opened.", no_args_is_help=True)
    sessions.command("list")(list_sessions)
    sessions.command("end")(end_session)
    app.add_typer(sessions)
    keys = typer.Typer(name="keys", help="Your API keys, and what each may be used for.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("create")(create_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys)
    app.command("logout")(logout)
    app.command("console")(console)


def console(as_json: AsJson = False) -> None:
    """Print a link that opens the web console signed in as you, once within 15 minutes."""
    with session.open_client() as client:
        link = client.sign_in_link()
    if as_json:
        out.json(link)
        return
    out.line(link.url)
    out.note(f"Good once, until {link.expires_at:%H:%M} UTC. Keep it to yourself.")


def show(
    context: typer.Context,
    address: Annotated[str | None, typer.Option("--address", help="Another wallet; for operators.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what your wallet holds, here and on the chain."""
    if context.invoked_subcommand is not None:
        return
    with session.open_client() as client:
        found = client.wallet_balance(address)
    on_chain = qu(found.on_chain) if found.on_chain_reason is None else f"unknown: {found.on_chain_reason}"
    out.record(
        found,
        [
            ("wallet", found.qubic_address),
            ("on the chain", on_chain if found.on_chain_tick is None else f"{on_chain} (tick {found.on_chain_tick})"),
            ("available here", qu(found.available)),
            ("held in escrow", qu(found.held)),
            ("being earned", qu(found.pending_earnings)),
            ("deposits coming", qu(found.pending_deposits)),
            ("withdrawals going", qu(found.pending_withdrawals)),
            *([("note", found.payments_stopped)] if found.payments_stopped else []),
        ],
        as_json=as_json,
    )


def list_sessions(as_json: AsJson = False) -> None:
    """List your sessions."""
    with session.open_client() as client:
        found = client.sessions()
    out.rows(
        found,
        ["ID", "TOKEN", "WALLET", "STATE", "LAST USED"],
        [(each.id, f"{each.prefix}…", each.format, _state(each), ago(each.last_used_at)) for each in found],
        empty="No sessions. Sign in with `qubix login`.",
        as_json=as_json,
    )


def end_session(
    session_id: Annotated[str, typer.Argument(help="As `qubix sessions list` shows it.")], as_json: AsJson = False
) -> None:
    """End a session for good."""
    with session.open_client() as client:
        ended = client.end_session(session_id)
    if as_json:
        out.json(ended)
    else:
        out.line(f"Session {ended.prefix}… is ended.")


def list_keys(as_json: AsJson = False) -> None:
    """List your API keys."""
    with session.open_client() as client:
        found = client.keys()
    out.rows(
        found,
        ["ID", "NAME", "KEY", "SCOPES", "STATE", "LAST USED"],
        [
            (each.id, each.name, f"{each.prefix}…", ", ".join(each.scopes), _state(each), ago(each.last_used_at))
            for each in found
        ],
        empty="No API keys.",
        as_json=as_json,
    )


def create_key(
    name: Annotated[str, typer.Argument(help="To know it by.")],
    scopes: Annotated[
        list[Scope] | None, typer.Option("--scope", help="What it may be used for; all where none is named.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="For how long: 12h, 30d. Without: for good.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. It is shown here and nowhere else."""
    with session.open_client() as client:
        made = client.create_key(
            name,
            scopes=scopes or ALL_SCOPES,
            expires_in_seconds=None if expires is None else seconds(expires),
        )
    if as_json:
        out.json(made)
    else:
        end = "for good" if made.expires_at is None else f"until {made.expires_at:%Y-%m-%d %H:%M} UTC"
        out.note(f"For {', '.join(made.scopes)}, {end}. It is shown only now:")
        out.line(made.key)


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="As `qubix keys list` shows it.")], as_json: AsJson = False
) -> None:
    """Revoke an API key for good."""
    with session.open_client() as client:
        revoked = client.revoke_key(key_id)
    if as_json:
        out.json(revoked)
    else:
        out.line(f"API key {revoked.name} ({revoked.prefix}…) is revoked.")


def logout(as_json: AsJson = False) -> None:
    """End the session of `qubix login`, and forget it."""
    used = settings.connection()
    configuration = settings.load()
    token = configuration.sessions.get(used.url)
    if token is None:
        raise InvalidRequest(
            asked=f"Signing out of {used.url}",
            obstacle="no session is kept for it",
            remedy="An API key is forgotten with `qubix config unset api-key`.",
        )
    # One that has ended already is forgotten all the same.
    with session.open_client(token=token) as client, suppress(NotAuthenticated):
        client.sign_out()
    file = settings.save(configuration.with_session(url=used.url, token=None))
    if as_json:
        out.json({"signedOut": True, "url": used.url, "file": str(file)})
    else:
        out.note(f"Signed out; forgotten in {file}.")


def _state(each: ApiKey | WalletSession) -> str:
    if each.revoked_at is not None:
        return f"revoked {ago(each.revoked_at)}"
    return "for good" if each.expires_at is None else f"until {each.expires_at:%Y-%m-%d %H:%M} UTC"
