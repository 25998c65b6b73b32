"""A job that counts aloud, keeps a checkpoint of each number, and goes on where the former attempt was."""


def counting(total: int) -> str:
    """The source of a job that counts to `total`, ten numbers a second, and gives it as its result."""
    return f"""
import time, qubix
count = qubix.resume(0)
while count < {total}:
    count += 1
    print(count, flush=True)
    qubix.checkpoint(count)
    time.sleep(0.1)
qubix.result(count)
"""
