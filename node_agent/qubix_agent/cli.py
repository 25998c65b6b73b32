"""`qubix-agent`: this machine on the market."""

import json
import logging
import os
import platform
import sys
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from qubix.errors import InternalError, InvalidRequest, QubixError, Unavailable
from qubix_agent.agent.options import JoinAs, JoinOptions
from qubix_agent.home import AgentHome, default_home

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

HomeOption = Annotated[Path | None, typer.Option("--home", help="The agent's folder; $QUBIX_AGENT_HOME, or a default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]
SimulateOption = Annotated[
    str | None, typer.Option("--simulate", help='Declare cards that are not there, such as "RTX 4090:1, A100-80GB:2".')
]
CpuOnlyOption = Annotated[bool, typer.Option("--cpu-only", help="Offer no GPU, even if there is one.")]


class ExitCode:
    """What the exit code says: 0 is well, 2 a wrong command line."""

    REFUSED = 1
    NOT_RUNNING = 3


class As(StrEnum):
    """How to take part."""

    AUTO = "auto"
    RAY = "ray"
    NATIVE = "native"


@app.command()
def join(  # noqa: PLR0913, PLR0917  each is an option of the command line
    url: Annotated[str, typer.Argument(help="The platform, such as http://127.0.0.1:8000.")],
    token: Annotated[
        str | None,
        typer.Option(envvar="QUBIX_JOIN_TOKEN", show_envvar=True, help="A join token; only for the first time."),
    ] = None,
    home: HomeOption = None,
    simulate: SimulateOption = None,
    cpu_only: CpuOnlyOption = False,
    name: Annotated[str | None, typer.Option(help="What the market shows.")] = None,
    price: Annotated[int | None, typer.Option(min=0, help="QU per hour and GPU.")] = None,
    region: Annotated[str | None, typer.Option(help="Where the machine is, such as eu-west.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="NAME=value for jobs to choose by; repeatable.")] = None,
    address: Annotated[str | None, typer.Option(help="The Qubic address for the earnings.")] = None,
    join_as: Annotated[As, typer.Option("--as", help="ray for members, native for guests.")] = As.AUTO,
    node_ip: Annotated[str | None, typer.Option(help="The address under which the head reaches this machine.")] = None,
    drain: Annotated[float, typer.Option(min=0, help="Seconds that running jobs may take when it leaves.")] = 600,
    as_json: JsonOption = False,
) -> None:
    """Offer this machine on the market, until SIGTERM or Ctrl-C."""
    from qubix_agent.agent.asked import Asked
    from qubix_agent.agent.join import join as run
    from qubix_agent.agent.labels import read_labels
    from qubix_agent.agent.voice import Mode, Voice, log_to

    asked = Asked()
    asked.listen()

    def work() -> None:
        place = _home(home)
        place.make()
        log_to(place.log)
        options = JoinOptions(
            url=url,
            token=token,
            join_as=JoinAs(join_as.value),
            simulate=simulate,
            cpu_only=cpu_only,
            name=name,
            price_per_hour=price,
            region=region,
            labels=read_labels(label or []),
            qubic_address=address,
            node_ip=_ip(node_ip),
            drain_seconds=drain,
        )
        run(home=place, options=options, voice=Voice(Mode.JSON if as_json else Mode.TERMINAL), asked=asked)

    _guarded(work, as_json=as_json)


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What this machine's agent does now. Exit code 3 where none runs."""
    from qubix_agent.agent.single import running_agent
    from qubix_agent.agent.state import read_state
    from qubix_agent.runner.presence import running_attempts

    def work() -> None:
        place = _home(home)
        pid = running_agent(place.lock)
        state = read_state(place.state) if pid is not None else None
        attempts = [str(attempt.attempt_id) for attempt in running_attempts(place.running)]
        answer: dict[str, Any] = (state or {}) | {"running": pid is not None, "pid": pid, "attempts": attempts}
        if as_json:
            _print_json(answer)
        elif pid is None:
            _print(f"No agent runs in {place.root}.")
        elif state is None:
            _print(f"The agent (process {pid}) is joining.")
        else:
            _print(_describe(answer))
        if pid is None:
            raise typer.Exit(ExitCode.NOT_RUNNING)

    _guarded(work, as_json=as_json)


@app.command()
def detect(
    home: HomeOption = None,
    simulate: SimulateOption = None,
    cpu_only: CpuOnlyOption = False,
    as_json: JsonOption = False,
) -> None:
    """What this machine has."""
    from qubix_agent.agent.prepare import describe, look

    def work() -> None:
        options = JoinOptions(url="", simulate=simulate, cpu_only=cpu_only)
        machine = look(home=_home(home), options=options, seed=platform.node())
        if as_json:
            _print_json(
                {
                    "gpus": [gpu.wire() for gpu in machine.gpus],
                    "cpu": machine.cpu.wire(),
                    "ram": machine.ram.wire(),
                    "diskMib": machine.disk_mib,
                    "simulated": machine.simulated,
                    "problems": list(machine.problems),
                }
            )
            return
        for sentence in (describe(machine), *machine.problems):
            _print(sentence)

    _guarded(work, as_json=as_json)


@app.command()
def benchmark(
    home: HomeOption = None,
    again: Annotated[bool, typer.Option("--again", help="Measure even if there is a result already.")] = False,
    as_json: JsonOption = False,
) -> None:
    """How fast this machine is."""
    from qubix_agent.agent.prepare import look
    from qubix_agent.benchmark.cache import benchmark as measure

    def work() -> None:
        place = _home(home)
        place.make()
        result = measure(
            look(home=place, options=JoinOptions(url=""), seed=platform.node()),
            file=place.benchmark,
            warn=lambda sentence: typer.echo(sentence, err=True),
            again=again,
        )
        if as_json:
            _print_json(result.wire())
        else:
            _print(f"{result.fp32_tflops:.3g} TFLOP/s fp32, {result.memory_gbps or 0:.3g} GB/s, by {result.engine}.")

    _guarded(work, as_json=as_json)


def main() -> None:
    """The command's entry point."""
    app()


def _ip(text: str | None) -> str | None:
    try:
        return None if text is None else str(ip_address(text))
    except ValueError:
        raise InvalidRequest(
            asked=f"Joining under the address {text!r}",
            obstacle="it is not an IP address",
            remedy="Give --node-ip this machine's address as numbers, such as 10.0.0.11.",
        ) from None


def _home(chosen: Path | None) -> AgentHome:
    return AgentHome(chosen.expanduser().absolute()) if chosen else default_home(os.environ)


def _guarded(work: Callable[[], T], *, as_json: bool) -> T:
    try:
        return work()
    except QubixError as error:
        _fail(error, as_json=as_json)
    except typer.Exit:
        raise
    except OSError as error:
        _fail(_of_the_system(error), as_json=as_json)
    except Exception as fault:
        # The last resort: a person gets a sentence, never a traceback, which goes to the log.
        logging.getLogger(__name__).exception("the agent made a mistake")
        _fail(_mistake(fault), as_json=as_json)


def _of_the_system(error: OSError) -> QubixError:
    return Unavailable(
        asked="Running qubix-agent",
        obstacle=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}",
        remedy="See that the agent's folder is yours, as it is not after a run with sudo, and that its disk has space; "
        "or choose another one with --home.",
    )


def _mistake(fault: Exception) -> QubixError:
    return InternalError(
        asked="Running qubix-agent",
        obstacle=f"it made a mistake of its own ({type(fault).__name__}: {fault})",
        remedy="See its log, in the folder that --home names, and report it.",
    )


def _fail(error: QubixError, *, as_json: bool) -> NoReturn:
    if as_json:
        _print_json(error.to_wire())
    else:
        _print(error.message, is_error=True)
    raise typer.Exit(ExitCode.REFUSED)


def _describe(state: dict[str, Any]) -> str:
    running = len(state["attempts"])
    lines = [
        f"{state['worker_id']} on {state['url']} ({state['kind']}): {state['status']}, {running} jobs running.",
        f"The platform last answered at {state['heard_at'] or 'no time yet'}.",
    ]
    return "\n".join([*lines, state["problem"]] if state.get("problem") else lines)


def _print(sentence: str, *, is_error: bool = False) -> None:
    console = Console(stderr=is_error, soft_wrap=True, highlight=False)
    console.print(sentence, style="red" if is_error else None, markup=False)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
