"""What the scheduler needs to know, read from the environment of the core node."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from qubix_actors.errors import SettingMissing
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.placement.model import Policy
from qubix_platform.pricing.policy import MarketPolicy


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings:
    """Settings of the scheduler.

    Attributes:
        database: where every fact is.
        secret: derives the attempts' tokens.
        market: fee and lease.
        placement: the order in which offers are tried.
    """

    database: DatabaseSettings
    secret: bytes = field(repr=False)
    market: MarketPolicy = field(default_factory=MarketPolicy)
    placement: Policy = field(default_factory=Policy)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read `DATABASE_URL`, `QUBIX_SECRET` and, where it is set, `QUBIX_FEE_BPS`.

        Raises:
            SettingMissing: a setting is missing or cannot be understood.
            DatabaseMisconfigured: `DATABASE_URL` is no address of PostgreSQL.
        """
        secret = environment.get("QUBIX_SECRET", "")
        if not secret:
            raise _unusable("QUBIX_SECRET", "it is not set")
        fee = environment.get("QUBIX_FEE_BPS", str(MarketPolicy.fee_basis_points))
        if not fee.isdecimal() or int(fee) > 10_000:
            raise _unusable("QUBIX_FEE_BPS", "it is not a whole number of basis points from 0 to 10000")
        return cls(
            database=DatabaseSettings.from_environment(environment),
            secret=secret.encode(),
            market=MarketPolicy(fee_basis_points=int(fee)),
        )


def _unusable(name: str, obstacle: str) -> SettingMissing:
    return SettingMissing(
        asked=f"Reading the setting {name}",
        obstacle=obstacle,
        remedy="`qubix up` sets it; see the README for running the parts by hand.",
    )
