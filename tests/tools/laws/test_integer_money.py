import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.integer_money import LAW, is_money

SCHEMA = "sdk/qubix/schemas/market.py"
PRICING = "platform/qubix_platform/escrow/pricing.py"


@pytest.mark.parametrize(
    "text",
    [
        "price: float",
        "maxPrice: float | None = None",
        "def fee_qu(seconds: int) -> float: ...",
        "def post(*, amount: Decimal) -> None: ...",
        "balances: dict[str, float] = {}",
        "Column('price', sa.Float)",
    ],
)
def test_catches_money_that_is_not_whole(text: str) -> None:
    assert offending_lines(LAW, SCHEMA, text) == [1]


@pytest.mark.parametrize("text", ["fee = hold * 0.05", "share = hold / 2", "cost = float(hold)", "hold /= 2"])
def test_catches_floats_in_modules_of_money(text: str) -> None:
    assert offending_lines(LAW, PRICING, text) == [1]
    assert offending_lines(LAW, "platform/qubix_platform/ledger/service.py", text) == [1]
    assert offending_lines(LAW, "platform/qubix_platform/market/service.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "price: int",
        "reliability: float",
        "hold_seconds: float",
        "Column('price', sa.BigInteger)",
        "fee = hold * fee_bps // 10_000",
        "path = folder / 'ledger.json'",
    ],
)
def test_passes_whole_money_and_other_floats(text: str) -> None:
    assert offending_lines(LAW, PRICING, text) == []


def test_knows_money_by_its_words() -> None:
    assert all(map(is_money, ["price", "max_price", "feeQu", "balance_after", "escrow_hold"]))
    assert not any(map(is_money, ["threshold", "feedback", "price_performance", "escrow_id", "charge_seconds"]))
