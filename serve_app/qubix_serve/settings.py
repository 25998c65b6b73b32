"""What the API and its command-line tools need to know, read from the environment of the core node."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from qubix.errors import Unavailable
from qubix.schemas.states import WalletFormat
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.pricing.policy import MarketPolicy, PolicyUnusable, policy_of

DEVNET: Final = "devnet"


class SettingMissing(Unavailable):
    """A setting without which the platform cannot run is not in the environment."""

    code = "setting_missing"


@dataclass(frozen=True)
class RaySettings:
    """What a member is told to join the cluster. The token is a secret, so it has no repr."""

    address: str
    token: str = field(repr=False)
    tls: bool


@dataclass(frozen=True)
class ServeSettings:
    """Settings of one API replica.

    Attributes:
        secret: derives the attempts' tokens.
        chain_url: where the Qubic network, or the devnet, answers; none where no chain is used.
        is_devnet: whether the chain is a devnet, so that its signer is taken.
        walletconnect_project_id: the relay's; without one WalletConnect is not offered.
    """

    database: DatabaseSettings
    secret: bytes = field(repr=False)
    blob_url: str
    mode: Literal["development", "production"]
    policy: MarketPolicy
    public_url: str
    ray: RaySettings | None
    chain_url: str | None = None
    is_devnet: bool = False
    walletconnect_project_id: str | None = None

    @property
    def domain(self) -> str:
        """What a wallet is asked to sign in to: host and port of the platform's own address."""
        return urlsplit(self.public_url).netloc

    @property
    def chain(self) -> Literal["devnet", "qubic", "none"]:
        """Where the platform's money is."""
        if self.is_devnet:
            return "devnet"
        return "none" if self.chain_url is None else "qubic"

    @property
    def wallet_formats(self) -> tuple[WalletFormat, ...]:
        """The formats in which wallets can sign in here."""
        offered = {
            WalletFormat.EXTENSION: True,
            WalletFormat.WALLETCONNECT: self.walletconnect_project_id is not None,
            WalletFormat.DEVNET: self.is_devnet,
        }
        return tuple(known for known, is_offered in offered.items() if is_offered)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            SettingMissing: `QUBIX_SECRET` or `DATABASE_URL` is not set, or a value cannot be understood.
        """
        mode = environment.get("QUBIX_MODE", "development")
        if mode not in ("development", "production"):
            raise _unusable("QUBIX_MODE", "it is neither 'development' nor 'production'")
        try:
            policy = policy_of(environment)
        except PolicyUnusable as error:
            raise _unusable(error.variable, error.obstacle) from error
        secret = environment.get("QUBIX_SECRET", "")
        if not secret:
            raise _unusable("QUBIX_SECRET", "it is not set")
        home = Path(environment.get("QUBIX_HOME", "/var/lib/qubix"))
        return cls(
            database=DatabaseSettings.from_environment(environment),
            secret=secret.encode(),
            blob_url=environment.get("QUBIX_BLOB_URL", f"file://{home}/blobs"),
            mode=mode,  # type: ignore[arg-type]
            policy=policy,
            public_url=environment.get("QUBIX_URL", "http://127.0.0.1:8000"),
            ray=_ray(environment),
            chain_url=environment.get("QUBIX_CHAIN_URL") or None,
            is_devnet=environment.get("QUBIX_CHAIN") == DEVNET and mode == "development",
            walletconnect_project_id=environment.get("QUBIX_WALLETCONNECT_PROJECT_ID") or None,
        )


def _ray(environment: Mapping[str, str]) -> RaySettings | None:
    address = environment.get("QUBIX_RAY_ADDRESS")
    if not address:
        return None
    token = environment.get("RAY_AUTH_TOKEN") or _read(environment.get("RAY_AUTH_TOKEN_PATH"))
    return RaySettings(address=address, token=token, tls=environment.get("RAY_USE_TLS") == "1")


def _read(path: str | None) -> str:
    return Path(path).read_text().strip() if path else ""


def _unusable(name: str, obstacle: str) -> SettingMissing:
    return SettingMissing(
        asked=f"Reading the setting {name}",
        obstacle=obstacle,
        remedy="`qubix up` sets it; see the README for running the parts by hand.",
    )
