"""What lives as long as a replica does: the database, the blobs, the events."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.listener import EventListener
from qubix_platform.events.service import poke_after_commits
from qubix_platform.metrics.writer import MetricsWriter
from qubix_platform.qubic.rpc import QubicRpc
from qubix_serve.live.garbage import Garbage
from qubix_serve.live.hub import Hub
from qubix_serve.live.sign_ins import SignIns
from qubix_serve.rations import Ration
from qubix_serve.settings import ServeSettings
from qubix_serve.signatures.verifier import SignatureVerifier

REPLAYS_A_MINUTE: Final = 10
MISTAKES_A_MINUTE: Final = 10
QUESTIONS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class AppContext:
    """Everything that a request may need.

    Attributes:
        replays: how often strangers may have the past replayed to them.
        mistakes: how often a browser may tell of a mistake of the console's.
        turns: to think about what the market would do with a job, which takes passes of the scheduler's.
    """

    settings: ServeSettings
    database: Database
    blobs: BlobStorage
    hub: Hub
    garbage: Garbage
    sign_ins: SignIns
    replays: Ration
    mistakes: Ration
    turns: asyncio.Semaphore
    listener: EventListener
    metrics_writer: MetricsWriter
    verifier: SignatureVerifier
    chain: QubicRpc | None


async def open_context(settings: ServeSettings, stack: AsyncExitStack) -> AppContext:
    """Connect to everything; what was opened is closed by `stack`, last first.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    database = Database(create_engine(settings.database.app_url, application_name="qubix-api"))
    stack.push_async_callback(database.close)
    dispatcher = Dispatcher(settings.database.app_url)
    await dispatcher.start()
    stack.push_async_callback(dispatcher.stop)
    poke_after_commits(database, dispatcher.poke)
    hub = Hub()
    listener = EventListener(settings.database.app_url, on_events=hub.publish, name="qubix-api-events")
    await listener.start()
    stack.push_async_callback(listener.stop)
    writer = await stack.enter_async_context(MetricsWriter(database))
    return AppContext(
        settings=settings,
        database=database,
        blobs=BlobStorage(settings.blob_url),
        hub=hub,
        garbage=await stack.enter_async_context(Garbage()),
        replays=Ration(a_minute=REPLAYS_A_MINUTE),
        mistakes=Ration(a_minute=MISTAKES_A_MINUTE),
        turns=asyncio.Semaphore(QUESTIONS_AT_ONCE),
        sign_ins=await stack.enter_async_context(SignIns(database)),
        listener=listener,
        metrics_writer=writer,
        verifier=await stack.enter_async_context(SignatureVerifier()),
        chain=await _open_chain(settings, stack),
    )


async def _open_chain(settings: ServeSettings, stack: AsyncExitStack) -> QubicRpc | None:
    if settings.chain_url is None:
        return None
    return await stack.enter_async_context(QubicRpc(settings.chain_url))
