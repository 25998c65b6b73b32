"""Which array library measures this machine."""

from importlib.metadata import version

from qubix_agent.benchmark.measure import Engine
from qubix_agent.hardware.detected import Machine

MEBIBYTE = 1 << 20


def choose_engine(machine: Machine) -> Engine:
    """CuPy on the first real NVIDIA card where it works, otherwise NumPy on the processor, its name saying why.

    Cards that are simulated are never given figures: the processor's own are reported, under the processor's name.
    """
    if machine.simulated:
        return numpy_engine("the CPU, GPUs are simulated")
    real = [gpu for gpu in machine.gpus if gpu.vendor == "NVIDIA"]
    if not real:
        return numpy_engine("the CPU")
    try:
        return cupy_engine(real[0].description or real[0].model or "GPU")
    except ImportError:
        return numpy_engine("the CPU, CuPy is not installed")
    except Exception as error:  # noqa: BLE001 - CuPy raises its CUDA libraries' own errors; the machine may still join
        return numpy_engine(f"the CPU, CuPy failed: {type(error).__name__}")


def numpy_engine(where: str) -> Engine:
    """NumPy on the processor."""
    import numpy as np

    return Engine(
        name=f"NumPy {version('numpy')} on {where}",
        arrays=np,
        synchronize=lambda: None,
        matrix_side=1024,
        copy_bytes=64 * MEBIBYTE,
        seconds=0.5,
    )


def cupy_engine(card: str) -> Engine:
    """CuPy on the first card.

    Raises:
        ImportError: CuPy is not installed.
        Exception: CUDA's own errors, where the card cannot compute.
    """
    import cupy

    cupy.zeros(1).sum().item()
    return Engine(
        name=f"CuPy {cupy.__version__} on {card}",
        arrays=cupy,
        synchronize=cupy.cuda.Device(0).synchronize,
        matrix_side=4096,
        copy_bytes=512 * MEBIBYTE,
        seconds=0.5,
    )
