"""`qubix statement`, `invoice`, `roots` and `receipt` against a platform in this process."""

import json
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qubix.schemas.books import (
    Invoice,
    InvoiceLine,
    InvoiceSide,
    LedgerRoot,
    ReceiptExport,
    RootAnchor,
    Statement,
    StatementLine,
)
from qubix.schemas.states import TransactionType
from tests.sdk.answers import NOW, answer, receipt_of, several
from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform

JOB = UUID(int=7)
DAY = date(2026, 11, 22)
LINE = StatementLine(
    at=NOW, transaction_id=4, type=TransactionType.DEPOSIT, cause="DEPOSIT", ref="abc", amount=1500, balance=2500
)
STATEMENT = Statement(
    first=DAY, last=DAY, opening=1000, money_in=1500, money_out=0, closing=2500, count=9, lines=[LINE]
)
INVOICE = Invoice(
    number="QBX-202611-X-C",
    side=InvoiceSide.CONSUMER,
    user_id=JOB,
    month="2026-11",
    issued_at=NOW,
    lines=[InvoiceLine(id=JOB, kind="job", name="train", last_paid_at=NOW, seconds=3700, amount=10_000, fee=500)],
    amount=10_000,
    fee=500,
    total=10_000,
)
ROOT = LedgerRoot(
    number=3,
    day=DAY,
    first_position=1,
    last_position=9,
    root="ab" * 32,
    chain="cd" * 32,
    payload="",
    closed_at=NOW,
    anchor=RootAnchor(transaction_id="q" * 60, tick=5, raw=""),
)


@pytest.fixture(autouse=True)
def books(platform: FakePlatform) -> None:
    async def statement(request: Request) -> Response:
        platform.route(request)
        return answer(STATEMENT)

    async def sheet(request: Request) -> Response:
        platform.route(request)
        return PlainTextResponse("at,amount\r\n2026,1500\r\n")

    async def invoice(request: Request) -> Response:
        platform.route(request)
        return answer(INVOICE)

    async def roots(request: Request) -> Response:
        platform.route(request)
        return several([ROOT], total=1)

    async def export(request: Request) -> Response:
        platform.route(request)
        receipt = receipt_of(platform.found(request))
        return answer(ReceiptExport(receipt=receipt, transactions=[], roots=[ROOT]))

    platform.app.router.routes += [
        Route("/api/ledger/statement", statement),
        Route("/api/ledger/statement.csv", sheet),
        Route("/api/ledger/invoices/{month}", invoice),
        Route("/api/ledger/invoices/{month}/csv", sheet),
        Route("/api/ledger/roots", roots),
        Route("/api/ledger/receipts/{id}", export),
    ]


def test_statement_shows_movements_and_what_they_lead_to(qubix: Run, platform: FakePlatform) -> None:
    code, stdout, stderr = qubix("statement", "--from", "2026-11-01", "--to", "2026-11-22")
    assert code == 0
    for words in ("DEPOSIT", "1,500 QU", "2,500 QU", "2026-11-22 to 2026-11-22"):
        assert words in stdout
    assert "8 more" in stderr
    assert dict(platform.queries[-1]) == {"from": "2026-11-01", "to": "2026-11-22", "limit": "200", "offset": "0"}
    assert json.loads(qubix("statement", "--json")[1])["closing"] == 2500
    assert "no day" in qubix("statement", "--from", "yesterday")[2]


def test_invoice_shows_jobs_and_the_total(qubix: Run, platform: FakePlatform) -> None:
    code, stdout, _ = qubix("invoice", "2026-11", "--side", "provider")
    assert code == 0
    for words in ("QBX-202611-X-C", "train", "3,700", "10,000 QU", "500 QU"):
        assert words in stdout
    assert platform.queries[-1] == [("side", "provider")]


def test_sheets_are_saved_as_they_come(qubix: Run, tmp_path: Path) -> None:
    for command in (["statement"], ["invoice", "2026-11"]):
        sheet = tmp_path / f"{command[0]}.csv"
        code, _, stderr = qubix(*command, "--csv", str(sheet))
        assert code == 0
        assert str(sheet) in stderr.replace("\n", "")
        assert sheet.read_bytes() == b"at,amount\r\n2026,1500\r\n"
    assert qubix("statement", "--csv", str(tmp_path / "none" / "x.csv"))[0] == 1


def test_roots_name_the_transactions_that_carry_them(qubix: Run) -> None:
    code, stdout, _ = qubix("roots")
    assert code == 0
    assert ROOT.root in stdout
    assert "q" * 60 in stdout


def test_a_receipt_is_shown_exported_and_what_is_no_receipt_is_refused(
    qubix: Run, platform: FakePlatform, tmp_path: Path
) -> None:
    script = tmp_path / "job.py"
    script.write_text("1")
    job = qubix("submit", str(script), "-p", "7200", "--timeout", "1m")[1].strip()
    assert "hold" in qubix("receipt", job)[1]
    assert json.loads(qubix("receipt", "--json", job)[1])["jobId"] == job
    file = tmp_path / "receipt.json"
    assert qubix("receipt", job, "--export", str(file))[0] == 0
    assert json.loads(file.read_text())["format"] == "qubix-receipt-1"
    file.write_text("{}")
    code, stdout, _ = qubix("receipt", "verify", str(file))
    assert code == 1
    assert "no receipt that can be checked" in stdout
    assert qubix("receipt", "verify", str(tmp_path / "none.json"))[0] == 2
    file.write_bytes(b"\xff")
    assert qubix("receipt", "verify", str(file))[0] == 1
    assert qubix("receipt", "verify", str(script), "--roots", str(script))[0] == 1
