"""The parts of the demo, in order. Each shows something and checks what it says."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from qubix.job import Job
from qubix.options import JobOptions
from qubix.schemas.attempts import Attempt
from qubix.schemas.chain import Escrow
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.providers import Provider
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import AttemptStatus, Cause, JobStatus
from qubix_platform.pricing.rates import hold
from qubix_serve.demo import cash
from qubix_serve.demo.bill import billed, elapsed_seconds, expected_bill, seconds_of
from qubix_serve.demo.host import verify_ledger
from qubix_serve.demo.power_cut import PowerCut, cut_power
from qubix_serve.demo.stage import Run, Stage

PROVIDERS: Final = 2
LIMIT_SECONDS: Final = 600
LOWEST_ACCURACY: Final = 0.9
CUT_AT_PERCENT: Final = 40.0
ARTIFACTS: Final = ("history.json", "loss.png", "model.joblib")
_FEWEST_STEPS: Final = 3
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PREPARED: Final = "from sklearn.neural_network import MLPClassifier; import matplotlib, qubix; qubix.result('ready')"


def market(stage: Stage, *, simulated: int) -> list[Provider]:
    """The platform is up, and its machines are on the market."""
    show, checklist = stage.show, stage.checklist
    health = stage.operator.health()
    down = [part.name for part in health.parts if part.state == "down"]
    checklist.equal("no part of the platform is down", expected=[], actual=down)
    machines = stage.machines(PROVIDERS)
    checklist.equal("two providers joined", expected=PROVIDERS, actual=len(machines))
    marked = sum(each.simulated for each in machines)
    checklist.equal("providers whose GPUs are simulated are marked so", expected=simulated, actual=marked)
    offers = stage.consumer.offers()
    show.table(
        ["model", "VRAM", "price per hour", "isolation", "provider", ""],
        [
            (
                each.model,
                f"{each.vram:g} GiB",
                f"{each.price:,} QU",
                each.isolation_level,
                each.provider,
                "simulated" if each.simulated else "",
            )
            for each in offers
        ],
    )
    return machines


def prepare(stage: Stage, machines: list[Provider]) -> None:
    """A job on each machine at once, so that each has the default environment: made once, then kept."""
    limit = f"{LIMIT_SECONDS}s"
    jobs = [
        stage.consumer.submit(
            source=_PREPARED,
            name=f"prepare {each.worker_id}",
            providers=[each.worker_id],
            max_price=_price_cap(machines),
            timeout=limit,
        )
        for each in machines
    ]
    with stage.show.waiting(
        "Each machine makes the default Python environment (once; the first time it is downloaded) …"
    ):
        ends = [job.wait(timeout=LIMIT_SECONDS) for job in jobs]
    stage.checklist.equal(
        "each machine runs Python with scikit-learn and matplotlib in its sandbox",
        expected=["ready"] * len(machines),
        actual=[end.result if end.status is JobStatus.COMPLETED else f"{end.cause}: {end.error}" for end in ends],
    )


def first_job(stage: Stage, machines: list[Provider]) -> Job:
    """A real training run: paid on the chain, live, with artifacts, a receipt to the second, and books that balance."""
    checklist = stage.checklist
    before, wallets = _balances(stage), cash.on_chain(stage)
    escrow = cash.lock(stage, hold(max_price=_price_cap(machines), seconds=LIMIT_SECONDS))
    job = _submit(stage, machines, escrow=escrow)
    run = stage.watch(job, f"{stage.script.name} in a sandbox")
    checklist.equal("the job completed", expected="COMPLETED", actual=run.info.status)
    _check_progress(stage, run)
    _check_training(stage, job, run)
    receipt = job.receipt()
    stage.show.receipt(receipt)
    checklist.equal("it took one attempt", expected=1, actual=len(receipt.attempts))
    _check_receipt(stage, receipt, machines)
    _check_balances(stage, before, receipt, paid_here=0)
    cash.paid_out(stage, escrow, receipt, before=wallets)
    stage.facts["first_job"] = _summary(job, receipt)
    return job


def failover(stage: Stage, machines: list[Provider]) -> None:
    """The same job again; its machine loses power in the middle; it finishes on the other one."""
    checklist = stage.checklist
    before = _balances(stage)
    job = _submit(stage, machines)
    cuts: list[PowerCut] = []
    cut_at: list[float] = []

    def cut_in_the_middle(info: JobInfo) -> None:
        if not cuts and info.status is JobStatus.RUNNING and info.progress >= CUT_AT_PERCENT and info.worker_id:
            cuts.append(cut_power(stage.host.home, info.worker_id))
            cut_at.append(time.monotonic())

    run = stage.watch(job, f"{stage.script.name}, whose machine loses power", meanwhile=cut_in_the_middle)
    if not cuts:
        checklist.holds("the machine lost power in the middle", expected="a cut", actual="none", passed=False)
        return
    cut = cuts[0]
    checklist.holds(
        f"{cut.worker_id} lost power: every process was killed",
        expected="some killed, none left",
        actual=f"{cut.killed} killed, {cut.survivors} left",
        passed=cut.killed > 0 and cut.survivors == 0,
    )
    checklist.equal("the job completed all the same", expected="COMPLETED", actual=run.info.status)
    receipt = job.receipt()
    stage.show.receipt(receipt)
    _check_attempts(stage, receipt, run, lost_on=cut.worker_id)
    _check_training(stage, job, run)
    _check_receipt(stage, receipt, machines)
    _check_balances(stage, before, receipt, paid_here=receipt.cost)
    elsewhere = run.first_line_at.get(2)
    seconds = None if elsewhere is None else round(elsewhere - cut_at[0], 2)
    stage.show.say(
        f"From the cut to the first line elsewhere: {seconds} s, the start of Python and its imports included."
    )
    facts = {"secondsToTheFirstLineElsewhere": seconds, "killedProcesses": cut.killed}
    stage.facts["failover"] = _summary(job, receipt) | facts


def books(stage: Stage) -> None:
    """`qubix admin ledger verify` recomputes everything from the entries."""
    code, found = verify_ledger(stage.host.home.path)
    stage.checklist.equal(
        "qubix admin ledger verify: everything adds up", expected=(0, True), actual=(code, found.get("passed"))
    )
    stage.facts["ledger"] = found


def _submit(stage: Stage, machines: list[Provider], *, escrow: Escrow | None = None) -> Job:
    options: JobOptions = {
        "arguments": ["--seconds", str(stage.seconds)],
        "gpu_count": 1,
        "max_price": _price_cap(machines),
        "timeout": LIMIT_SECONDS,
    }
    if escrow is not None:
        options["escrow_id"] = escrow.escrow_id
    return stage.consumer.submit(stage.script, **options)


def _price_cap(machines: list[Provider]) -> int:
    return 2 * max(each.price_per_hour for each in machines)


def _check_progress(stage: Stage, run: Run) -> None:
    seen = sorted(set(run.progress))
    stage.checklist.holds(
        "its progress only rose, step by step, and ended at 100",
        expected="several steps, none back, the last 100",
        actual=f"{len(seen)} steps in {len(run.progress)} looks, the last {run.info.progress:g}",
        passed=run.progress == sorted(run.progress) and len(seen) > _FEWEST_STEPS and run.info.progress == 100,
    )


def _check_training(stage: Stage, job: Job, run: Run) -> None:
    checklist = stage.checklist
    result = run.info.result if isinstance(run.info.result, dict) else {}
    accuracy = result.get("accuracy")
    checklist.within(
        "the model reads digits that it never saw",
        low=LOWEST_ACCURACY,
        high=1.0,
        actual=float(accuracy) if isinstance(accuracy, int | float) else -1.0,
    )
    artifacts = job.artifacts
    checklist.equal(
        "model, losses and plot are its artifacts",
        expected=list(ARTIFACTS),
        actual=sorted(each.path for each in artifacts),
    )
    with TemporaryDirectory(prefix="qubix-demo-") as folder:
        saved = {each.path: job.download(each, folder) for each in artifacts}
        sizes = {path: place.stat().st_size for path, place in saved.items()}
        checklist.equal(
            "each was fetched whole, its SHA-256 checked",
            expected={each.path: each.size for each in artifacts},
            actual=sizes,
        )
        plot = saved.get("loss.png")
        checklist.holds("the plot is a PNG", expected="a PNG", actual=_kind(plot), passed=_kind(plot) == "a PNG")


def _kind(plot: Path | None) -> str:
    if plot is None:
        return "missing"
    return "a PNG" if plot.read_bytes().startswith(_PNG) else "something else"


def _check_receipt(stage: Stage, receipt: Receipt, machines: list[Provider]) -> None:
    checklist = stage.checklist
    checklist.equal("it is settled", expected=True, actual=receipt.settled)
    expected = expected_bill(
        receipt.attempts,
        max_price=_price_cap(machines),
        limit_seconds=LIMIT_SECONDS,
        fee_basis_points=receipt.fee_basis_points,
    )
    checklist.equal(
        "hold, cost, share, fee and refund are right to the second",
        expected=vars(expected),
        actual=vars(billed(receipt)),
    )
    checklist.equal(
        "the seconds billed are those that were not lost",
        expected=[seconds_of(each) for each in receipt.attempts],
        actual=[each.billable_seconds for each in receipt.attempts],
    )
    checklist.equal("the legs sum to the hold", expected=receipt.hold, actual=sum(leg.amount for leg in receipt.legs))


def _check_attempts(stage: Stage, receipt: Receipt, run: Run, *, lost_on: str) -> None:
    checklist = stage.checklist
    checklist.equal(
        "one attempt was lost with its machine, the next completed",
        expected=[(AttemptStatus.LOST, Cause.PROVIDER_LOST), (AttemptStatus.COMPLETED, Cause.COMPLETED)],
        actual=[(each.status, each.cause) for each in receipt.attempts],
    )
    first, last = receipt.attempts[0], receipt.attempts[-1]
    checklist.equal("the lost one ran on the machine that lost power", expected=lost_on, actual=first.worker_id)
    checklist.holds(
        "the other machine finished it",
        expected=f"not {lost_on}",
        actual=last.worker_id,
        passed=last.worker_id != lost_on,
    )
    checklist.equal("output of both attempts was seen", expected=[1, 2], actual=sorted(set(run.attempts)))
    checklist.holds(
        "the other machine went on from a checkpoint of the one that was lost",
        expected="a checkpoint, and some of its seconds",
        actual=f"{last.resumed_from}, {first.resumed_seconds} s",
        passed=last.resumed_from is not None and 0 < first.resumed_seconds <= elapsed_seconds(first),
    )
    _check_lost_time(stage, receipt, first)


def _check_lost_time(stage: Stage, receipt: Receipt, lost: Attempt) -> None:
    since = elapsed_seconds(lost) - lost.resumed_seconds
    stage.checklist.equal(
        "the seconds since that checkpoint are counted, and not billed",
        expected=since,
        actual=receipt.lost_seconds_unbilled,
    )


def _balances(stage: Stage) -> tuple[int, int, int]:
    """What the consumer has, what is held of it, and what the machines earned, QU."""
    me, earned = stage.consumer.me(), stage.operator.earnings()
    return me.balance, me.held, earned.total


def _check_balances(stage: Stage, before: tuple[int, int, int], receipt: Receipt, *, paid_here: int) -> None:
    balance, held, earned = before
    stage.checklist.equal(
        "balance, holds and earnings in the books are right",
        expected=(balance - paid_here, held, earned + receipt.provider_amount),
        actual=_balances(stage),
    )


def _summary(job: Job, receipt: Receipt) -> dict[str, object]:
    return {"jobId": str(job.id), "receipt": receipt.wire()}
