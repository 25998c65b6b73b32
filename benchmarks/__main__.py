"""`python -m benchmarks [NAME] [--quick] [--json] [--out FILE]`; without a name all of them, `--help` lists them."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.children import ContenderFailed
from benchmarks.publish import Benchmark, publish
from benchmarks.report import Section
from benchmarks.stand import NotReady, running_stand
from qubix.errors import QubixError

RESULTS: Final = Path(__file__).with_name("results")

QuickOption = Annotated[bool, typer.Option("--quick", help="A glance: few repetitions, figures of little weight.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
OutOption = Annotated[Path | None, typer.Option(help="Where to write the JSON. Default: benchmarks/results, dated.")]

app = typer.Typer(help="Every figure that the README quotes.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context, quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None
) -> None:
    """Run all benchmarks, one after another."""
    if context.invoked_subcommand is None:
        _run(
            [
                _startup,
                _dispatch,
                _queue,
                _failover,
                _standby,
                _api,
                _sockets,
                _ledger,
                _signatures,
                _placement,
                _market,
                _cluster,
            ],
            quick=quick,
            as_json=as_json,
            out=out,
        )


@app.command()
def startup(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """A whole platform up and down again, beside a bare Ray head."""
    _run([_startup], quick=quick, as_json=as_json, out=out)


@app.command()
def dispatch(
    url: Annotated[str, typer.Option(help="A platform that runs, with two idle simulated providers.")] = "",
    api_key: Annotated[str, typer.Option(envvar="QUBIX_API_KEY", help="A key with play money on it.")] = "",
    quick: QuickOption = False,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Submission to first line, and jobs a second, beside what else runs small programs."""

    def measure(quick: bool) -> Section:
        return _dispatch(quick, url=url, api_key=api_key)

    _run([measure], quick=quick, as_json=as_json, out=out)


@app.command()
def queue(
    jobs: Annotated[int | None, typer.Option(min=1, max=1000, help="How many; 1,000 unless given.")] = None,
    machines: Annotated[int | None, typer.Option(min=1, help="How many; 20 unless given.")] = None,
    quick: QuickOption = False,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """A thousand jobs that all wait at once over twenty machines: decision to launch, none lost, none done twice."""

    def measure(quick: bool) -> Section:
        return _queue(quick, jobs=jobs, machines=machines)

    _run([measure], quick=quick, as_json=as_json, out=out)


@app.command()
def failover(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """A killed and a frozen provider, to the first line of the job elsewhere."""
    _run([_failover], quick=quick, as_json=as_json, out=out)


@app.command()
def standby(
    takeovers: Annotated[int | None, typer.Option(min=1, help="How often; 20 unless given.")] = None,
    quick: QuickOption = False,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """A killed provider, to the first line of a job that another machine stood by for; and of one without."""

    def measure(quick: bool) -> Section:
        return _standby(quick, takeovers=takeovers)

    _run([measure], quick=quick, as_json=as_json, out=out)


@app.command()
def api(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """Requests a second through HAProxy and Serve, beside the same app under plain uvicorn."""
    _run([_api], quick=quick, as_json=as_json, out=out)


@app.command()
def sockets(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """One change of the market to ten thousand WebSockets, beside a bare broadcast."""
    _run([_sockets], quick=quick, as_json=as_json, out=out)


@app.command()
def ledger(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """Postings a second, single and in batches, beside TPC-B on the same server; and verifying a million entries."""
    _run([_ledger], quick=quick, as_json=as_json, out=out)


@app.command()
def signatures(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """Checking many wallets' signatures at once, and what other requests take meanwhile."""
    _run([_signatures], quick=quick, as_json=as_json, out=out)


@app.command()
def placement(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """FGD's protocol on the openb trace, beside first-fit, best-fit and FGD; see `python -m benchmarks.placement`."""
    _run([_placement], quick=quick, as_json=as_json, out=out)


@app.command()
def market(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """Jobs matched to real offers together, beside each taking the cheapest; see `python -m benchmarks.market`."""
    _run([_market], quick=quick, as_json=as_json, out=out)


@app.command()
def cluster(quick: QuickOption = False, as_json: JsonOption = False, out: OutOption = None) -> None:
    """The scheduler over the openb trace's own times, simulated; see `python -m benchmarks.cluster`."""
    _run([_cluster], quick=quick, as_json=as_json, out=out)


def _placement(quick: bool) -> Section:
    from benchmarks.placement.mixes import Mix
    from benchmarks.placement.report import report
    from benchmarks.placement.trace import folder

    traces, mixes = (["default"], [Mix.AS_IS]) if quick else (["default", "gpuspec10", "gpuspec33"], list(Mix))
    return report(folder(), traces=traces, mixes=mixes, seeds=1 if quick else 10, permute=True)


def _market(quick: bool) -> Section:
    from benchmarks.market.offers import path
    from benchmarks.market.run import measure

    return measure(path(), draws=5 if quick else 100)


def _cluster(quick: bool) -> Section:
    from benchmarks.cluster.__main__ import NODES, PODS
    from benchmarks.cluster.run import simulate
    from benchmarks.placement.trace import folder

    return simulate(
        folder() / NODES,
        folder() / PODS,
        jobs=500 if quick else None,
        loads=(),
        seed=0,
        console=Console(stderr=True),
    )


def _startup(quick: bool) -> Section:
    from benchmarks.startup.run import run

    return run(quick=quick)


def _dispatch(quick: bool, *, url: str = "", api_key: str = "") -> Section:
    from benchmarks.dispatch.run import run

    return run(quick=quick, running=running_stand(url, api_key) if url else None)


def _queue(quick: bool, *, jobs: int | None = None, machines: int | None = None) -> Section:
    from benchmarks.queue.run import run

    return run(quick=quick, jobs=jobs, machines=machines)


def _failover(quick: bool) -> Section:
    from benchmarks.failover.run import run

    return run(quick=quick)


def _standby(quick: bool, *, takeovers: int | None = None) -> Section:
    from benchmarks.standby.run import run

    return run(quick=quick, takeovers=takeovers)


def _api(quick: bool) -> Section:
    from benchmarks.api.run import run

    return run(quick=quick)


def _sockets(quick: bool) -> Section:
    from benchmarks.sockets.run import run

    return run(quick=quick)


def _ledger(quick: bool) -> Section:
    from benchmarks.ledger.run import run

    return run(quick=quick)


def _signatures(quick: bool) -> Section:
    from benchmarks.signatures.run import run

    return run(quick=quick)


def _run(benchmarks: Sequence[Callable[[bool], Section]], *, quick: bool, as_json: bool, out: Path | None) -> None:
    def at_this_pace(benchmark: Callable[[bool], Section]) -> Benchmark:
        return lambda _: benchmark(quick)

    path = out or RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    publish([at_this_pace(each) for each in benchmarks], as_json=as_json, out=path)


if __name__ == "__main__":
    try:
        app()
    except (QubixError, NotReady, ContenderFailed) as error:
        sys.exit(str(error))
