from datetime import timedelta
from uuid import uuid4

import pytest

from qubix.schemas.states import Cause, ProviderStatus, ReportedStatus
from qubix_platform.providers.lifecycle import (
    DEAF_AFTER_S,
    DEAF_AT_MOST_S,
    LONGEST_REST_S,
    SILENT_AFTER,
    Hearing,
    after_heartbeat,
    is_live,
    rest_seconds,
)
from qubix_platform.providers.transition import transition
from tests.platform.providers.garage import START, Garage

ONLINE, DRAINING, OFFLINE = ProviderStatus.ONLINE, ProviderStatus.DRAINING, ProviderStatus.OFFLINE


@pytest.mark.parametrize(
    ("status", "reported", "target"),
    [
        (OFFLINE, ReportedStatus.ONLINE, ONLINE),
        (OFFLINE, ReportedStatus.BUSY, ONLINE),
        (OFFLINE, ReportedStatus.OFFLINE, OFFLINE),
        (ONLINE, ReportedStatus.BUSY, ONLINE),
        (ONLINE, ReportedStatus.OFFLINE, OFFLINE),
        (DRAINING, ReportedStatus.ONLINE, DRAINING),
        (DRAINING, ReportedStatus.OFFLINE, OFFLINE),
        (ONLINE, ReportedStatus.DRAINING, DRAINING),
        (DRAINING, ReportedStatus.DRAINING, DRAINING),
        (OFFLINE, ReportedStatus.DRAINING, OFFLINE),
    ],
)
def test_where_a_heartbeat_leads(status: ProviderStatus, reported: ReportedStatus, target: ProviderStatus) -> None:
    assert after_heartbeat(status=status, reported=reported) is target


def test_an_agent_lives_until_three_heartbeats_are_missing() -> None:
    moment = timedelta(milliseconds=1)
    assert is_live(status=ONLINE, last_heartbeat=START, now=START + SILENT_AFTER - moment)
    assert not is_live(status=ONLINE, last_heartbeat=START, now=START + SILENT_AFTER)
    assert not is_live(status=OFFLINE, last_heartbeat=START, now=START)
    assert not is_live(status=ONLINE, last_heartbeat=None, now=START)


async def test_a_status_that_is_not_the_expected_one_stays(garage: Garage) -> None:
    answer = await garage.online(await garage.owner())
    before = await garage.events()
    async with garage.database.transaction() as session:
        changed = await transition(
            session, provider_id=answer.provider.id, expected=DRAINING, to=OFFLINE, reason="a test"
        )
        unknown = await transition(session, provider_id=uuid4(), expected=ONLINE, to=OFFLINE, reason="a test")
    assert (changed, unknown) == (False, False)
    assert await garage.events() == before


async def test_a_transition_that_does_not_exist_is_a_bug(garage: Garage) -> None:
    answer = await garage.online(await garage.owner())
    async with garage.database.transaction() as session:
        with pytest.raises(ValueError, match="never goes from"):
            await transition(session, provider_id=answer.provider.id, expected=OFFLINE, to=DRAINING, reason="a test")


def test_who_fails_again_and_again_rests_for_longer_and_a_job_that_ended_ends_that() -> None:
    lost, broken = Cause.PROVIDER_LOST, Cause.PLATFORM_ERROR
    assert rest_seconds([]) == rest_seconds([lost]) == rest_seconds([broken, Cause.USER_ERROR, lost]) == 5
    assert rest_seconds([lost, broken]) == 10
    assert rest_seconds([lost] * 4) == 40
    assert rest_seconds([broken] * 1000) == LONGEST_REST_S


@pytest.mark.parametrize(
    ("heard_ago", "machines", "is_deaf"),
    [
        (None, 0, False),
        (DEAF_AFTER_S, 5, False),
        (DEAF_AFTER_S + 0.1, 5, True),
        (DEAF_AT_MOST_S, 2, True),
        (DEAF_AT_MOST_S + 0.1, 2, False),
        (30.0, 1, True),
        (30.1, 1, False),
    ],
)
def test_where_nobody_is_heard_of_it_is_rather_the_platform_that_does_not_hear(
    heard_ago: float | None, machines: int, is_deaf: bool
) -> None:
    assert Hearing(heard_ago=heard_ago, machines=machines).is_deaf is is_deaf
