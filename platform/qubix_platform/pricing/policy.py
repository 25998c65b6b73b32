"""What the platform's owner set, that money and leases depend on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MarketPolicy:
    """Args:
    fee_basis_points: the platform's part of a charge, in ten-thousandths.
    lease_seconds: how long an attempt's lease lasts from each report.
    """

    fee_basis_points: int = 500
    lease_seconds: int = 15
