"""How a program behaves as a job: whether it saves its state, shows its progress, or counts on what a job lacks."""

import ast
from collections.abc import Iterator
from typing import Final

from qubix.schemas.analysis import Finding
from qubix_platform.analysis.names import Names, dotted, last
from qubix_platform.analysis.reading import Piece

_SAVES: Final = {
    "torch.save": "saves with PyTorch", "joblib.dump": "saves with joblib", "pickle.dump": "saves with pickle",
    "qubix.checkpoint": "saves a checkpoint that a successor resumes from", "numpy.savez": "saves arrays",
    "numpy.save": "saves an array",
}  # fmt: skip
_SAVING_METHODS: Final = frozenset(
    {"save_pretrained", "save_checkpoint", "save_model", "save_weights", "ModelCheckpoint", "save_state"}
)
_BARS: Final = frozenset({"tqdm", "trange", "Progbar", "track"})
_NETWORK: Final = ("requests.", "httpx.", "urllib.request.", "aiohttp.", "boto3.", "wget.", "gdown.")
_DOWNLOADS: Final = frozenset({"from_pretrained", "load_dataset", "snapshot_download", "hf_hub_download"})


def find_habits(piece: Piece, names: Names) -> Iterator[Finding]:
    """Checkpoints, progress, and warnings."""
    for node in piece.nodes:
        if isinstance(node, ast.Call):
            yield from _called(piece, node, names)
        elif isinstance(node, ast.For) and dotted(node.target) in ("epoch", "epochs", "step"):
            message = f"loops over {dotted(node.target)}: report it with qubix.progress(done / total)"
            yield piece.finding(kind="progress", value=f"for {dotted(node.target)}", message=message, line=node.lineno)
        elif isinstance(node, ast.Import | ast.ImportFrom) and _is_colab(node):
            message = "google.colab exists in Colab only: take it out"
            yield piece.finding(kind="warning", value="google.colab", message=message, line=node.lineno)


def _called(piece: Piece, call: ast.Call, names: Names) -> Iterator[Finding]:
    name = names.full(call.func)
    method = last(name)
    if name in _SAVES or method in _SAVING_METHODS:
        message = f"{_SAVES.get(name, 'saves its state')}; what lies in $QUBIX_OUTPUT is kept"
        yield piece.finding(kind="checkpoint", value=name.lstrip("."), message=message, line=call.lineno)
    if name == "qubix.progress":
        yield piece.finding(kind="progress", value=name, message="reports its progress", line=call.lineno)
    elif method in _BARS:
        message = f"shows a bar with {method}: qubix.progress(done / total) shows it on the job's page too"
        yield piece.finding(kind="progress", value=method, message=message, line=call.lineno)
    elif name == "input":
        message = "waits for somebody to type: a job has no keyboard"
        yield piece.finding(kind="warning", value="input()", message=message, line=call.lineno)
    elif name == "matplotlib.pyplot.show":
        message = "shows a window: a job has none, so save the figure to $QUBIX_OUTPUT"
        yield piece.finding(kind="warning", value="plt.show()", message=message, line=call.lineno)
    elif name.startswith(_NETWORK) or method in _DOWNLOADS:
        message = "loads over the network, which a job has only where it is granted: bring the files along otherwise"
        yield piece.finding(kind="warning", value="network", message=message, line=call.lineno)


def _is_colab(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("google.colab")
    return any(alias.name.startswith("google.colab") for alias in node.names)
