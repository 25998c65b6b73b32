"""What both clients do about arrays."""

import asyncio
from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from qubix import array_endpoints, array_flows, submission
from qubix.array import AsyncJobArray, JobArray
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.options import JobOptions
from qubix.requests import as_id


class ArrayMethods:
    """Of the synchronous client."""

    _driver: Driver

    def submit_array(
        self,
        path: submission.Paths | None = None,
        *,
        array: str,
        source: str | None = None,
        command: Sequence[str] | None = None,
        entrypoint: str | None = None,
        **options: Unpack[JobOptions],
    ) -> JobArray:
        """Submit one job for each index of an array; they share the bundle, and differ in `QUBIX_ARRAY_INDEX`.

        Args:
            path: a Python script, or a folder that is packed with all that it needs.
            array: the indices, "0-99", or "0-99%10" where ten run at a time.
            source, command, entrypoint, options: of each job, as of `submit`.

        Raises:
            InvalidRequest: it cannot be submitted like this; says what to change.
            InsufficientFunds: the balance does not cover the holds of all of them; says of how many it would.
        """
        made = submission.of_array(
            path, array=array, source=source, command=command, entrypoint=entrypoint, options=options
        )
        try:
            flow = array_flows.create(made.request, made.work, idempotency_key=made.idempotency_key)
            return JobArray(self._driver, self._driver.run(flow).array)
        finally:
            made.discard()

    def array(self, array_id: UUID | str) -> JobArray:
        """An array that was submitted before."""
        return JobArray(self._driver, self._driver.send(array_endpoints.array(as_id(array_id, "Showing an array"))))

    def arrays(self, *, limit: int = 50, offset: int = 0) -> Page[JobArray]:
        """Your arrays, newest first."""
        page = self._driver.send(array_endpoints.arrays(limit=limit, offset=offset))
        return Page([JobArray(self._driver, info) for info in page], total=page.total)


class AsyncArrayMethods:
    """Of the asynchronous client."""

    _driver: AsyncDriver

    async def submit_array(
        self,
        path: submission.Paths | None = None,
        *,
        array: str,
        source: str | None = None,
        command: Sequence[str] | None = None,
        entrypoint: str | None = None,
        **options: Unpack[JobOptions],
    ) -> AsyncJobArray:
        """Submit one job for each index of an array; they share the bundle, and differ in `QUBIX_ARRAY_INDEX`.

        Args:
            path: a Python script, or a folder that is packed with all that it needs.
            array: the indices, "0-99", or "0-99%10" where ten run at a time.
            source, command, entrypoint, options: of each job, as of `submit`.

        Raises:
            InvalidRequest: it cannot be submitted like this; says what to change.
            InsufficientFunds: the balance does not cover the holds of all of them; says of how many it would.
        """
        made = await asyncio.to_thread(
            submission.of_array,
            path,
            array=array,
            source=source,
            command=command,
            entrypoint=entrypoint,
            options=options,
        )
        try:
            flow = array_flows.create(made.request, made.work, idempotency_key=made.idempotency_key)
            return AsyncJobArray(self._driver, (await self._driver.run(flow)).array)
        finally:
            made.discard()

    async def array(self, array_id: UUID | str) -> AsyncJobArray:
        """An array that was submitted before."""
        call = array_endpoints.array(as_id(array_id, "Showing an array"))
        return AsyncJobArray(self._driver, await self._driver.send(call))

    async def arrays(self, *, limit: int = 50, offset: int = 0) -> Page[AsyncJobArray]:
        """Your arrays, newest first."""
        page = await self._driver.send(array_endpoints.arrays(limit=limit, offset=offset))
        return Page([AsyncJobArray(self._driver, info) for info in page], total=page.total)
