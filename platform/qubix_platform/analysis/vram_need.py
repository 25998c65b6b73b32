"""How much GPU memory a program may need: an estimate, from the names of the models that it loads.

    memory = parameters × bytes per parameter × 1.2 + 1 GiB, rounded up to 512 MiB

Bytes per parameter are those of the number format where it runs a model (4, or 2, 1 and ½ where the code asks for half
precision, 8 or 4 bits), and 16 where it trains one: weights, gradients and Adam's two moments in single precision. With
LoRA the weights stay as they are, and a tenth is added. The fifth on top is for activations, the GiB for CUDA itself.
Of several models the largest counts.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from qubix.schemas.analysis import Finding
from qubix_platform.analysis.names import Names, dotted, last, text_of
from qubix_platform.analysis.reading import Piece

_MIB: Final = 1 << 20
_CUDA_MIB: Final = 1024
_STEP_MIB: Final = 512
_TRAINING_BYTES: Final = 16
_LORA_SHARE: Final = 1.1

# Parameters in millions, from the papers and model cards of their authors; the longest name that fits wins.
_MILLIONS: Final = {
    "all-minilm-l6": 23, "bert-base": 110, "bert-large": 340, "clip-vit-base": 151, "clip-vit-large": 428,
    "densenet121": 8, "distilbert": 66, "distilgpt2": 82, "efficientnet_b0": 5, "electra-base": 110, "flux.1": 12_000,
    "gemma-2b": 2_500, "gpt2": 124, "gpt2-large": 774, "gpt2-medium": 355, "gpt2-xl": 1_558, "gpt-j-6b": 6_050,
    "mixtral-8x7b": 46_700, "mobilenet_v2": 4, "phi-2": 2_700, "phi-3-mini": 3_800, "resnet18": 12, "resnet34": 22,
    "resnet50": 26, "resnet101": 45, "resnet152": 60, "roberta-base": 125, "roberta-large": 355,
    "stable-diffusion-2": 1_290, "stable-diffusion-v1": 1_070, "stable-diffusion-xl": 3_500, "t5-base": 220,
    "t5-large": 770, "t5-small": 60, "vgg16": 138, "vit-base": 86, "vit_base": 86, "vit-large": 304, "vit_large": 304,
    "whisper-base": 74, "whisper-large": 1_550, "whisper-medium": 769, "whisper-small": 244, "whisper-tiny": 39,
}  # fmt: skip
_STATED: Final = re.compile(r"(?<![a-z0-9.])(?:(\d{1,2})x)?(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])", re.IGNORECASE)
_LOADERS: Final = frozenset(
    {"from_pretrained", "pipeline", "load_model", "create_model", "LLM", "SentenceTransformer", "snapshot_download"}
    | {"YOLO", "hf_hub_download"}
)
_BYTES: Final = {
    "float16": 2.0, "bfloat16": 2.0, "half": 2.0, "fp16": 2.0, "bf16": 2.0,
    "load_in_8bit": 1.0, "load_in_4bit": 0.5,
}  # fmt: skip
_TRAINS: Final = frozenset({"backward", "Trainer", "Seq2SeqTrainer", "SFTTrainer", "GradientTape", "fit"})
_LORA: Final = frozenset({"LoraConfig", "get_peft_model"})


@dataclass(frozen=True)
class Clue:
    """One thing that the estimate rests on: exactly one of the figures is set, or it trains, or it is LoRA."""

    finding: Finding
    millions: float = 0
    bytes_per_parameter: float = 0
    trains: bool = False
    is_lora: bool = False


def find_vram_clues(piece: Piece, names: Names) -> Iterator[Clue]:
    """Models that a piece loads, the number format it asks for, and whether it trains."""
    for node in piece.nodes:
        if isinstance(node, ast.Call):
            yield from _called(piece, node, names)
        elif isinstance(node, ast.Attribute) and node.attr in ("float16", "bfloat16"):
            yield _format(piece, node.attr, node.lineno)
        elif isinstance(node, ast.Assign) and "model" in dotted(node.targets[0]).lower():
            yield from _model(piece, text_of(node.value) or "", node.lineno)


def estimate_mib(clues: list[Clue]) -> int | None:
    """The memory that the clues add up to, in MiB; None where no model was recognised."""
    millions = max((clue.millions for clue in clues), default=0)
    if not millions:
        return None
    formats = [clue.bytes_per_parameter for clue in clues if clue.bytes_per_parameter]
    bytes_per_parameter = min(formats, default=4.0)
    if any(clue.is_lora for clue in clues):
        bytes_per_parameter *= _LORA_SHARE
    elif any(clue.trains for clue in clues):
        bytes_per_parameter = _TRAINING_BYTES
    mib = millions * 1e6 * bytes_per_parameter * 1.2 / _MIB + _CUDA_MIB
    return -(-int(mib) // _STEP_MIB) * _STEP_MIB


def _called(piece: Piece, call: ast.Call, names: Names) -> Iterator[Clue]:
    name = names.full(call.func)
    method = last(name)
    texts = [text for value in (*call.args, *(k.value for k in call.keywords)) if (text := text_of(value))]
    if method in _LOADERS or name == "torch.hub.load":
        for text in texts:
            yield from _model(piece, text, call.lineno)
    elif method.lower() in _MILLIONS:
        yield from _model(piece, method, call.lineno)
    elif method in _TRAINS:
        message = f"{method}: training holds weights, gradients and Adam's moments, 16 bytes a parameter"
        yield Clue(_finding(piece, "training", message, call.lineno), trains=True)
    elif method in _LORA:
        yield Clue(_finding(piece, "LoRA", "LoRA trains a small part of the weights", call.lineno), is_lora=True)
    elif method == "half":
        yield _format(piece, "half", call.lineno)
    for keyword in call.keywords:
        if keyword.arg in _BYTES and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
            yield _format(piece, keyword.arg, call.lineno)


def _model(piece: Piece, text: str, line: int) -> Iterator[Clue]:
    millions = _parameters(text)
    if millions:
        size = f"{millions / 1000:.3g} billion" if millions >= 1000 else f"{millions:.3g} million"
        message = f"{text[:100]} has about {size} parameters"
        yield Clue(_finding(piece, text[:100], message, line), millions=millions)


def _parameters(text: str) -> float:
    """Parameters in millions that a model's name stands for; 0 where it says nothing."""
    if len(text) > 200 or " " in text:
        return 0
    lower = text.lower()
    known = max((name for name in _MILLIONS if name in lower), key=len, default=None)
    if known:
        return _MILLIONS[known]
    if stated := _STATED.search(lower):
        copies, number, unit = stated.groups()
        return int(copies or 1) * float(number) * (1000 if unit == "b" else 1)
    return 0


def _format(piece: Piece, name: str, line: int) -> Clue:
    size = _BYTES[name]
    message = f"{name}: {size:g} byte{'' if size == 1 else 's'} a parameter"
    return Clue(_finding(piece, name, message, line), bytes_per_parameter=size)


def _finding(piece: Piece, value: str, message: str, line: int) -> Finding:
    return piece.finding(kind="vram", value=value, message=message, line=line)
