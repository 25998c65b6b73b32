"""The JSON that the chain's HTTP interface speaks: 64-bit numbers as strings."""

import base64
import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from qubix.qubic import identity
from qubix_platform.qubic.devnet.node import BalanceView
from qubix_platform.qubic.devnet.repository import Archived

NAME: Final = "QUBIX devnet"

# As gRPC numbers them, for the interface is one behind a gateway.
INVALID_ARGUMENT: Final = 3
NOT_FOUND: Final = 5
INTERNAL: Final = 13
_STATUSES: Final = {INVALID_ARGUMENT: 400, NOT_FOUND: 404, INTERNAL: 500}


class BadBody(ValueError):
    """A request's body is no JSON object."""


async def body(request: Request) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        BadBody: it has none.
    """
    try:
        value = json.loads(await request.body())
    except ValueError as error:
        raise BadBody from error
    if not isinstance(value, dict):
        raise BadBody
    return value


def failure(code: int, message: str) -> JSONResponse:
    """An error as the interface gives it."""
    return JSONResponse({"code": code, "message": message, "details": []}, status_code=_STATUSES[code])


def balance(address: bytes, view: BalanceView) -> dict[str, Any]:
    """An account."""
    account = view.account
    return {
        "id": identity.encode(address),
        "balance": str(account.balance),
        "validForTick": view.tick,
        "latestIncomingTransferTick": account.latest_incoming_tick,
        "latestOutgoingTransferTick": account.latest_outgoing_tick,
        "incomingAmount": str(account.incoming_amount),
        "outgoingAmount": str(account.outgoing_amount),
        "numberOfIncomingTransfers": account.incoming_transfers,
        "numberOfOutgoingTransfers": account.outgoing_transfers,
    }


def transaction(archived: Archived) -> dict[str, Any]:
    """A transaction that ran."""
    ran = archived.transaction
    return {
        "hash": ran.id(),
        "amount": str(ran.amount),
        "source": identity.encode(ran.source),
        "destination": identity.encode(ran.destination),
        "tickNumber": ran.tick,
        "timestamp": str(archived.timestamp_ms),
        "inputType": ran.input_type,
        "inputSize": len(ran.payload),
        "inputData": base64.b64encode(ran.payload).decode(),
        "signature": base64.b64encode(ran.signature).decode(),
        "moneyFlew": archived.money_flew,
    }
