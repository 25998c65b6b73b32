"""Do chain and books agree. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from qubix_platform.chain.model import AddressPurpose


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What the chain says that an address holds as of the end of a tick, QU."""

    address_id: int
    identity: str
    purpose: AddressPurpose
    tick: int
    balance: int


@dataclass(frozen=True)
class Difference:
    """Where they disagree: QU on the chain, less QU in the books."""

    what: str
    amount: int
    probe: Probe | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        direction = "more" if self.amount > 0 else "less"
        return f"{self.what}: the chain holds {abs(self.amount)} QU {direction} than the books say"


def compare_address(probe: Probe, *, expected: int) -> Difference | None:
    """An address against the movements that the books have of it up to the same tick."""
    if probe.balance == expected:
        return None
    what = f"{probe.identity} ({probe.purpose.value}) at tick {probe.tick}"
    return Difference(what, probe.balance - expected, probe)


def compare_mirrors(*, held: Mapping[AddressPurpose, int], mirrored: Mapping[AddressPurpose, int]) -> list[Difference]:
    """All addresses of each purpose against the ledger's account that mirrors them, which holds it as a negative."""
    sums = {purpose: held.get(purpose, 0) + mirrored.get(purpose, 0) for purpose in AddressPurpose}
    return [
        Difference(f"the ledger's account chain({purpose.place.value})", amount)
        for purpose, amount in sums.items()
        if amount
    ]
