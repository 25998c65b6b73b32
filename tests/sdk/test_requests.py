"""What callers ask for, as it goes over the wire."""

import pytest

from qubix.errors import InvalidRequest
from qubix.requests import job_request, match_request
from qubix.schemas.resources import AntiAffinity
from qubix.schemas.states import AffinityScope


def test_jobs_that_are_kept_apart_name_their_group_and_what_they_do_not_share() -> None:
    asked = job_request({"max_price": 1, "anti_affinity": "replicas"}, source="pass")
    assert asked.resources.anti_affinity == AntiAffinity(group="replicas")
    assert asked.wire()["resources"]["antiAffinity"] == {"group": "replicas", "scope": "machine"}
    by_site = AntiAffinity(group="replicas", scope=AffinityScope.SITE)
    assert match_request({"anti_affinity": "replicas:site"}).resources.anti_affinity == by_site
    assert match_request({"anti_affinity": {"group": "replicas", "scope": "site"}}).resources.anti_affinity == by_site


def test_what_jobs_may_not_share_is_a_machine_its_owner_or_its_site() -> None:
    with pytest.raises(InvalidRequest, match="scope"):
        match_request({"anti_affinity": "replicas:rack"})
