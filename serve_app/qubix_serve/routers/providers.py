"""Machines: joining, reporting, and what their owners do with them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from qubix.schemas.base import QubicAddress
from qubix.schemas.hardware import ProviderMetric
from qubix.schemas.providers import (
    Earnings,
    Heartbeat,
    HeartbeatAnswer,
    JoinToken,
    JoinTokenRequest,
    MachineJob,
    NewProvider,
    Provider,
    ProviderPatch,
    ProviderRemoved,
    QuickRegister,
    QuickRegistered,
    RayJoin,
    ReachAnswer,
    ReachRequest,
)
from qubix_actors.names import NAMESPACE
from qubix_platform.providers import presence, registration
from qubix_platform.providers import service as providers
from qubix_platform.providers.history import service as history
from qubix_serve.context import AppContext
from qubix_serve.dependencies import (
    Context,
    Paged,
    ProviderUser,
    ReadUser,
    Registering,
    Session,
    Token,
    Worker,
    worker_caller,
)
from qubix_serve.health import versions
from qubix_serve.paging import Listed
from qubix_serve.reach import unreachable_ports

router = APIRouter(prefix="/api/providers", tags=["providers"])

ProviderId = Annotated[UUID, Path(description="The provider's id.")]
Owner = Annotated[QubicAddress | None, Query(alias="qubicAddress", description="Must be the caller's own, if given.")]


@router.post("/join-tokens", status_code=status.HTTP_201_CREATED)
async def create_join_token(
    request: JoinTokenRequest, session: Session, caller: ProviderUser, context: Context
) -> JoinToken:
    """A single-use token for one machine, with the command to run there."""
    return await providers.create_join_token(
        session, caller=caller, request=request, url=context.settings.public_url, now=datetime.now(UTC)
    )


@router.post("/quick-register")
async def quick_register(
    request: QuickRegister, session: Session, caller: Registering, context: Context
) -> QuickRegistered:
    """Register a machine; idempotent by workerId."""
    return await registration.register(
        session, caller=caller, request=request, now=datetime.now(UTC), ray=_ray_join(context)
    )


@router.post("/{worker_id}/heartbeat")
async def heartbeat(
    worker_id: str, beat: Heartbeat, session: Session, caller: Worker, context: Context
) -> HeartbeatAnswer:
    """An agent's report, every 5 s. The answer holds what waits for it and what it has to stop."""
    caller.require(worker_id)
    settings = context.settings
    return await presence.heartbeat(
        session,
        caller=caller,
        beat=beat,
        policy=settings.policy,
        secret=settings.secret,
        metrics=context.metrics_writer,
    )


@router.post("/{worker_id}/reach")
async def reach(worker_id: str, request: ReachRequest, token: Token, context: Context) -> ReachAnswer:
    """Try to reach a member's machine from here, before its Ray node starts. Members only: guests are never called."""
    async with context.database.transaction() as session:
        caller = await worker_caller(session, context, token)
        caller.require(worker_id)
        await providers.require_member(session, caller.provider_id, asked="Being reached by the head")
    return ReachAnswer(unreachable=await unreachable_ports(str(request.address), request.ports))


@router.get("/check-new")
async def check_new(
    session: Session,
    caller: ReadUser,
    marker: Annotated[str | None, Query(max_length=40, pattern=r"^[0-9]+$")] = None,
) -> NewProvider:
    """The caller's newest registration since their marker, for a page that waits for a machine to appear."""
    return await providers.newest_since(session, marker=marker, user_id=caller.user_id)


@router.get("/my")
async def my_providers(
    session: Session, caller: ReadUser, whole: Listed, qubic_address: Owner = None
) -> list[Provider]:
    """The caller's machines."""
    await providers.require_own_address(session, user_id=caller.user_id, address=qubic_address)
    return whole.of(await providers.list_my(session, user_id=caller.user_id))


@router.get("/my/earnings")
async def my_earnings(session: Session, context: Context, caller: ReadUser, qubic_address: Owner = None) -> Earnings:
    """What the caller's machines earned: in all, today, this week, this month, by day, and what is pending."""
    await providers.require_own_address(session, user_id=caller.user_id, address=qubic_address)
    return await providers.earnings(
        session,
        user_id=caller.user_id,
        now=datetime.now(UTC),
        fee_basis_points=context.settings.policy.fee_basis_points,
    )


@router.get("/my/jobs")
async def my_machines_jobs(
    session: Session,
    caller: ReadUser,
    page: Paged,
    provider: Annotated[UUID | None, Query(description="Only what this machine has run.")] = None,
) -> list[MachineJob]:
    """What the caller's machines run and have run, newest first, with what each earned."""
    found, total = await history.of_user(
        session, caller.user_id, provider_id=provider, limit=page.limit, offset=page.offset
    )
    page.describe(total)
    return found


@router.get("/{provider_id}")
async def get_provider(provider_id: ProviderId, session: Session) -> Provider:
    """One machine, as the market shows it."""
    return await providers.get(session, provider_id, user_id=None)


@router.patch("/{provider_id}")
async def patch_provider(
    provider_id: ProviderId, request: ProviderPatch, session: Session, caller: ProviderUser
) -> Provider:
    """Change a machine's price, name, location or availability. Its owner only."""
    return await providers.patch(session, caller=caller, provider_id=provider_id, request=request)


@router.get("/{provider_id}/metrics")
async def provider_metrics(
    provider_id: ProviderId,
    session: Session,
    caller: ReadUser,
    whole: Listed,
    seconds: Annotated[int, Query(ge=60, le=3_600, description="How far back.")] = 3600,
) -> list[ProviderMetric]:
    """How busy a machine was, in order of time; the newest thousand samples. Its owner only."""
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    return whole.of(await providers.metrics(session, caller=caller, provider_id=provider_id, since=since))


@router.post("/{provider_id}/drain")
async def drain_provider(provider_id: ProviderId, session: Session, caller: ProviderUser) -> Provider:
    """Have a machine take no more work; its agent leaves once what runs there has ended. Its owner only."""
    return await providers.drain(session, caller=caller, provider_id=provider_id)


@router.delete("/{provider_id}")
async def remove_provider(provider_id: ProviderId, session: Session, caller: ProviderUser) -> ProviderRemoved:
    """Take a machine off the market. Refused, with its reason, while a job runs there."""
    return await providers.remove(session, caller=caller, provider_id=provider_id, now=datetime.now(UTC))


def _ray_join(context: AppContext) -> RayJoin | None:
    ray = context.settings.ray
    if ray is None:
        return None
    here = versions()
    return RayJoin(
        address=ray.address,
        token=ray.token,
        namespace=NAMESPACE,
        ray_version=here.ray,
        python_version=here.python,
        tls=ray.tls,
    )
