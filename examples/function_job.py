"""A function of this file, run on a rented machine. Its module travels as source; arguments and result as JSON."""

import qubix


def estimate_pi(samples: int, seed: int = 0) -> float:
    """Estimate pi from random points, reporting progress."""
    import numpy as np

    generator = np.random.default_rng(seed)
    inside, rounds = 0, 20
    for done in range(1, rounds + 1):
        points = generator.random((samples // rounds, 2))
        inside += int((np.square(points).sum(axis=1) <= 1).sum())
        qubix.progress(done / rounds)
    return 4 * inside / (samples // rounds * rounds)


if __name__ == "__main__":
    with qubix.Client() as client:
        job = client.run_function(estimate_pi, 20_000_000, keywords={"seed": 1}, max_price=10_000, timeout="5m")
        print("pi is about", job.result())
