from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.states import Interconnect, IsolationLevel, ProviderType, Trust
from qubix_platform.database.session import Database
from qubix_platform.market import service as market
from qubix_platform.market.query import OfferQuery, SortKey
from tests.platform.market.stalls import Card, Stall, expected, open_market
from tests.properties.against_database import AGAINST_DATABASE

_MODELS = ["RTX 4090", "A100-40GB", "A100-80GB", "T4", "House card"]
_PRICES = st.sampled_from([0, 1, 100, 400_000, 200_000_000_000_000])
_VRAM = st.sampled_from([0, 15_360, 24_564, 40_960, 81_920])
_PLACES = ["eu-west", "EU-West", "us-east"]
_WORDS = ["epyc", "RTX", "4090", "attic", "worker-1", "a100", "west", "%", "_", "nothing"]

_CARDS = st.builds(
    Card,
    model=st.sampled_from(_MODELS),
    vram_mib=_VRAM,
    allocated_milli=st.sampled_from([0, 0, 500, 1000]),
    is_present=st.sampled_from([True, True, True, False]),
)
_STALLS = st.builds(
    Stall,
    name=st.sampled_from(["Attic", "Rack 100%", "lab_1"]),
    cards=st.lists(_CARDS, max_size=4).map(tuple),
    type=st.sampled_from(["BROWSER", "NATIVE", "RAY"]),
    trust=st.sampled_from(["member", "guest"]),
    cpu_model=st.sampled_from(["EPYC", "Threadripper"]),
    location=st.none() | st.sampled_from(_PLACES),
    price=_PRICES,
    isolation=st.sampled_from([level.value for level in IsolationLevel]),
    interconnect=st.sampled_from([None, "pcie", "nvlink"]),
    tflops=st.none() | st.sampled_from([0.5, 19.5, 82.6, 100_000.0]),
    simulated=st.booleans(),
    verified=st.booleans(),
    status=st.sampled_from(["ONLINE", "ONLINE", "DRAINING", "OFFLINE"]),
    is_available=st.sampled_from([True, True, False]),
    allocated_cpu=st.sampled_from([0, 8]),
    completed=st.integers(0, 9),
    lost=st.integers(0, 9),
    removed=st.sampled_from([False, False, False, True]),
)
_FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "models": st.lists(st.sampled_from([*_MODELS, "a100", "geforce rtx4090"]), min_size=1, max_size=2).map(tuple),
    "min_vram_mib": _VRAM,
    "gpu_count": st.integers(1, 3),
    "max_price": _PRICES,
    "locations": st.lists(st.sampled_from(_PLACES), min_size=1, max_size=2).map(tuple),
    "availability": st.just("available"),
    "min_reliability": st.sampled_from([0.5, 0.75, 1]),
    "isolation": st.sampled_from(IsolationLevel),
    "interconnect": st.sampled_from(Interconnect),
    "trust": st.sampled_from(Trust),
    "type": st.sampled_from(ProviderType),
    "simulated": st.booleans(),
    "verified": st.booleans(),
    "search": st.lists(st.sampled_from(_WORDS), min_size=1, max_size=2).map(" ".join),
}
_PAGE: dict[str, st.SearchStrategy[Any]] = {
    "sort": st.sampled_from(SortKey),
    "descending": st.none() | st.booleans(),
    "limit": st.integers(1, 20),
    "offset": st.integers(0, 3),
}
# All filters at once leave next to nothing, so most examples hold a few of them.
_QUERIES = st.lists(st.sampled_from(sorted(_FILTERS)), unique=True, max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: _FILTERS[name] for name in names} | _PAGE)
).map(lambda fields: OfferQuery(**fields)) | st.fixed_dictionaries(_FILTERS | _PAGE).map(
    lambda fields: OfferQuery(**fields)
)


@settings(AGAINST_DATABASE, max_examples=200)
@given(st.lists(_STALLS, max_size=8), _QUERIES)
async def test_property_11_filters_are_exact(database: Database, stalls: list[Stall], query: OfferQuery) -> None:
    """Feature: qubix-enterprise-upgrade, Property 11: Every result of any filter combination matches the filter.

    And none that matches is missing: compared with a plain reading of the query, order, page and total included.
    """
    async with database.transaction() as session:
        placed = await open_market(session, stalls)
        offers, total = await market.offers(session, query)
        machines, total_of_machines = await market.providers(session, query)
    right = expected(placed, query)
    page = [stall.id for stall in right[query.offset : query.offset + query.limit]]
    assert [offer.id for offer in offers] == page
    assert [machine.id for machine in machines] == page
    assert total == total_of_machines == len(right)
