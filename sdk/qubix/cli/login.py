"""`qubix login`: sign in with a wallet whose seed is at hand. It signs here; the seed never leaves this machine."""

import os
import stat
from pathlib import Path
from typing import Annotated, Final

import typer

from qubix import settings
from qubix.cli import session
from qubix.cli.output import AsJson, out, qu
from qubix.errors import InvalidRequest, NotAllowed, Unavailable
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import Challenge

_MOST_SEED_BYTES: Final = 256


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("login")(login)


def login(
    seed_file: Annotated[
        Path | None, typer.Option("--seed-file", help="A file with your wallet's seed, which only you may read.")
    ] = None,
    devnet: Annotated[
        int, typer.Option("--devnet", min=0, max=25, help="On a devnet: which of its development wallets.")
    ] = 0,
    join: Annotated[
        bool, typer.Option("--join", help="Make it the wallet of the account whose API key is configured.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign in with a Qubic wallet: one of the devnet's, or one whose seed is in a file. Never given as an argument."""
    try:
        # The chain's hash comes with an extra: whoever has an API key needs none of it.
        from qubix.qubic import keys, schnorrq
        from qubix.wallets import seeds
        from qubix.wallets.message import digest, spell_signature
    except ImportError as missing:
        raise Unavailable(
            asked="Signing in with a wallet",
            obstacle=f"what signs on the Qubic chain is not installed here ({missing})",
            remedy='Install it: pip install "qubix[chain]". An API key needs none of it: qubix config set api-key.',
        ) from missing

    wallet_format = WalletFormat.DEVNET if seed_file is None else WalletFormat.EXTENSION
    wallet = keys.derive(seeds.funded(devnet) if seed_file is None else read_seed(seed_file))
    with session.open_client() as client:
        challenge = client.challenge(wallet.identity)
        check(challenge, url=client.url, address=wallet.identity, wallet_format=wallet_format)
        signature = schnorrq.sign(subseed=wallet.subseed, digest=digest(challenge.message, wallet_format))
        connected = client.connect(
            wallet.identity,
            message=challenge.message,
            signature=spell_signature(signature, wallet_format),
            wallet_format=wallet_format,
            join=join,
        )
        kept = settings.save(settings.load().with_session(url=client.url, token=connected.session.token))
    if as_json:
        out.json(connected)
        return
    out.line(f"Signed in to {client.url} as {wallet.identity}.")
    out.line(f"{qu(connected.balance)} are available there.")
    out.note(f"The session is kept in {kept} until {connected.session.expires_at:%Y-%m-%d %H:%M} UTC.")


def read_seed(path: Path) -> str:
    """The seed in a file.

    Raises:
        InvalidRequest: there is no such file.
        NotAllowed: others may read it, or it is somebody else's.
    """
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            content = file.read(_MOST_SEED_BYTES)
    except OSError as error:
        raise InvalidRequest(
            asked=f"Reading the seed in {path}",
            obstacle=error.strerror or str(error),
            remedy="Name a file that is there.",
        ) from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or facts.st_uid != os.geteuid():
        raise NotAllowed(
            asked=f"Reading the seed in {path}",
            obstacle="it is not a file that you alone may read",
            remedy=f"Close it, and keep it yours: chmod 600 {path}",
        )
    return content.decode("ascii", errors="replace").strip()


def check(challenge: Challenge, *, url: str, address: str, wallet_format: WalletFormat) -> None:
    """Sign nothing but a sign-in of this wallet to this platform: a dishonest one could pass on another's challenge.

    Raises:
        InvalidRequest: the platform does not take the wallet's format.
        NotAllowed: the challenge is another platform's, or for another wallet.
    """
    from qubix.wallets.message import is_sign_in, read
    from qubix.wallets.places import is_same_place

    if wallet_format not in challenge.formats:
        raise InvalidRequest(
            asked=f"Signing in to {url}",
            obstacle="it does not run on a devnet, whose development wallets everybody has the seeds of",
            remedy="Sign in with your own: qubix login --seed-file FILE.",
        )
    domain = read(challenge.message).domain
    if (
        domain is None
        or not is_same_place(url, domain)
        or not is_sign_in(challenge.message, domain=domain, address=address)
    ):
        raise NotAllowed(
            asked=f"Signing in to {url}",
            obstacle=f"what it wants signed is no sign-in of this wallet, or for {domain or 'no domain'}",
            remedy="Use the address that the platform gives itself (QUBIX_URL where it runs), if you trust it.",
        )
