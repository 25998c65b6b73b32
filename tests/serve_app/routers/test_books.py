"""The books over HTTP: what they say of a job that was paid, and the receipt that proves itself offline."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from qubix.cli.command import run
from qubix.receipts.check import check
from qubix.schemas.reports import CompleteReport
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import CompletionStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.users import service as users
from tests.platform.market_life import POLICY
from tests.serve_app.conftest import Api

DONE = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)
PRICE = 360_000
BALANCE = 1_000_000
TODAY = datetime.now(UTC).date()
MONTH = f"{TODAY:%Y-%m}"


@dataclass(frozen=True)
class Paid:
    """A job of 100 seconds at 100 QU each: 10,000 QU, of which 500 are the platform's."""

    job_id: UUID
    consumer: httpx.AsyncClient
    provider: httpx.AsyncClient


async def client_of(api: Api, user_id: UUID) -> httpx.AsyncClient:
    async with api.database.transaction() as session:
        return api.client((await users.create_api_key(session, user_id=user_id, name="test")).key)


@pytest.fixture
async def paid(api: Api) -> Paid:
    market = api.market
    consumer, machine = await market.consumer(balance=BALANCE), await market.machine(price=PRICE)
    job = await market.job(consumer, name="=train", max_price=PRICE, resources=ResourceRequest(gpu_count=1))
    spec = await market.assign(job, machine)
    async with api.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(spec.attempt_id, seconds=100.5)
    async with api.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=DONE, policy=POLICY)
    return Paid(job.id, await client_of(api, consumer.user_id), await client_of(api, machine.user_id))


async def ok(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_statement_leads_from_the_balance_before_to_the_balance_after(paid: Paid) -> None:
    found = await ok(await paid.consumer.get("/api/ledger/statement"))
    assert [line["amount"] for line in found["lines"]] == [BALANCE, -60_000, 50_000]
    assert [line["balance"] for line in found["lines"]] == [BALANCE, BALANCE - 60_000, BALANCE - 10_000]
    assert [line["cause"] for line in found["lines"]] == ["ISSUANCE", "ESCROW_LOCK", "REFUND"]
    assert found["lines"][1]["ref"] == str(paid.job_id)
    assert (found["opening"], found["closing"], found["count"]) == (0, BALANCE - 10_000, 3)
    assert found["moneyIn"] - found["moneyOut"] == found["closing"]

    second = await paid.consumer.get("/api/ledger/statement", params={"limit": 1, "offset": 1})
    assert second.headers["x-total-count"] == "3"
    assert [line["balance"] for line in second.json()["lines"]] == [BALANCE - 60_000]

    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    later = await ok(await paid.consumer.get("/api/ledger/statement", params={"from": tomorrow}))
    assert (later["opening"], later["closing"], later["lines"]) == (BALANCE - 10_000, BALANCE - 10_000, [])


async def test_a_statement_as_csv_has_everything(paid: Paid) -> None:
    response = await paid.consumer.get("/api/ledger/statement.csv")
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(response.text)))
    assert [row["type"] for row in rows] == ["OPENING", "PAYMENT", "ESCROW_LOCK", "ESCROW_RELEASE", "CLOSING"]
    assert rows[-1]["balance"] == str(BALANCE - 10_000)


@pytest.mark.parametrize(
    "days",
    [{"from": "2026-02-01", "to": "2026-01-01"}, {"from": "2024-01-01", "to": "2026-01-01"}, {"from": "yesterday"}],
)
async def test_days_that_make_no_sense_are_refused(paid: Paid, days: dict[str, str]) -> None:
    assert (await paid.consumer.get("/api/ledger/statement", params=days)).status_code == 422


async def test_an_invoice_says_what_was_paid_and_what_was_earned(paid: Paid) -> None:
    mine = await ok(await paid.consumer.get(f"/api/ledger/invoices/{MONTH}"))
    (line,) = mine["lines"]
    assert (line["kind"], line["id"], line["seconds"]) == ("job", str(paid.job_id), 100)
    assert (line["amount"], line["fee"]) == (10_000, 500)
    assert (mine["total"], mine["fee"], mine["number"][-2:]) == (10_000, 500, "-C")
    theirs = await ok(await paid.provider.get(f"/api/ledger/invoices/{MONTH}", params={"side": "provider"}))
    assert (theirs["amount"], theirs["fee"], theirs["total"]) == (10_000, 500, 9_500)
    assert [(each["seconds"], each["name"]) for each in theirs["lines"]] == [(100, None)]
    assert (await ok(await paid.provider.get(f"/api/ledger/invoices/{MONTH}")))["total"] == 0
    assert (await ok(await paid.consumer.get("/api/ledger/invoices/2020-02")))["lines"] == []
    assert (await paid.consumer.get("/api/ledger/invoices/2020-13")).status_code == 422


