"""A guest's agent, as a process: joins, pulls work, is interrupted in every way, leaves."""

import json
import signal
from typing import Any

import pytest

from qubix_agent.home import AgentHome
from qubix_agent.runner.presence import running_attempts
from tests.node_agent.agent.conftest import AgentProcess, Market, StartAgent
from tests.node_agent.api_double import refusal
from tests.node_agent.seeding import workspaces

NATIVE = ("--as", "native", "--simulate", "RTX 4090:1", "--json")
LONG = "import time; print('up', flush=True); time.sleep(600)"


def is_online(beat: dict[str, Any]) -> bool:
    return bool(beat["status"] == "online")


def is_offline(beat: dict[str, Any]) -> bool:
    return bool(beat["status"] == "offline")


def test_it_joins_runs_what_it_pulls_and_leaves_in_order(
    market: Market, start_agent: StartAgent, home: AgentHome
) -> None:
    agent = start_agent(*NATIVE, "--price", "5000", "--region", "eu-west")
    beat = market.wait_for_beat(is_online)
    [registration] = market.api.bodies("/quick-register")
    assert registration["type"] == "native"
    assert registration["simulated"] is True
    assert registration["gpu"][0] | {"model": "RTX 4090", "vramMib": 24576, "simulated": True} == registration["gpu"][0]
    assert registration["pricePerHour"] == 5000
    assert registration["location"] == "eu-west"
    assert registration["benchmark"]["fp32Tflops"] > 0
    assert "GPUs are simulated" in registration["benchmark"]["engine"]
    assert registration["isolationLevel"].startswith("bwrap")
    assert beat["usage"]["ramTotalGb"] > 0

    market.offer("print('done')")
    [completion] = market.api.wait_for("complete")
    assert completion["cause"] == "COMPLETED"
    market.mailbox.clear()
    (home.work / "left-by-a-killed-runner").mkdir()

    agent.signal(signal.SIGTERM)
    assert agent.wait() == 0, agent.lines
    assert list(home.work.iterdir()) == []
    statuses = [body["status"] for body in market.api.bodies("/heartbeat")]
    assert statuses[-1] == "offline"
    assert "draining" in statuses
    assert {request.token for request in market.api.received if request.path.endswith("/heartbeat")} == {"qbx_wrk_1"}
    events = [json.loads(line)["event"] for line in agent.lines]
    assert events[0] == "joining"
    assert events[-1] == "left"
    assert not home.sent_away.exists()
    assert "qbx_" not in home.log.read_text()


def test_running_work_finishes_before_it_leaves(market: Market, start_agent: StartAgent, home: AgentHome) -> None:
    agent = start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    entry = market.offer(
        "import pathlib, time\nprint('up', flush=True)\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"
    )
    market.api.wait_for("started")
    market.mailbox.clear()
    agent.signal(signal.SIGTERM)
    beat = market.wait_for_beat(lambda body: body["status"] == "draining")
    assert beat["attempts"] == [str(entry.attempt_id)]
    [workspace] = workspaces(home)
    (workspace / "job" / "go").touch()
    assert agent.wait() == 0
    assert market.api.bodies("/complete")[0]["cause"] == "COMPLETED"


def test_it_leaves_in_order_once_its_owner_has_it_take_no_more(
    market: Market, start_agent: StartAgent, home: AgentHome
) -> None:
    agent = start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.is_drained = True
    assert agent.wait() == 0, agent.lines
    assert [json.loads(line)["event"] for line in agent.lines][-3:] == ["asked_to_leave", "draining", "left"]
    assert market.api.bodies("/heartbeat")[-1]["status"] == "offline"
    assert home.sent_away.exists()

    market.is_drained = False
    start_agent(*NATIVE)
    market.api.wait_for("quick-register", count=2)
    assert not home.sent_away.exists()


def test_work_that_takes_too_long_is_handed_over(market: Market, start_agent: StartAgent, home: AgentHome) -> None:
    agent = start_agent(*NATIVE, "--drain", "0.5")
    market.wait_for_beat(is_online)
    market.offer(LONG)
    market.api.wait_for("started")
    agent.signal(signal.SIGTERM)
    assert agent.wait() == 0
    assert market.api.bodies("/complete")[0]["cause"] == "PROVIDER_LOST"
    assert workspaces(home) == []


