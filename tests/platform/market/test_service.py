from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from qubix.schemas.states import IsolationLevel, ProviderType, Trust
from qubix_platform.database.session import Database
from qubix_platform.market import service as market
from qubix_platform.market.query import OfferQuery, SortKey
from qubix_platform.metrics.writer import MetricsWriter
from tests.platform.market.stalls import Card, Stall, open_market
from tests.platform.market_life import Market
from tests.platform.providers.garage import Garage

A100 = Card("A100-80GB", 81_920)
T4 = Card("T4", 15_360)
BUSY = replace(A100, allocated_milli=1000)

STALLS = [
    Stall("a", cards=(A100, BUSY), price=900, location="eu-west", tflops=19.5, isolation="vm", completed=9),
    Stall("b", cards=(Card(), T4), price=400, location="us-east", tflops=82.6, trust="member", type="RAY"),
    Stall("c", cards=(BUSY,), price=800, location="eu-west", name="The old_rack 100%"),
    Stall("d", cards=(), price=10, cpu_model="Threadripper", lost=1, isolation="none"),
    Stall("e", cards=(T4, T4, T4), price=50, simulated=True, verified=False, type="BROWSER"),
    Stall("f", cards=(T4,), price=50, status="OFFLINE"),
    Stall("g", cards=(T4,), price=60, is_available=False),
    Stall("h", cards=(T4,), price=1, removed=True),
    Stall("i", cards=(replace(A100, is_present=False), T4), price=70, status="DRAINING"),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (OfferQuery(), "d e f g i b c a".split()),
        (OfferQuery(models=("a100",)), ["c", "a"]),
        (OfferQuery(models=("A100-40GB",)), []),
        (OfferQuery(models=("NVIDIA GeForce RTX 4090", "a100")), ["b", "c", "a"]),
        (OfferQuery(models=("a100",), availability="available"), ["a"]),
        (OfferQuery(models=("a100",), gpu_count=2), ["a"]),
        (OfferQuery(models=("a100",), gpu_count=2, availability="available"), []),
        (OfferQuery(models=("t4",), min_vram_mib=20_000), []),
        (OfferQuery(min_vram_mib=20_000), ["b", "c", "a"]),
        (OfferQuery(availability="available"), ["d", "e", "b", "a"]),
        (OfferQuery(max_price=60), ["d", "e", "f", "g"]),
        (OfferQuery(locations=("EU-West", "mars")), ["c", "a"]),
        (OfferQuery(min_reliability=0.6), ["e", "f", "g", "i", "b", "c", "a"]),
        (OfferQuery(isolation=IsolationLevel.BWRAP_CGROUP), ["a"]),
        (OfferQuery(trust=Trust.MEMBER), ["b"]),
        (OfferQuery(type=ProviderType.BROWSER), ["e"]),
        (OfferQuery(simulated=True), ["e"]),
        (OfferQuery(verified=False), ["e"]),
        (OfferQuery(search="ripper"), ["d"]),
        (OfferQuery(search="EU-WEST a100"), ["c", "a"]),
        (OfferQuery(search="old_rack 100%"), ["c"]),
        (OfferQuery(search="%"), ["c"]),
        (OfferQuery(search="_"), ["c"]),
        (OfferQuery(search="'; drop table gpus; --"), []),
        (OfferQuery(sort=SortKey.PRICE, descending=True, limit=2), ["a", "c"]),
        (OfferQuery(sort=SortKey.PERFORMANCE, limit=2), ["b", "a"]),
        (OfferQuery(sort=SortKey.PERFORMANCE, descending=False, limit=2), ["a", "b"]),
        (OfferQuery(sort=SortKey.PRICE_PER_PERFORMANCE, limit=2), ["b", "a"]),
        (OfferQuery(models=("t4",), sort=SortKey.AVAILABILITY, limit=2), ["e", "b"]),
    ],
)
async def test_what_is_found(database: Database, query: OfferQuery, found: list[str]) -> None:
    async with database.transaction() as session:
        await open_market(session, STALLS)
        offers, _ = await market.offers(session, query)
        machines, _ = await market.providers(session, query)
    # Ties go by a random id.
    if query.sort is SortKey.PRICE:
        offers = sorted(offers, key=lambda offer: (offer.price * query.direction, offer.provider))
    assert [offer.provider.split("-")[0] for offer in offers] == found
    assert {machine.id for machine in machines} == {offer.id for offer in offers}


async def test_an_offer_tells_what_is_rented(database: Database) -> None:
    async with database.transaction() as session:
        await open_market(session, STALLS)
        [a] = (await market.offers(session, OfferQuery(search="a-0")))[0]
        [cpu] = (await market.offers(session, OfferQuery(search="ripper")))[0]
        [mixed] = (await market.offers(session, OfferQuery(models=("t4",), search="b-1")))[0]
    assert (a.model, a.vram, a.price, a.available, a.gpu_count, a.free_gpus) == ("A100-80GB", 80.0, 900, True, 2, 1)
    assert a.price_per_tflop == pytest.approx(900 / 19.5)
    assert a.reliability == 1
    assert (cpu.model, cpu.vram, cpu.available, cpu.gpu_count) == ("CPU", 0, True, 0)
    assert (mixed.model, mixed.vram, mixed.gpu_count) == ("T4", 15.0, 2)


async def test_a_machine_without_a_free_card_tells_until_when_at_the_latest(database: Database) -> None:
    life = Market(database)
    rented, half = await life.machine(gpus=1), await life.machine(gpus=2)
    consumer = await life.consumer()
    for machine in (rented, half):
        await life.assign(await life.job(consumer, time_limit_seconds=900), machine)
    async with database.transaction() as session:
        began = (await session.execute(text("select now()"))).scalar_one()
        found = {offer.provider: offer for offer in (await market.offers(session, OfferQuery()))[0]}
    until = found[rented.worker_id].busy_until
    assert until is not None
    assert timedelta(seconds=800) < until - began <= timedelta(seconds=900)
    assert found[half.worker_id].busy_until is None


async def test_pages_cover_everything_once_and_carry_the_total(database: Database) -> None:
    async with database.transaction() as session:
        await open_market(session, STALLS)
        pages = [await market.offers(session, OfferQuery(limit=3, offset=offset)) for offset in (0, 3, 6, 9)]
    assert [len(offers) for offers, _ in pages] == [3, 3, 2, 0]
    assert {total for _, total in pages} == {8}
    assert len({offer.id for offers, _ in pages for offer in offers}) == 8


async def test_a_tiny_benchmark_does_not_break_the_market(database: Database) -> None:
    async with database.transaction() as session:
        await open_market(session, [Stall(tflops=1e-320, price=200_000_000_000_000)])
        [offer] = (await market.offers(session, OfferQuery(sort=SortKey.PRICE_PER_PERFORMANCE)))[0]
    assert offer.price_per_tflop is None


async def test_owners_see_their_own_earnings_in_the_list(database: Database) -> None:
    garage = Garage(database, MetricsWriter(database))
    owner = await garage.owner()
    await garage.online(owner)
    async with database.transaction() as session:
        [mine] = (await market.providers(session, OfferQuery(), user_id=owner.user_id))[0]
        [public] = (await market.providers(session, OfferQuery()))[0]
    assert (mine.total_earnings, public.total_earnings) == (0, None)
