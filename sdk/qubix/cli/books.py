"""Commands about the books: statements, invoices, roots, and receipts that prove themselves."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from qubix.cli import session
from qubix.cli.jobs import print_receipt
from qubix.cli.output import AsJson, clean, out, qu
from qubix.errors import InvalidRequest
from qubix.receipts.check import Finding, check
from qubix.schemas.books import Invoice, InvoiceLine, InvoiceSide, Statement, StatementLine

_PAGE: Final = 200
_MOMENT: Final = "%Y-%m-%d %H:%M:%S"


class _ReceiptGroup(TyperGroup):
    """Takes `qubix receipt JOB` for `qubix receipt show JOB`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Find the command that is meant."""
        word = next((argument for argument in args if not argument.startswith("-")), None)
        if word is not None and word not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


receipts = typer.Typer(cls=_ReceiptGroup, help="A job's receipt: shown, exported, verified.", no_args_is_help=True)

First = Annotated[str | None, typer.Option("--from", help="First day, as 2026-11-01, UTC. Default: the month's first.")]
Last = Annotated[str | None, typer.Option("--to", help="Last day, UTC. Default: today.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write all of it to this file, as CSV.", dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("statement")(statement)
    app.command("invoice")(invoice)
    app.command("roots")(roots)
    app.add_typer(receipts, name="receipt")


def statement(first: First = None, last: Last = None, csv: Csv = None, as_json: AsJson = False) -> None:
    """Show what came into and went out of your wallet, day by day, and why."""
    since, until = _day(first), _day(last)
    with session.open_client() as client:
        if csv is not None:
            _write(csv, client.statement_sheet(first=since, last=until))
            return
        found = client.statement(first=since, last=until, limit=_PAGE)
    if as_json:
        out.json(found)
    else:
        _show_statement(found)


def invoice(
    month: Annotated[str | None, typer.Argument(help="A month, as 2026-11. Default: this one.")] = None,
    side: Annotated[
        InvoiceSide, typer.Option("--side", help="What you used, or what your machines earned.")
    ] = InvoiceSide.CONSUMER,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Show what you paid in a month, or what your machines earned, job by job."""
    wanted = month or f"{datetime.now(UTC):%Y-%m}"
    with session.open_client() as client:
        if csv is not None:
            _write(csv, client.invoice_sheet(wanted, side=side))
            return
        found = client.invoice(wanted, side=side)
    if as_json:
        out.json(found)
    else:
        _show_invoice(found)


