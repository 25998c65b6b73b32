"""A group as a handle."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID, uuid4

from pydantic import JsonValue

from qubix import endpoints, group_endpoints, group_flows
from qubix.async_job import AsyncJob
from qubix.driver import AsyncDriver, Driver
from qubix.job import Job
from qubix.options import JobFilter
from qubix.requests import built, query_of
from qubix.schemas.groups import GroupItem, GroupScale, NewItem
from qubix.schemas.groups import JobGroup as GroupInfo
from qubix.schemas.states import ItemStatus

Items = Iterable[JsonValue] | Mapping[str, JsonValue]
"""What is to be done: each one as JSON, or by a name of its own, which makes a repeat harmless."""


class JobGroup:
    """A group: identical jobs that share a queue of items, and whose number follows its length.

    Example:
        group = client.create_group("worker.py", max_workers=8, max_price=50_000, gpu="RTX 4090")
        group.push([{"frame": number} for number in range(1000)])
        results = [item.result for item in group.wait()]
        group.drain()
    """

    def __init__(self, driver: Driver, info: GroupInfo) -> None:
        self._driver = driver
        self._info = info
        self.id: Final[UUID] = info.id

    @property
    def info(self) -> GroupInfo:
        """All that the platform says of it now."""
        self._info = self._driver.send(group_endpoints.group(self.id))
        return self._info

    @property
    def latest(self) -> GroupInfo:
        """The group as it was last seen, without asking."""
        return self._info

    def push(self, items: Items) -> list[str]:
        """Give it items, to the end of its queue; the names that they go by.

        Raises:
            Conflict: it is drained, or has ended.
        """
        return self._driver.run(group_flows.push(self.id, _new(items)))

    def items(self, *statuses: ItemStatus | str) -> list[GroupItem]:
        """Its items in order; those of these states, where any is named."""
        return self._driver.run(group_flows.items(self.id, statuses=_statuses(statuses)))

    def wait(self, timeout: float | None = None) -> list[GroupItem]:
        """Wait until every item has ended, however it did; all of them, in order.

        Args:
            timeout: seconds to wait at most.

        Raises:
            WaitTimedOut: the group goes on, the waiting does not.
        """
        self._info = self._driver.run(group_flows.wait(self.id, timeout=timeout, pace=self._driver.pace()))
        return self.items()

    def workers(self) -> list[Job]:
        """Its newest workers, those that have ended among them."""
        return [Job(self._driver, info) for info in self._driver.send(endpoints.jobs(query_of(_workers(self.id))))]

    def scale(self, *, min_workers: int | None = None, max_workers: int | None = None) -> GroupInfo:
        """Give it other bounds. One that stopped because its workers failed goes on.

        Raises:
            Conflict: it is drained, or has ended.
        """
        self._info = self._driver.send(group_endpoints.scale(self.id, _scale(min_workers, max_workers))).group
        return self._info

    def drain(self) -> GroupInfo:
        """Let it take no more items, do those that are there, and end."""
        self._info = self._driver.send(group_endpoints.drain(self.id)).group
        return self._info

    def delete(self) -> GroupInfo:
        """End it now: its items are dropped and its workers stopped."""
        self._info = self._driver.send(group_endpoints.delete(self.id)).group
        return self._info

    def __repr__(self) -> str:
        return f"<JobGroup {self._info.name!r} {self.id}>"


class AsyncJobGroup:
    """`JobGroup` for asyncio."""

    def __init__(self, driver: AsyncDriver, info: GroupInfo) -> None:
        self._driver = driver
        self._info = info
        self.id: Final[UUID] = info.id

    async def info(self) -> GroupInfo:
        """All that the platform says of it now."""
        self._info = await self._driver.send(group_endpoints.group(self.id))
        return self._info

    @property
    def latest(self) -> GroupInfo:
        """The group as it was last seen, without asking."""
        return self._info

    async def push(self, items: Items) -> list[str]:
        """Give it items, to the end of its queue; the names that they go by.

        Raises:
            Conflict: it is drained, or has ended.
        """
        return await self._driver.run(group_flows.push(self.id, _new(items)))

    async def items(self, *statuses: ItemStatus | str) -> list[GroupItem]:
        """Its items in order; those of these states, where any is named."""
        return await self._driver.run(group_flows.items(self.id, statuses=_statuses(statuses)))

    async def wait(self, timeout: float | None = None) -> list[GroupItem]:
        """Wait until every item has ended, however it did; all of them, in order.

        Args:
            timeout: seconds to wait at most.

        Raises:
            WaitTimedOut: the group goes on, the waiting does not.
        """
        self._info = await self._driver.run(group_flows.wait(self.id, timeout=timeout, pace=self._driver.pace()))
        return await self.items()

    async def workers(self) -> list[AsyncJob]:
        """Its newest workers, those that have ended among them."""
        found = await self._driver.send(endpoints.jobs(query_of(_workers(self.id))))
        return [AsyncJob(self._driver, info) for info in found]

    async def scale(self, *, min_workers: int | None = None, max_workers: int | None = None) -> GroupInfo:
        """Give it other bounds. One that stopped because its workers failed goes on.

        Raises:
            Conflict: it is drained, or has ended.
        """
        self._info = (await self._driver.send(group_endpoints.scale(self.id, _scale(min_workers, max_workers)))).group
        return self._info

    async def drain(self) -> GroupInfo:
        """Let it take no more items, do those that are there, and end."""
        self._info = (await self._driver.send(group_endpoints.drain(self.id))).group
        return self._info

    async def delete(self) -> GroupInfo:
        """End it now: its items are dropped and its workers stopped."""
        self._info = (await self._driver.send(group_endpoints.delete(self.id))).group
        return self._info

    def __repr__(self) -> str:
        return f"<AsyncJobGroup {self._info.name!r} {self.id}>"


def _new(items: Items) -> list[NewItem]:
    named = items.items() if isinstance(items, Mapping) else ((str(uuid4()), data) for data in items)
    return [built(NewItem, "Giving items to a group", name=name, data=data) for name, data in named]


def _statuses(statuses: Iterable[ItemStatus | str]) -> list[ItemStatus]:
    return [ItemStatus(status) for status in statuses]


def _scale(min_workers: int | None, max_workers: int | None) -> GroupScale:
    return built(GroupScale, "Scaling a group", min_workers=min_workers, max_workers=max_workers)


def _workers(group_id: UUID) -> JobFilter:
    return JobFilter(group=group_id, limit=200)
