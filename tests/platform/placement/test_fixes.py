"""Suggestions that can be carried out."""

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.resources import AntiAffinity, ResourceRequest
from qubix.schemas.states import AffinityScope, Interconnect, IsolationLevel, Preference, Trust
from qubix_platform.placement.decide import decide
from qubix_platform.placement.fixes import resources_of
from qubix_platform.placement.model import Policy, Request, Snapshot
from tests.platform.placement.market import CONSUMER, NOW, card, explain, job, offer

_ASKED = st.builds(
    ResourceRequest,
    gpu_models=st.lists(st.sampled_from(["RTX 4090", "A100", "H100-80GB"]), unique=True),
    gpu_count=st.integers(min_value=0, max_value=8),
    min_vram_mib=st.integers(min_value=0, max_value=80_000),
    min_compute_capability=st.none() | st.sampled_from(["7.5", "8.0", "8.9"]),
    locations=st.lists(st.sampled_from(["eu-west", "br-south"]), unique=True),
    min_reliability=st.floats(min_value=0, max_value=1),
    isolation_level=st.sampled_from(IsolationLevel),
    trust=st.none() | st.sampled_from(Trust),
    providers=st.lists(st.sampled_from(["one", "two"]), unique=True),
    prefer=st.sampled_from(Preference),
    labels=st.dictionaries(st.sampled_from(["rack", "tier"]), st.sampled_from(["a", "b"])),
    avoid=st.lists(st.sampled_from(["three", "four"]), unique=True),
    spot=st.booleans(),
    interconnect=st.none() | st.sampled_from(Interconnect),
    anti_affinity=st.none()
    | st.builds(AntiAffinity, group=st.sampled_from(["a", "b"]), scope=st.sampled_from(AffinityScope)),
)


@given(_ASKED)
def test_what_a_request_asks_for_is_the_same_request_when_it_is_read_again(asked: ResourceRequest) -> None:
    request = Request.of(asked, user_id=CONSUMER, max_price=1000)
    assert Request.of(resources_of(request), user_id=CONSUMER, max_price=1000) == request


def test_each_fix_lets_the_job_run() -> None:
    offers = [offer(1, gpus=(card(100, vram_mib=8_192),), price_per_hour=500, location="eu-west")]
    waiting = job(0, max_price=300, min_vram_mib=16_384, locations=("br-south",))
    report = decide(Snapshot(jobs=(waiting,), providers=tuple(offers)), NOW, Policy()).waiting[waiting.id]

    assert [fix.text for fix in report.fixes] == report.suggestions
    for fix in report.fixes:
        changed = Request.of(fix.resources, user_id=CONSUMER, max_price=fix.max_price)
        fitting, _ = explain(offers, changed, NOW, Policy())
        assert fitting


def test_without_a_price_cap_a_fix_brings_none() -> None:
    asked = Request(user_id=CONSUMER, gpu_count=1, min_vram_mib=16_384)
    _, report = explain([offer(1, gpus=(card(100, vram_mib=8_192),))], asked, NOW, Policy())
    assert [fix.max_price for fix in report.fixes] == [None]
