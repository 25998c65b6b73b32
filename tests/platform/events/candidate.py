"""Run as a process of its own: a dispatcher that says when it leads. `python -m tests.platform.events.candidate`."""

import asyncio
import os

from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events.dispatcher import Dispatcher
from tests.platform.events.inbox import eventually


async def run() -> None:
    dispatcher = Dispatcher(DatabaseSettings.from_environment().app_url)
    await dispatcher.start()
    await eventually(lambda: dispatcher.is_leading)
    os.write(1, b"leads\n")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run())
