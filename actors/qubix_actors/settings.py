"""What the scheduler needs to know, read from the environment of the core node."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from qubix_actors.errors import SettingMissing
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.placement.model import Policy
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from qubix_platform.pricing.policy import MarketPolicy, PolicyUnusable, policy_of


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings:
    """Settings of the scheduler.

    Attributes:
        database: where every fact is.
        secret: derives the attempts' tokens.
        market: fee, lease and settling.
        placement: the order in which jobs are served and offers are tried.
    """

    database: DatabaseSettings
    secret: bytes = field(repr=False)
    market: MarketPolicy = field(default_factory=MarketPolicy)
    placement: Policy = SCHEDULERS_POLICY

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read `DATABASE_URL`, `QUBIX_SECRET` and what `pricing.policy_of` reads.

        Raises:
            SettingMissing: a setting is missing or cannot be understood.
            DatabaseMisconfigured: `DATABASE_URL` is no address of PostgreSQL.
        """
        secret = environment.get("QUBIX_SECRET", "")
        if not secret:
            raise _unusable("QUBIX_SECRET", "it is not set")
        try:
            market = policy_of(environment)
        except PolicyUnusable as error:
            raise _unusable(error.variable, error.obstacle) from error
        return cls(
            database=DatabaseSettings.from_environment(environment),
            secret=secret.encode(),
            market=market,
        )


def _unusable(name: str, obstacle: str) -> SettingMissing:
    return SettingMissing(
        asked=f"Reading the setting {name}",
        obstacle=obstacle,
        remedy="`qubix up` sets it; see the README for running the parts by hand.",
    )
