"""What the platform's owner set, that money and leases depend on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MarketPolicy:
    """Args:
    fee_basis_points: the platform's part of a charge, in ten-thousandths.
    lease_seconds: how long an attempt's lease lasts from each report.
    settle_every_seconds: a job that runs for longer pays its provider each time that so much of it has passed.
    settle_margin_seconds: how much more than that is held for it, so that there is time to warn and to add funds.
    stop_ahead_seconds: how long before the held money ends a job is told to stop.
    """

    fee_basis_points: int = 500
    lease_seconds: int = 15
    settle_every_seconds: int = 3600
    settle_margin_seconds: int = 600
    stop_ahead_seconds: int = 30

    @property
    def funded_seconds(self) -> int:
        """How much of a job's time is held for ahead; a job whose limit is shorter is held for in full."""
        return self.settle_every_seconds + self.settle_margin_seconds
