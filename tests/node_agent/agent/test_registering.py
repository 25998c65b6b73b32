"""With which token a machine registers, and as what."""

from collections.abc import Iterator

import pytest

from qubix.errors import Conflict, NotAllowed
from qubix.settings import Connection
from qubix.transport import Transport
from qubix_agent.agent.errors import NotInvited
from qubix_agent.agent.identity import Identity
from qubix_agent.agent.options import JoinOptions
from qubix_agent.agent.registering import Kind, Registered, register
from qubix_agent.agent.voice import Mode, Voice
from tests.node_agent.agent.conftest import Market
from tests.node_agent.agent.test_cluster_node import OFFER
from tests.node_agent.api_double import Answer, refusal


@pytest.fixture
def transport(market: Market) -> Iterator[Transport]:
    transport = Transport(Connection(url=market.api.url))
    yield transport
    transport.close()


waited: list[float] = []


def joined(
    market: Market, transport: Transport, *, token: str | None, known: str | None, kinds: tuple[Kind, ...] = ("native",)
) -> Registered:
    waited.clear()
    url = market.api.url
    return register(
        OFFER,
        identity=Identity(worker_id="box-1", url=url, worker_token=known),
        options=JoinOptions(url=url, token=token),
        kinds=kinds,
        transport=transport,
        voice=Voice(Mode.JSON),
        wait=waited.append,
    )


def tokens(market: Market) -> list[str]:
    return [request.token for request in market.api.received]


def test_an_invitation_is_exchanged_for_the_machines_own_token(market: Market, transport: Transport) -> None:
    registered = joined(market, transport, token="qbx_join_1", known=None)
    assert registered.identity.worker_token == "qbx_wrk_1"
    assert registered.identity.token_for(market.api.url) == "qbx_wrk_1"


def test_a_spent_invitation_does_not_shut_out_a_machine_that_is_known(market: Market, transport: Transport) -> None:
    joined(market, transport, token="qbx_join_spent", known="qbx_wrk_1")
    assert tokens(market) == ["qbx_join_spent", "qbx_wrk_1"]


def test_without_a_token_that_counts_it_is_not_invited(market: Market, transport: Transport) -> None:
    with pytest.raises(NotInvited, match="no join token was given"):
        joined(market, transport, token=None, known=None)
    with pytest.raises(NotInvited, match="nobody knows this token"):
        joined(market, transport, token=None, known="qbx_wrk_old")


def test_a_guest_falls_back_to_pulling_and_says_so(
    market: Market, transport: Transport, capsys: pytest.CaptureFixture[str]
) -> None:
    market.answers.append(refusal(403, "members_only", "only members may join the cluster"))
    assert joined(market, transport, token="qbx_join_1", known=None, kinds=("ray", "native")).kind == "native"
    assert "only members may join the cluster" in capsys.readouterr().out


def test_who_insists_on_ray_is_refused(market: Market, transport: Transport) -> None:
    market.answers.append(refusal(403, "members_only"))
    with pytest.raises(NotAllowed):
        joined(market, transport, token="qbx_join_1", known=None, kinds=("ray",))


def busy(seconds: int | None) -> Answer:
    status, body = refusal(409, "agent_already_running", "another agent is alive")
    if seconds is not None:
        body["error"]["details"]["retryAfterSeconds"] = seconds
    return status, body


def test_a_killed_predecessor_is_waited_for(market: Market, transport: Transport) -> None:
    market.answers += [busy(9), busy(2)]
    joined(market, transport, token="qbx_join_1", known=None)
    assert waited == [9, 2]


@pytest.mark.parametrize("answer", [busy(3600), busy(None)])
def test_a_living_rival_is_not(market: Market, transport: Transport, answer: Answer) -> None:
    market.answers.append(answer)
    with pytest.raises(Conflict):
        joined(market, transport, token="qbx_join_1", known=None)
    assert waited == []


def test_what_is_simulated_is_said(market: Market, transport: Transport) -> None:
    joined(market, transport, token="qbx_join_1", known=None)
    [body] = market.api.bodies("/quick-register")
    assert body["simulated"] is True
    assert all(gpu["simulated"] for gpu in body["gpu"])
    assert body["ram"]["totalMib"] == 63_488