def roots(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the published roots of the books, and the Qubic transactions that carry them."""
    with session.open_client() as client:
        found = client.roots(limit=limit)
    out.rows(
        list(found),
        [">ROOT", "DAY", ">FROM", ">TO", "HASH", "QUBIC TRANSACTION"],
        [
            (
                each.number,
                each.day,
                each.first_position,
                each.last_position,
                each.root,
                each.anchor.transaction_id if each.anchor else "on its way",
            )
            for each in found
        ],
        empty="No root was made yet: the first is made after midnight UTC.",
        as_json=as_json,
    )


@receipts.command("show")
def show(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    export: Annotated[
        Path | None, typer.Option("--export", help="Write it to this file with its proofs, as JSON.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was held, what it was spent on, and why; or export it for anybody to verify."""
    with session.open_client() as client:
        if export is not None:
            exported = client.receipt_export(job_id)
            _write(export, json.dumps(exported.wire(), indent=1) + "\n")
            return
        found = client.job(job_id).receipt()
    if as_json:
        out.json(found)
    else:
        print_receipt(found)


@receipts.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A receipt that was exported.", exists=True, dir_okay=False)],
    root: Annotated[list[str] | None, typer.Option("--root", help="A root that was published, hexadecimal.")] = None,
    roots_file: Annotated[
        Path | None,
        typer.Option("--roots", help="A file with what `qubix roots --json` gave.", exists=True, dir_okay=False),
    ] = None,
    signer: Annotated[
        str | None, typer.Option("--signer", help="The identity that must have signed the roots onto the chain.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an exported receipt offline: its figures, its transactions, and that they are in the published books."""
    published = None if root is None and roots_file is None else [*(root or ()), *_read_roots(roots_file)]
    found = check(_read(file), published=published, signer=signer)
    if as_json:
        out.json(_as_json(found))
    else:
        _show_finding(found, is_signer_known=signer is not None)
    raise typer.Exit(0 if found.holds else 1)


def _show_statement(found: Statement) -> None:
    out.table(
        ["AT", ">TRANSACTION", "TYPE", "CAUSE", "REF", ">AMOUNT", ">BALANCE"],
        [
            (f"{each.at:{_MOMENT}}", each.transaction_id, each.type, each.cause, each.ref, *map(qu, _money(each)))
            for each in found.lines
        ],
        empty="Nothing moved.",
    )
    if found.count > len(found.lines):
        out.note(f"{found.count - len(found.lines)} more: narrow the days, or write all of it with --csv.")
    out.facts(
        [
            ("days", f"{found.first} to {found.last}, UTC"),
            ("before", qu(found.opening)),
            ("in", qu(found.money_in)),
            ("out", qu(found.money_out)),
            ("after", qu(found.closing)),
        ]
    )


def _show_invoice(found: Invoice) -> None:
    out.table(
        ["OF", "ID", "NAME", "LAST PAID", ">SECONDS", ">AMOUNT", ">FEE IN IT"],
        [
            (
                each.kind,
                each.id,
                each.name or "–",
                f"{each.last_paid_at:{_MOMENT}}",
                f"{each.seconds:,}",
                *map(qu, _money(each)),
            )
            for each in found.lines
        ],
        empty="Nothing was paid.",
    )
    out.facts(
        [
            ("invoice", found.number),
            ("month", found.month),
            ("amount", qu(found.amount)),
            ("platform's fee", qu(found.fee)),
            ("you paid" if found.side is InvoiceSide.CONSUMER else "you received", qu(found.total)),
        ]
    )


def _money(line: StatementLine | InvoiceLine) -> tuple[int, int]:
    return (line.amount, line.balance if isinstance(line, StatementLine) else line.fee)


def _show_finding(found: Finding, *, is_signer_known: bool) -> None:
    for problem in found.problems:
        out.line(f"✗ {problem}")
    if not found.holds:
        return
    out.line(f"✓ The receipt of job {found.job_id} holds: {found.transactions} transactions of the ledger prove it.")
    for number, root in found.roots.items():
        out.line(f"✓ They lead to root {number}: {root}" + (", which was published" if found.is_published else ""))
        if (anchor := found.anchors.get(number)) is not None:
            out.line(
                f"✓ {anchor.signer} signed it into Qubic transaction {anchor.transaction_id} of tick {anchor.tick}"
            )
        else:
            out.note(f"Root {number} was on no chain yet when this was exported.")
    if found.is_published is None and not is_signer_known:
        out.note("Compare that root with one that you trust (--root), or its signer (--signer).")


def _as_json(found: Finding) -> dict[str, object]:
    return {
        "holds": found.holds,
        "jobId": found.job_id,
        "transactions": found.transactions,
        "roots": {str(number): root for number, root in found.roots.items()},
        "anchors": {
            str(number): {"transactionId": each.transaction_id, "tick": each.tick, "signer": each.signer}
            for number, each in found.anchors.items()
        },
        "isPublished": found.is_published,
        "problems": list(found.problems),
    }


def _read_roots(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        return [str(each["root"]) for each in json.loads(_read(file))]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidRequest(
            asked=f"Reading the published roots in {file}",
            obstacle=f"that is not what `qubix roots --json` gives ({type(error).__name__})",
            remedy="Save them with `qubix roots --json`, or name one with --root.",
        ) from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        obstacle = error.strerror or str(error) if isinstance(error, OSError) else "it is not text"
        raise InvalidRequest(
            asked=f"Reading {file}", obstacle=obstacle, remedy="Name a file of text that you may read."
        ) from error


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidRequest(
            asked=f"Writing {file}", obstacle=str(error), remedy="Name a file that you may write."
        ) from error
    out.note(f"Saved {clean(str(file))}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            asked=f"Reading the day {text!r}", obstacle="that is no day", remedy="Write it as 2026-11-22."
        ) from error
