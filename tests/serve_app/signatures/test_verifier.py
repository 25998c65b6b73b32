"""The process that checks signatures: right, in order, back after a death, and out of the event loop's way."""

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from qubix.qubic import keys, schnorrq
from qubix.qubic.hashing import k12
from qubix.qubic.schnorrq import Flaw
from qubix_serve.signatures import verifier as verifying
from qubix_serve.signatures.verifier import SignatureVerifier, TooManySignatures

SUBSEED = k12(b"somebody")
KEY = keys.from_subseed(SUBSEED).public_key
DIGEST = k12(b"something")
GOOD = schnorrq.sign(subseed=SUBSEED, digest=DIGEST)
BAD = bytes([GOOD[0] ^ 1]) + GOOD[1:]


@pytest.fixture
async def verifier() -> AsyncIterator[SignatureVerifier]:
    async with SignatureVerifier() as verifier:
        yield verifier


def worker() -> psutil.Process:
    """The process that checks, a child of this one."""
    (found,) = [child for child in psutil.Process().children() if _is_worker(child)]
    return found


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "qubix_serve.signatures.worker" in process.cmdline()
    except psutil.Error:  # what another test left behind is just ending
        return False


async def ask(verifier: SignatureVerifier, signature: bytes, *, digest: bytes = DIGEST) -> Flaw | None:
    return await verifier.flaw(public_key=KEY, digest=digest, signature=signature)


async def test_each_asker_gets_their_own_answer(verifier: SignatureVerifier) -> None:
    asked = [GOOD if number % 3 else BAD for number in range(60)]
    answers = await asyncio.gather(*(ask(verifier, signature) for signature in asked))
    assert answers == [None if signature is GOOD else Flaw.FORGED for signature in asked]


@pytest.mark.parametrize("signature", [b"", GOOD[:-1], GOOD + b"\0"])
async def test_what_has_not_the_length_of_a_signature_is_malformed(
    verifier: SignatureVerifier, signature: bytes
) -> None:
    assert await ask(verifier, signature) is Flaw.MALFORMED
    assert await ask(verifier, GOOD, digest=DIGEST[:-1]) is Flaw.MALFORMED
    assert await ask(verifier, GOOD) is None


async def test_parts_of_wrong_lengths_do_not_pass_for_one_another(verifier: SignatureVerifier) -> None:
    shifted = await verifier.flaw(public_key=KEY + DIGEST[:1], digest=DIGEST[1:], signature=GOOD)
    assert shifted is Flaw.MALFORMED


async def test_another_process_answers_when_the_first_is_killed(verifier: SignatureVerifier) -> None:
    assert await ask(verifier, GOOD) is None
    first = worker()
    waiting = [asyncio.create_task(ask(verifier, GOOD)) for _ in range(50)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    first.kill()
    assert await asyncio.gather(*waiting) == [None] * 50
    assert worker().pid != first.pid


async def test_who_leaves_before_the_answer_does_not_shift_the_others(verifier: SignatureVerifier) -> None:
    assert await ask(verifier, GOOD) is None
    leaving = asyncio.create_task(ask(verifier, BAD))
    staying = asyncio.create_task(ask(verifier, GOOD))
    await asyncio.wait((leaving, staying), timeout=0)
    leaving.cancel()
    assert await staying is None
    assert await ask(verifier, BAD) is Flaw.FORGED


async def test_too_many_are_told_to_come_back(verifier: SignatureVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "MOST_WAITING", 5)
    answers = await asyncio.gather(*(ask(verifier, GOOD) for _ in range(50)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooManySignatures)]
    assert refused
    assert answers.count(None) == 50 - len(refused)
    assert await ask(verifier, GOOD) is None


async def test_closing_ends_the_process() -> None:
    async with SignatureVerifier() as verifier:
        assert await ask(verifier, GOOD) is None
        process = worker()
    assert not process.is_running()


async def test_the_process_ends_with_its_parents_pipe(verifier: SignatureVerifier) -> None:
    assert await ask(verifier, GOOD) is None
    process = worker()
    assert verifier._process is not None
    assert verifier._process.stdin is not None
    verifier._process.stdin.close()
    await asyncio.to_thread(psutil.wait_procs, [process], timeout=10)
    assert not process.is_running()


async def test_the_event_loop_goes_on_while_many_are_checked(verifier: SignatureVerifier) -> None:
    assert await ask(verifier, GOOD) is None
    checks = asyncio.gather(*(ask(verifier, GOOD) for _ in range(300)))
    turns = 0

    def take_a_turn() -> None:
        nonlocal turns
        turns += 1
        if not checks.done():
            asyncio.get_running_loop().call_soon(take_a_turn)

    take_a_turn()
    assert await checks == [None] * 300
    # Were they checked here, the loop would come round a few times in all, once all have been.
    assert turns > 3 * 300


async def test_the_process_is_given_no_secret(verifier: SignatureVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://with:password@/qubix")
    monkeypatch.setenv("QUBIX_SECRET", "a secret")
    assert await ask(verifier, GOOD) is None
    assert not {"DATABASE_URL", "QUBIX_SECRET"} & set(worker().environ())
