"""An array as a handle."""

from typing import Final
from uuid import UUID

from qubix import array_endpoints, array_flows, endpoints
from qubix.async_job import AsyncJob
from qubix.driver import AsyncDriver, Driver
from qubix.job import Job
from qubix.options import JobFilter
from qubix.requests import query_of
from qubix.schemas.arrays import MAX_ARRAY_SIZE
from qubix.schemas.arrays import JobArray as ArrayInfo


class JobArray:
    """An array that was submitted: many jobs, which differ in `QUBIX_ARRAY_INDEX`.

    Example:
        array = client.submit_array("train.py", array="0-99%10", max_price=50_000)
        array.wait()
        results = [job.result() for job in array.jobs()]
    """

    def __init__(self, driver: Driver, info: ArrayInfo) -> None:
        self._driver = driver
        self._info = info
        self.id: Final[UUID] = info.id

    @property
    def info(self) -> ArrayInfo:
        """All that the platform says of it; asked anew until all of its jobs have ended."""
        if not self._info.is_final:
            self._info = self._driver.send(array_endpoints.array(self.id))
        return self._info

    @property
    def latest(self) -> ArrayInfo:
        """The array as it was last seen, without asking."""
        return self._info

    def jobs(self) -> list[Job]:
        """Its jobs, by their index."""
        return [
            Job(self._driver, info)
            for query in _pages(self.id, self._info.size)
            for info in self._driver.send(endpoints.jobs(query_of(query)))
        ]

    def wait(self, timeout: float | None = None) -> ArrayInfo:
        """Wait until every job of it has ended, however it did.

        Args:
            timeout: seconds to wait at most.

        Raises:
            WaitTimedOut: the jobs go on, the waiting does not.
        """
        self._info = self._driver.run(array_flows.wait(self.id, timeout=timeout, pace=self._driver.pace()))
        return self._info

    def cancel(self) -> ArrayInfo:
        """Ask for the end of all of its jobs."""
        self._info = self._driver.send(array_endpoints.cancel_array(self.id)).array
        return self._info

    def __repr__(self) -> str:
        return f"<JobArray {self._info.name!r} {self.id} of {self._info.size}>"


class AsyncJobArray:
    """`JobArray` for asyncio."""

    def __init__(self, driver: AsyncDriver, info: ArrayInfo) -> None:
        self._driver = driver
        self._info = info
        self.id: Final[UUID] = info.id

    async def info(self) -> ArrayInfo:
        """All that the platform says of it; asked anew until all of its jobs have ended."""
        if not self._info.is_final:
            self._info = await self._driver.send(array_endpoints.array(self.id))
        return self._info

    @property
    def latest(self) -> ArrayInfo:
        """The array as it was last seen, without asking."""
        return self._info

    async def jobs(self) -> list[AsyncJob]:
        """Its jobs, by their index."""
        return [
            AsyncJob(self._driver, info)
            for query in _pages(self.id, self._info.size)
            for info in await self._driver.send(endpoints.jobs(query_of(query)))
        ]

    async def wait(self, timeout: float | None = None) -> ArrayInfo:
        """Wait until every job of it has ended, however it did.

        Args:
            timeout: seconds to wait at most.

        Raises:
            WaitTimedOut: the jobs go on, the waiting does not.
        """
        self._info = await self._driver.run(array_flows.wait(self.id, timeout=timeout, pace=self._driver.pace()))
        return self._info

    async def cancel(self) -> ArrayInfo:
        """Ask for the end of all of its jobs."""
        self._info = (await self._driver.send(array_endpoints.cancel_array(self.id))).array
        return self._info

    def __repr__(self) -> str:
        return f"<AsyncJobArray {self._info.name!r} {self.id} of {self._info.size}>"


_PAGE: Final = 200


def _pages(array_id: UUID, size: int) -> list[JobFilter]:
    starts = range(0, min(size, MAX_ARRAY_SIZE), _PAGE)
    return [JobFilter(array=array_id, limit=_PAGE, offset=start, sort="arrayIndex") for start in starts]
