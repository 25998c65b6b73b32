"""Commands about what jobs would cost and what may be spent."""

from typing import Annotated, Any, Final

import typer

from qubix.cli import session
from qubix.cli.needs import Apart, GpuCount, Gpus, Link, Prefer
from qubix.cli.output import AsJson, out, qu
from qubix.durations import spoken
from qubix.errors import InvalidRequest
from qubix.options import QuoteOptions
from qubix.schemas.quotes import Quote
from qubix.schemas.spending import SpendingLimit

Amount = Annotated[int | None, typer.Option(min=0, help="QU; left out, it is not limited.")]
Key = Annotated[str | None, typer.Option("--key", help="Id of an API key, to limit that key alone.")]

_CHANGEABLE: Final = frozenset(QuoteOptions.__annotations__) - {"what_if"}
_SEVERAL: Final = frozenset({"gpu", "locations", "providers"})

limits = typer.Typer(help="Limits of your own spending.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("quote")(quote)
    app.add_typer(limits, name="limits")


def quote(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    gpu: Gpus = None,
    gpu_count: GpuCount = None,
    max_price: Annotated[int | None, typer.Option("--max-price", "-p", min=0, help="QU per hour, at most.")] = None,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="Time limit: 90s, 15m, 1h30m.")] = "1h",
    compute_needed: Annotated[float, typer.Option("--compute", help="fp32 TFLOP in total.")] = 0,
    prefer: Prefer = None,
    anti_affinity: Apart = None,
    interconnect: Link = None,
    what_if: Annotated[
        list[str] | None, typer.Option("--what-if", help="NAME=VALUE of an option: how would the answer differ?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a job would cost at most and likely, and how long your balance lasts."""
    options = QuoteOptions(timeout=timeout, compute_needed=compute_needed)
    if gpu:
        options["gpu"] = gpu
    if gpu_count is not None:
        options["gpu_count"] = gpu_count
    if max_price is not None:
        options["max_price"] = max_price
    if prefer is not None:
        options["prefer"] = prefer
    if anti_affinity is not None:
        options["anti_affinity"] = anti_affinity
    if interconnect is not None:
        options["interconnect"] = interconnect
    if what_if:
        options["what_if"] = dict(map(_change, what_if))
    with session.open_client() as client:
        found = client.quote(**options)
    if as_json:
        out.json(found)
        return
    out.facts(_facts(found))
    for obstacle in found.obstacles:
        out.note(f"It could not be created now: {obstacle}.")
    if found.what_if is not None:
        out.line("What if:")
        out.facts(_facts(found.what_if.quote))
        for difference in found.what_if.differences:
            out.line(f"- {difference}")


def _change(text: str) -> tuple[str, Any]:
    """An option of `Client.quote` with its value: `max_price=60000`, `gpu=A100,H100`, `timeout=2h`."""
    name, equals, value = text.partition("=")
    name, value = name.strip().replace("-", "_"), value.strip()
    if not equals or name not in _CHANGEABLE:
        raise InvalidRequest(
            asked=f"Reading --what-if {text}",
            obstacle=f"no option is called {name}" if equals else "it has no equals sign",
            remedy=f"Write NAME=VALUE with one of {', '.join(sorted(_CHANGEABLE))}.",
        )
    if name in _SEVERAL:
        return name, [each.strip() for each in value.split(",") if each.strip()]
    return name, int(value) if value.isdecimal() else value


def _facts(found: Quote) -> list[tuple[str, str]]:
    facts = [
        ("at most", qu(found.maximum_cost)),
        ("likely", qu(found.likely_cost)),
        ("price", "–" if found.price_per_hour is None else f"{qu(found.price_per_hour)} per hour on {found.worker_id}"),
        ("held at first", qu(found.hold)),
    ]
    if found.settle_every_seconds is not None:
        facts.append(("settled every", spoken(found.settle_every_seconds)))
    facts.append(("balance", qu(found.balance)))
    if found.balance_lasts_seconds is not None:
        facts.append(("it lasts for", spoken(found.balance_lasts_seconds)))
    if found.waiting is not None:
        facts.append(("it would wait", found.waiting.summary))
    return facts


@limits.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the limits of your spending, and what counts against them."""
    if context.invoked_subcommand is None:
        with session.open_client() as client:
            _show(list(client.limits()), as_json=as_json)


@limits.command("set")
def set_limits(
    key: Key = None, per_job: Amount = None, per_day: Amount = None, total: Amount = None, as_json: AsJson = False
) -> None:
    """Set the limits of your spending in place of those that are there."""
    with session.open_client() as client:
        found = client.set_limits(key_id=key, per_job=per_job, per_day=per_day, total=total)
    _show(list(found), as_json=as_json)


@limits.command("clear")
def clear(key: Key = None, as_json: AsJson = False) -> None:
    """Take the limits of your spending away."""
    with session.open_client() as client:
        found = client.set_limits(key_id=key)
    _show(list(found), as_json=as_json)


def _show(found: list[SpendingLimit], *, as_json: bool) -> None:
    out.rows(
        found,
        ["OF", ">PER JOB", ">PER DAY", ">IN ALL", ">SPENT TODAY", ">SPENT", ">HELD"],
        [
            (
                "you" if each.key_id is None else f"key {each.key_name or each.key_id}",
                qu(each.per_job),
                qu(each.per_day),
                qu(each.total),
                qu(each.spent_today),
                qu(each.spent),
                qu(each.held),
            )
            for each in found
        ],
        empty="Nothing is limited.",
        as_json=as_json,
    )
