"""A first job: `qubix up --providers 1` in one terminal; `qubix credit 1000000`, then this in another."""

from pathlib import Path

import qubix

with qubix.Client() as client:
    job = client.submit(Path(__file__).with_name("train_digits.py"), max_price=500_000, timeout="5m", gpu_count=1)
    for entry in job.logs(follow=True):
        print(entry.text, end="")
    print("accuracy:", job.result()["accuracy"])
    for artifact in job.artifacts:
        print("saved", job.download(artifact, "results"))
    print("paid", job.receipt().cost, "QU")
