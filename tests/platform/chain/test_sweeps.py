"""What moves between the platform's own addresses, and what does not."""

from qubix_platform.chain.model import Address, AddressPurpose, Purpose
from qubix_platform.chain.sweeps.decide import Holdings, sweeps


def address(purpose: AddressPurpose, balance: int, *, number: int = 1, is_ours: bool = True) -> Address:
    return Address(
        id=number,
        purpose=purpose,
        index=number,
        public_key=bytes([number]) * 32,
        identity=chr(64 + number) * 60,
        is_ours=is_ours,
        owner=None,
        balance=balance,
    )


def ordered(
    *,
    idle: tuple[int, ...] = (),
    hot: int = 0,
    committed: int = 0,
    coming: int = 0,
    treasury: int = 0,
    is_ours: bool = True,
    is_adjusting: bool = False,
) -> list[tuple[Purpose, int]]:
    holdings = Holdings(
        idle=[address(AddressPurpose.DEPOSIT, amount, number=number) for number, amount in enumerate(idle, start=3)],
        hot=address(AddressPurpose.HOT, hot, number=1),
        hot_committed=committed,
        coming=coming,
        treasury=address(AddressPurpose.TREASURY, treasury, number=2, is_ours=is_ours),
        is_adjusting=is_adjusting,
        limit=100,
    )
    return [(order.purpose, order.outlays[0].amount) for order in sweeps(holdings)]


def test_each_idle_deposit_is_swept_whole() -> None:
    assert ordered(idle=(5, 7)) == [(Purpose.SWEEP, 5), (Purpose.SWEEP, 7)]


def test_what_the_hot_wallet_holds_beyond_its_limit_and_its_withdrawals_goes_to_the_treasury() -> None:
    assert ordered(hot=100) == []
    assert ordered(hot=150) == [(Purpose.TREASURY, 50)]
    assert ordered(hot=150, committed=50) == []
    assert ordered(hot=150, is_adjusting=True) == []


def test_what_withdrawals_lack_comes_from_a_treasury_of_ours_only() -> None:
    assert ordered(committed=80, treasury=500) == [(Purpose.REFILL, 80)]
    assert ordered(committed=80, treasury=30) == [(Purpose.REFILL, 30)]
    assert ordered(committed=80, treasury=500, coming=60) == [(Purpose.REFILL, 20)]
    assert ordered(committed=80, treasury=500, idle=(80,)) == [(Purpose.SWEEP, 80)]
    assert ordered(committed=80, treasury=500, is_ours=False) == []
