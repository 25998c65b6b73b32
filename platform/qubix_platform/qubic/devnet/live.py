"""The routes of a node: where the chain is, what an address holds, and taking a transaction."""

import base64
import binascii
import math
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qubix.qubic import identity
from qubix.qubic.errors import InvalidIdentity, InvalidTransaction
from qubix.qubic.hashing import k12
from qubix_platform.qubic.devnet import wire
from qubix_platform.qubic.devnet.faults import Fault
from qubix_platform.qubic.devnet.node import Devnet
from qubix_platform.qubic.devnet.responses import BrokenOff, silence

PEERS: Final = 3


async def tick_info(request: Request) -> Response:
    """Where the chain is."""
    devnet: Devnet = request.app.state.devnet
    chain = devnet.chain
    return JSONResponse(
        {
            "tickInfo": {
                "tick": chain.tick,
                "duration": math.ceil(devnet.tick_ms / 1000),
                "epoch": chain.epoch,
                "initialTick": chain.initial_tick,
                "name": wire.NAME,
            }
        }
    )


async def balance(request: Request) -> Response:
    """What an address holds."""
    devnet: Devnet = request.app.state.devnet
    try:
        address = identity.decode(request.path_params["identity"])
    except InvalidIdentity as error:
        return wire.failure(wire.INVALID_ARGUMENT, error.obstacle)
    return JSONResponse({"balance": wire.balance(address, devnet.balance(address))})


async def broadcast(request: Request) -> Response:
    """Take a transaction, or do with it what the faults say."""
    devnet: Devnet = request.app.state.devnet
    misfortune = devnet.misfortune
    try:
        encoded = str((await wire.body(request))["encodedTransaction"])
        raw = base64.b64decode(encoded, validate=True)
    except (wire.BadBody, KeyError, binascii.Error):
        return wire.failure(wire.INVALID_ARGUMENT, "the body holds no encodedTransaction in base64")
    hash_ = identity.encode_lower(k12(raw))
    if misfortune.strikes(Fault.DROP, subject=hash_):
        return BrokenOff()
    try:
        transaction = devnet.examine(raw)
    except InvalidTransaction as error:
        return wire.failure(wire.INVALID_ARGUMENT, error.obstacle)
    if not misfortune.strikes(Fault.RELAY_THEN_LOSE, subject=hash_):
        devnet.accept(transaction)
    if misfortune.strikes(Fault.TIMEOUT_AFTER_ACCEPTING, subject=hash_):
        return await silence(request)
    return JSONResponse({"peersBroadcasted": PEERS, "encodedTransaction": encoded, "transactionId": hash_})


ROUTES: Final = [
    Route("/live/v1/tick-info", tick_info),
    Route("/live/v1/balances/{identity}", balance),
    Route("/live/v1/broadcast-transaction", broadcast, methods=["POST"]),
]