def test_a_second_signal_hands_over_at_once(market: Market, start_agent: StartAgent) -> None:
    agent = start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.offer(LONG)
    market.api.wait_for("started")
    agent.signal(signal.SIGTERM)
    market.wait_for_beat(lambda body: body["status"] == "draining")
    agent.signal(signal.SIGTERM)
    assert agent.wait(15) == 0
    assert market.api.bodies("/complete")[0]["cause"] == "PROVIDER_LOST"


def test_a_heartbeat_can_cancel(market: Market, start_agent: StartAgent) -> None:
    start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    entry = market.offer(LONG)
    market.api.wait_for("started")
    market.mailbox.clear()
    market.cancel.append(str(entry.attempt_id))
    [completion] = market.api.wait_for("complete")
    assert completion["cause"] == "CANCELLED"


def test_only_one_agent_per_home(market: Market, start_agent: StartAgent) -> None:
    start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    second = start_agent(*NATIVE[:-1])
    assert second.wait() == 1
    said = "".join(second.lines)
    assert "one works there already (process " in said
    assert "Traceback" not in said


def test_a_killed_agent_is_succeeded_by_the_same_machine(
    market: Market, start_agent: StartAgent, home: AgentHome
) -> None:
    first = start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.offer(LONG)
    market.api.wait_for("started")
    market.mailbox.clear()
    first.signal(signal.SIGKILL)
    first.wait()
    assert workspaces(home) != []
    start_agent(*NATIVE, token=None)
    market.api.wait_for("quick-register", count=2)
    one, two = market.api.bodies("/quick-register")
    assert one["workerId"] == two["workerId"]
    assert one["agentSession"] == two["agentSession"]
    assert one["gpu"] == two["gpu"]
    # What ran in the killed one was swept before the new one registered.
    assert workspaces(home) == []
    assert running_attempts(home.running) == []


def test_jobs_go_on_while_the_platform_is_away(market: Market, start_agent: StartAgent) -> None:
    start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.offer("import time\nprint('before', flush=True)\ntime.sleep(2)\nprint('after')")
    market.api.wait_for("started")
    market.mailbox.clear()
    market.away = True
    beats = len(market.api.bodies("/heartbeat"))
    market.api.wait_for("heartbeat", count=beats + 2)
    market.away = False
    [completion] = market.api.wait_for("complete")[-1:]
    assert completion["cause"] == "COMPLETED"
    assert market.api.output("stdout") == "before\nafter\n"


def test_a_machine_that_the_platform_forgot_registers_again(market: Market, start_agent: StartAgent) -> None:
    start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.answers.append(refusal(404, "provider_not_found", "there is no such provider"))
    market.api.wait_for("quick-register", count=2)


def test_a_machine_that_is_not_wanted_any_more_says_so_and_ends(market: Market, start_agent: StartAgent) -> None:
    agent = start_agent(*NATIVE)
    market.wait_for_beat(is_online)
    market.tokens.clear()
    assert agent.wait() == 1
    text = "".join(agent.lines)
    assert json.loads(text[text.index('{\n  "error"') :])["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("arguments", "token", "sentence"),
    [
        (("--as", "native"), None, "no join token was given"),
        (("--as", "native"), "qbx_join_wrong", "nobody knows this token"),
        (("--as", "native", "--simulate", "RTX 4091"), "qbx_join_1", "Known: RTX 4090"),
    ],
)
def test_what_cannot_join_is_a_sentence(
    market: Market, start_agent: StartAgent, arguments: tuple[str, ...], token: str | None, sentence: str
) -> None:
    agent = start_agent(*arguments, token=token)
    assert agent.wait() == 1
    assert sentence in "".join(agent.lines)
    assert "Traceback" not in "".join(agent.lines)


def test_a_platform_that_is_not_there_is_a_sentence(home: AgentHome) -> None:
    agent = AgentProcess("http://127.0.0.1:9", home, token=None)
    try:
        assert agent.wait(60) == 1
        assert "could not be reached" in "".join(agent.lines)
    finally:
        agent.end()
