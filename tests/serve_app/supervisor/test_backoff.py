"""What keeps dying is started ever more slowly."""

import pytest

from qubix_serve.supervisor.backoff import FORGIVEN_AFTER_SECONDS, Backoff, delay


def test_delay_doubles_up_to_half_a_minute() -> None:
    assert [delay(failures) for failures in (0, 1, 2, 3, 4, 9, 1000)] == [0, 0, 0.5, 1, 2, 30, 30]


def test_first_death_is_mended_at_once_and_the_next_ones_wait() -> None:
    backoff = Backoff()

    assert backoff.may_start("a", now=0.0)
    assert not backoff.may_start("a", now=0.4)
    assert backoff.may_start("a", now=0.5)
    assert not backoff.may_start("a", now=1.4)
    assert backoff.may_start("a", now=1.5)


def test_parts_do_not_wait_for_each_other() -> None:
    backoff = Backoff()
    backoff.may_start("a", now=0.0)

    assert backoff.may_start("b", now=0.0)


@pytest.mark.parametrize("failures", [1, 20])
def test_long_life_is_forgiven(failures: int) -> None:
    backoff = Backoff()
    now = 0.0
    for _ in range(failures):
        backoff.may_start("a", now=now)
        now += FORGIVEN_AFTER_SECONDS - 1
    now += FORGIVEN_AFTER_SECONDS

    assert backoff.may_start("a", now=now)
    assert backoff.may_start("a", now=now + 0.5)
