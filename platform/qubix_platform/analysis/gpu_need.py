"""What in a program shows that it wants a GPU."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from qubix.schemas.analysis import Finding
from qubix_platform.analysis.names import Names, last, text_of
from qubix_platform.analysis.reading import Piece

# Without a GPU these fail, or have nothing to do.
_ON_IMPORT: Final = {
    "cupy": "CuPy computes on a GPU", "cudf": "RAPIDS runs on a GPU", "cuml": "RAPIDS runs on a GPU",
    "cugraph": "RAPIDS runs on a GPU", "pycuda": "PyCUDA drives a GPU", "tensorrt": "TensorRT runs on a GPU",
    "triton": "Triton compiles for a GPU", "bitsandbytes": "bitsandbytes quantises on a GPU",
    "flash_attn": "FlashAttention runs on a GPU", "vllm": "vLLM serves from a GPU",
    "deepspeed": "DeepSpeed trains on GPUs", "jax": "JAX uses a GPU where there is one",
    "numba.cuda": "Numba compiles for a GPU",
}  # fmt: skip
_DEVICE: Final = re.compile(r"^(?:cuda|gpu|/?(?:device:)?GPU|hip|xpu)(?::\d+)?$", re.IGNORECASE)
_KEYWORDS: Final = {
    "device_map": {"auto", "cuda", "balanced", "sequential"},
    "accelerator": {"gpu", "cuda"},
    "tree_method": {"gpu_hist"},
    "task_type": {"gpu"},
    "backend": {"nccl"},
}
_SWITCHES: Final = frozenset({"use_gpu", "use_cuda", "fp16", "load_in_4bit", "load_in_8bit"})
_COUNTS: Final = frozenset({"gpus", "num_gpus", "n_gpu", "n_gpu_layers"})
_TALK: Final = frozenset({"print", "debug", "info", "warning", "error", "get", "startswith", "endswith", "append"})
_NO_DEVICES: Final = frozenset({"", "-1"})


def find_gpu_need(piece: Piece, names: Names) -> Iterator[Finding]:
    """Every line that speaks for a GPU; `value` is what speaks."""
    for node in piece.nodes:
        for value, message in _evidence(node, names):
            yield piece.finding(kind="gpu", value=value, message=message, line=getattr(node, "lineno", 1))
    for command in piece.commands:
        if "nvidia-smi" in command.text:
            yield piece.finding(
                kind="gpu", value="nvidia-smi", message="looks at the machine's NVIDIA GPU", line=command.line
            )


def _evidence(node: ast.AST, names: Names) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from _imported(alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from _imported([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    elif isinstance(node, ast.Call):
        yield from _called(node, names)
    elif isinstance(node, ast.IfExp):
        if any(_is_device(branch) for branch in (node.body, node.orelse)):
            yield "cuda if available", "takes a GPU where there is one, and the CPU otherwise"
    elif isinstance(node, ast.Assign):
        yield from _assigned(node)
    elif isinstance(node, ast.Attribute) and names.full(node) == "numba.cuda.jit":
        yield "numba.cuda.jit", "compiles a kernel for a GPU"


def _imported(modules: Iterator[str] | list[str]) -> Iterator[tuple[str, str]]:
    for module in modules:
        for name, message in _ON_IMPORT.items():
            if module == name or module.startswith(f"{name}."):
                yield name, message


def _called(call: ast.Call, names: Names) -> Iterator[tuple[str, str]]:
    name = names.full(call.func)
    method = last(name)
    if method == "cuda" and isinstance(call.func, ast.Attribute):
        yield ".cuda()", "moves a model or data to a GPU"
    elif name.startswith("torch.cuda."):
        yield name, "asks PyTorch about its GPUs"
    devices = [argument for argument in call.args if _is_device(argument)]
    if devices and method not in _TALK:
        yield f"{method}({text_of(devices[0])!r})", "places work on a GPU"
    for keyword in call.keywords:
        yield from _keyword(keyword)


def _keyword(keyword: ast.keyword) -> Iterator[tuple[str, str]]:
    name, value = keyword.arg or "", keyword.value
    text = (text_of(value) or "").lower()
    if _is_device(value) or text in _KEYWORDS.get(name, ()):
        yield f"{name}={text!r}", "places work on a GPU"
    elif name in _SWITCHES and isinstance(value, ast.Constant) and value.value is True:
        yield f"{name}=True", "works on a GPU only"
    elif name in _COUNTS and isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value > 0:
        yield f"{name}={value.value}", "asks for GPUs"


def _assigned(node: ast.Assign) -> Iterator[tuple[str, str]]:
    for target in node.targets:
        key = text_of(target.slice) if isinstance(target, ast.Subscript) else None
        value = text_of(node.value)
        if key == "CUDA_VISIBLE_DEVICES" and value is not None and value not in _NO_DEVICES:
            yield "CUDA_VISIBLE_DEVICES", "chooses among the machine's GPUs"
    if _is_device(node.value):
        yield f"device {text_of(node.value)!r}", "names a GPU as the device to use"


def _is_device(node: ast.expr) -> bool:
    text = text_of(node)
    return text is not None and bool(_DEVICE.match(text))