async def test_an_invoice_as_csv_holds_no_formula(paid: Paid) -> None:
    text = (await paid.consumer.get(f"/api/ledger/invoices/{MONTH}/csv")).text
    job, total = csv.DictReader(StringIO(text))
    assert (job["name"], job["amount"], total["kind"], total["amount"]) == ("'=train", "10000", "TOTAL", "10000")


async def test_the_platforms_revenue_is_the_operators_to_see(api: Api, paid: Paid) -> None:
    assert (await paid.consumer.get("/api/ledger/revenue")).status_code == 403
    operator = await api.user("operator", is_operator=True)
    (day,) = await ok(await operator.get("/api/ledger/revenue"))
    assert day == {"day": TODAY.isoformat(), "jobs": 1, "turnover": 10_000, "fees": 500, "networkCosts": 0}


async def test_a_receipt_is_proven_offline_against_the_published_root(
    api: Api, paid: Paid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"/api/ledger/receipts/{paid.job_id}"
    early = await paid.consumer.get(url)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_sealed_yet")
    assert (await paid.consumer.post("/api/ledger/roots")).status_code == 403
    operator = await api.user("operator", is_operator=True)
    assert (await ok(await operator.post("/api/ledger/roots")))["number"] == 1
    assert await ok(await operator.post("/api/ledger/roots")) is None

    assert (await paid.provider.get(url)).status_code == 404
    exported = (await paid.consumer.get(url)).text
    (published,) = await ok(await api.client().get("/api/ledger/roots"))
    assert bytes.fromhex(published["payload"])[34:66].hex() == published["root"]
    finding = check(exported, published=[published["root"]])
    assert finding.problems == ()
    assert (finding.job_id, finding.transactions, finding.is_published) == (str(paid.job_id), 2, True)

    receipt, roots = tmp_path / "receipt.json", tmp_path / "roots.json"
    receipt.write_text(exported)
    roots.write_text(json.dumps([published]))
    assert run(["receipt", "verify", str(receipt), "--roots", str(roots)]) == 0
    assert "which was published" in capsys.readouterr().out
    assert run(["receipt", "verify", str(receipt), "--root", "00" * 32]) == 1
    assert "was never published" in capsys.readouterr().out
    assert run(["receipt", "verify", str(receipt)]) == 0
    assert "Compare that root" in capsys.readouterr().err
    receipt.write_text(exported.replace('"amount":9500', '"amount":9600'))
    assert run(["receipt", "verify", str(receipt), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["holds"] is False


async def test_no_change_to_an_exported_receipt_goes_unnoticed(api: Api, paid: Paid) -> None:
    operator = await api.user("operator", is_operator=True)
    await operator.post("/api/ledger/roots")
    exported = await ok(await paid.consumer.get(f"/api/ledger/receipts/{paid.job_id}"))
    assert check(json.dumps(exported)).holds

    def changed(*path: str | int, to: object) -> str:
        copy = json.loads(json.dumps(exported))
        place = copy
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to
        return json.dumps(copy)

    sealed = ("transactions", 1, "transaction")
    for text in (
        changed("format", to="another"),
        changed("receipt", "providerAmount", to=9_000),
        changed("receipt", "hold", to=70_000),
        changed("receipt", "cost", to=10_001),
        changed("receipt", "legs", 0, "amount", to=9_501),
        changed("receipt", "legs", to=[]),
        changed("receipt", "cost", to=10_001),
        changed("receipt", "jobId", to=str(uuid4())),
        changed("receipt", "legs", 0, "amount", to=1),
        changed("receipt", "ledgerTransactions", to=[1]),
        changed("transactions", 1, "position", to=1),
        changed("transactions", 1, "root", to=7),
        changed("transactions", 1, "path", to=[]),
        changed("transactions", 1, "path", 0, to="00" * 32),
        changed("roots", 0, "root", to="00" * 32),
        changed("roots", 0, "firstPosition", to=0),
        *(changed(*sealed, name, to=1) for name in ("id", "xid", "createdAt")),
        *(changed(*sealed, name, to="x") for name in ("key", "fingerprint", "kind", "ref")),
        *(changed(*sealed, "entries", 0, name, to=1) for name in ("id", "amount", "balanceAfter")),
        *(changed(*sealed, "entries", 0, name, to="x") for name in ("accountKind", "owner", "cause")),
        changed(*sealed, "entries", to=[]),
        "[]",
        "{",
        "7",
    ):
        assert not check(text).holds, text
