"""Commands that look at the market."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from qubix.cli import session
from qubix.cli.needs import Apart, GpuCount, Gpus, Labels, Link, MinVramMib, Places, Prefer
from qubix.cli.output import AsJson, ago, out, qu
from qubix.cli.submit import pairs
from qubix.options import MarketFilter, MatchOptions
from qubix.schemas.providers import Offer, Provider

Models = Annotated[list[str] | None, typer.Option("--model", "-m", help="GPU model; several will do.")]
MaxPrice = Annotated[int | None, typer.Option("--max-price", help="QU per hour, at most.")]
Available = Annotated[bool, typer.Option("--available", help="Only what is free now.")]
Search = Annotated[str | None, typer.Option("--search", help="Words in model, name or place.")]
Sort = Annotated[
    Literal["price", "performance", "pricePerPerformance", "availability"] | None,
    typer.Option("--sort", help="Order of the list."),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many to show.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("offers")(offers)
    app.command("providers")(providers)
    app.command("match")(match)
    app.command("analyze")(analyze)


def offers(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    model: Models = None,
    min_vram: MinVramMib = None,
    max_price: MaxPrice = None,
    location: Places = None,
    available: Available = False,
    interconnect: Link = None,
    search: Search = None,
    sort: Sort = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what can be rented, and at which price."""
    wanted = _filter(model, min_vram, max_price, location, available, search, sort, limit)
    if interconnect is not None:
        wanted["interconnect"] = interconnect
    with session.open_client() as client:
        page = client.offers(**wanted)
    if as_json:
        out.json(page)
        return
    out.table(
        [
            "MODEL",
            ">VRAM",
            ">FREE",
            "LINK",
            ">PRICE/H",
            "PLACE",
            ">RELIABLE",
            "ISOLATION",
            "TRUST",
            "PROVIDER",
            "LABELS",
            "NOTE",
        ],
        [_offer_row(each) for each in page],
        empty="Nobody offers anything like that now.",
    )
    _say_rest(len(page), page.total)


def providers(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    mine: Annotated[bool, typer.Option("--mine", help="Only your own machines.")] = False,
    model: Models = None,
    min_vram: MinVramMib = None,
    max_price: MaxPrice = None,
    location: Places = None,
    available: Available = False,
    search: Search = None,
    sort: Sort = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the machines of the market."""
    wanted = _filter(model, min_vram, max_price, location, available, search, sort, limit)
    with session.open_client() as client:
        page = client.my_providers() if mine else client.providers(**wanted)
    if as_json:
        out.json(page)
        return
    out.table(
        ["PROVIDER", "STATUS", "GPUS", ">CORES", ">RAM", ">PRICE/H", ">JOBS", "SEEN", "TRUST", "NOTE"],
        [_provider_row(each) for each in page],
        empty="There are no machines like that.",
    )
    _say_rest(len(page), page.total)


def match(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    gpu: Gpus = None,
    gpu_count: GpuCount = None,
    max_price: MaxPrice = None,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="Time limit: 90s, 15m, 1h30m.")] = "1h",
    compute_needed: Annotated[float, typer.Option("--compute", help="fp32 TFLOP in total.")] = 0,
    limit: Limit = 20,
    prefer: Prefer = None,
    label: Labels = None,
    anti_affinity: Apart = None,
    interconnect: Link = None,
    as_json: AsJson = False,
) -> None:
    """Rank offers for what a job needs, with cost and reasons."""
    options = MatchOptions(timeout=timeout, compute_needed=compute_needed, limit=limit)
    if gpu:
        options["gpu"] = gpu
    if gpu_count is not None:
        options["gpu_count"] = gpu_count
    if max_price is not None:
        options["max_price"] = max_price
    if prefer is not None:
        options["prefer"] = prefer
    if label:
        options["labels"] = pairs(label, "--label")
    if anti_affinity is not None:
        options["anti_affinity"] = anti_affinity
    if interconnect is not None:
        options["interconnect"] = interconnect
    with session.open_client() as client:
        found = client.match(**options)
    if as_json:
        out.json(found)
        return
    out.table(
        [">RANK", "MODEL", "PROVIDER", ">PRICE/H", ">LIKELY", ">AT MOST", "WHY"],
        [
            (
                each.rank,
                each.offer.model,
                each.offer.provider,
                qu(each.offer.price),
                qu(each.estimated_cost),
                qu(each.maximum_cost),
                "; ".join(each.why),
            )
            for each in found.offers
        ],
        empty=found.rejected.summary,
    )


def analyze(
    path: Annotated[Path, typer.Argument(help="A Python script or a notebook.")], as_json: AsJson = False
) -> None:
    """Say what a script seems to need, with the lines that say so. It is never executed."""
    with session.open_client() as client:
        found = client.analyze(path)
    if as_json:
        out.json(found)
        return
    out.facts(
        [
            ("frameworks", ", ".join(found.frameworks) or "none"),
            ("GPU", "needed" if found.needs_gpu else "not needed"),
            ("VRAM", f"about {found.vram_mib} MiB" if found.vram_mib else "unknown"),
            ("requirements", " ".join(found.suggested_requirements) or "none"),
        ]
    )
    out.table(
        [">LINE", "KIND", "FINDING", "CODE"],
        [(each.line, each.kind, each.message, each.code.strip()) for each in found.findings],
        empty="There is nothing in it to go by.",
    )


def _filter(  # noqa: PLR0917  # the market's filter, value by value
    model: list[str] | None,
    min_vram_mib: int | None,
    max_price: int | None,
    location: list[str] | None,
    available: bool,
    search: str | None,
    sort: Literal["price", "performance", "pricePerPerformance", "availability"] | None,
    limit: int,
) -> MarketFilter:
    wanted = MarketFilter(limit=limit)
    if model:
        wanted["model"] = model
    if min_vram_mib is not None:
        wanted["min_vram"] = min_vram_mib / 1024  # the wire's GiB
    if max_price is not None:
        wanted["max_price"] = max_price
    if location:
        wanted["location"] = location
    if available:
        wanted["availability"] = "available"
    if search:
        wanted["search"] = search
    if sort:
        wanted["sort"] = sort
    return wanted


def _offer_row(offer: Offer) -> tuple[object, ...]:
    return (
        offer.model,
        f"{offer.vram:g} GiB",
        f"{offer.free_gpus}/{offer.gpu_count}",
        offer.interconnect or "–",
        qu(offer.price),
        offer.location or "–",
        f"{offer.reliability:.0%}",
        offer.isolation_level,
        offer.trust,
        offer.provider,
        " ".join(f"{name}={value}" for name, value in sorted(offer.labels.items())) or "–",
        _note(simulated=offer.simulated, verified=offer.verified),
    )


def _provider_row(provider: Provider) -> tuple[object, ...]:
    return (
        provider.worker_id,
        provider.status,
        ", ".join(gpu.model for gpu in provider.gpus) or "none",
        provider.cpu_cores,
        f"{provider.ram_mib // 1024} GiB",
        qu(provider.price_per_hour),
        provider.total_jobs,
        ago(provider.last_heartbeat),
        provider.trust,
        _note(simulated=provider.simulated, verified=provider.verified),
    )


def _note(*, simulated: bool, verified: bool) -> str:
    return " ".join(word for word, holds in (("simulated", simulated), ("unverified", not verified)) if holds)


def _say_rest(shown: int, total: int) -> None:
    if shown < total:
        out.note(f"{total - shown} more: raise --limit, or narrow the search.")
