"""Which frameworks a program uses, by what it imports."""

import ast
from collections.abc import Iterator
from typing import Final

from qubix.schemas.analysis import Finding
from qubix_platform.analysis.reading import Piece

FRAMEWORKS: Final = {
    "torch": "PyTorch", "torchvision": "PyTorch", "torchaudio": "PyTorch", "lightning": "PyTorch Lightning",
    "pytorch_lightning": "PyTorch Lightning", "tensorflow": "TensorFlow", "keras": "Keras", "jax": "JAX",
    "flax": "Flax", "optax": "JAX", "sklearn": "scikit-learn", "xgboost": "XGBoost", "lightgbm": "LightGBM",
    "catboost": "CatBoost", "transformers": "Transformers", "diffusers": "Diffusers", "accelerate": "Accelerate",
    "deepspeed": "DeepSpeed", "vllm": "vLLM", "sentence_transformers": "Sentence Transformers", "cupy": "CuPy",
    "numba": "Numba", "cudf": "RAPIDS", "cuml": "RAPIDS", "cugraph": "RAPIDS", "onnxruntime": "ONNX Runtime",
    "paddle": "PaddlePaddle", "mxnet": "MXNet", "triton": "Triton", "ultralytics": "Ultralytics", "timm": "timm",
    "tinygrad": "tinygrad", "fastai": "fastai", "ray": "Ray", "dask": "Dask",
}  # fmt: skip


def find_frameworks(piece: Piece) -> Iterator[Finding]:
    """A finding for each import of a framework."""
    for node in piece.nodes:
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        else:
            continue
        for module in modules:
            if framework := FRAMEWORKS.get(module.split(".")[0]):
                yield piece.finding(kind="framework", value=framework, message=f"uses {framework}", line=node.lineno)
