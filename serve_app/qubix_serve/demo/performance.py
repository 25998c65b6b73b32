"""The demo from beginning to end."""

from pathlib import Path
from typing import Any, Final

from qubix_agent.hardware.detect import detect_machine
from qubix_agent.ray_node.ports import free_port, is_free
from qubix_serve.demo import acts, cash
from qubix_serve.demo.checks import Checklist
from qubix_serve.demo.curtain import Curtain
from qubix_serve.demo.errors import DemoFailed
from qubix_serve.demo.host import Host
from qubix_serve.demo.show import Show
from qubix_serve.demo.stage import Stage
from qubix_serve.supervisor.agents import OWN_HARDWARE

SIMULATED: Final = "RTX 4090:1"


def perform(
    home: Path, *, show: Show, checklist: Checklist, port: int, script: Path, seconds: int, curtain: Curtain
) -> dict[str, Any]:
    """Perform all parts on a platform of the demo's own, which is stopped whatever happens. Gives what was measured.

    Args:
        home: the platform's folder.
        show: what the person sees.
        checklist: takes the claims.
        port: of the API, where it is free.
        script: the training script.
        seconds: how long each training shall take.
        curtain: falls when all parts are done.

    Raises:
        QubixError: something could not be carried out.
    """
    gpus = detect_machine(home=home).gpus
    simulated = acts.PROVIDERS - bool(gpus)
    providers = [OWN_HARDWARE] * bool(gpus) + [SIMULATED] * simulated
    host = Host(home, port=port if is_free(port) else free_port(avoid=[port]), providers=providers)
    show.act("The platform")
    found = (
        ", ".join(str(gpu.model) for gpu in gpus) or "no GPU, so both providers pretend to have one, marked simulated"
    )
    show.say(f"This machine has {found}.")
    with host:
        with show.waiting("PostgreSQL, Ray, scheduler, API and two providers start …"):
            host.start()
        show.say(f"Up at {host.facts['url']} after {host.facts['secondsToReady']} s.")
        with Stage(host, show=show, checklist=checklist, script=script, seconds=seconds) as stage:
            facts = stage.facts
            facts["secondsToReady"] = host.facts["secondsToReady"]
            machines = acts.market(stage, simulated=simulated)
            show.act("Wallets, and money from the chain")
            cash.sign_in(stage)
            cash.deposit(stage)
            acts.prepare(stage, machines)
            show.act("A job, from script to receipt, paid from an escrow on the chain")
            job = acts.first_job(stage, machines)
            show.act("A machine is lost")
            acts.failover(stage, machines)
            show.act("The provider is paid, and the books are proven")
            cash.withdrawal(stage)
            cash.proof(stage, job)
            acts.books(stage)
            show.act("The console")
            curtain.fall(stage)
        show.act("The end")
        facts["secondsToStop"] = round(host.stop(), 1)
        left = "something" if host.anything_runs() else "nothing"
        checklist.equal("what is left running of the platform", expected="nothing", actual=left)
    return facts


def example() -> Path:
    """The training script of this checkout.

    Raises:
        DemoFailed: this is no checkout.
    """
    found = Path(__file__).parents[3] / "examples" / "train_digits.py"
    if not found.is_file():
        raise DemoFailed(
            asked="Finding examples/train_digits.py",
            obstacle=f"it is not at {found}: this is no checkout",
            remedy="Run the demo in a checkout (make demo), or name the script with --script.",
        )
    return found
