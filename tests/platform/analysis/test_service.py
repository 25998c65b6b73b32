import contextlib
import json
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.errors import InvalidRequest, TooLarge
from qubix.schemas.analysis import Analysis, AnalyzeRequest, Finding
from qubix_platform.analysis.errors import TooMuchCode, UnreadableCode, UnreadableNotebook
from qubix_platform.analysis.reading import MAX_CODE_CHARACTERS
from qubix_platform.analysis.service import MAX_FINDINGS, analyze


def script(source: str, filename: str = "train.py") -> Analysis:
    return analyze(AnalyzeRequest(filename=filename, content=dedent(source)))


def notebook(*cells: str | list[str], metadata: dict[str, Any] | None = None) -> Analysis:
    content = json.dumps(
        {
            "nbformat": 4,
            "metadata": metadata or {},
            "cells": [
                {"cell_type": "markdown", "source": "# import torch"},
                *({"cell_type": "code", "source": cell} for cell in cells),
            ],
        }
    )
    return analyze(AnalyzeRequest(filename="Train.IPYNB", content=content))


def of_kind(analysis: Analysis, kind: str) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.kind == kind]


TRAINING = """
    import os
    import numpy as np
    import torch
    from torch import nn
    from PIL import Image
    from tqdm import tqdm
    from torchvision.models import resnet50

    model = resnet50().cuda()
    for epoch in range(10):
        for batch in tqdm(loader):
            loss = model(batch.to("cuda:0")).sum()
            loss.backward()
        torch.save(model.state_dict(), "last.pt")
"""


def test_a_training_script() -> None:
    answer = script(TRAINING)
    assert answer.language == "python"
    assert answer.frameworks == ["PyTorch"]
    assert answer.packages == ["numpy", "pillow", "torch", "torchvision", "tqdm"]
    assert answer.suggested_requirements == ["numpy", "pillow", "torch", "torchvision", "tqdm"]
    assert answer.needs_gpu
    assert [(finding.value, finding.line) for finding in of_kind(answer, "gpu")] == [
        (".cuda()", 10),
        ("to('cuda:0')", 13),
    ]
    assert [finding.line for finding in of_kind(answer, "vram")] == [10, 14]
    # 26 million × 16 bytes × 1.2 is 476 MiB; with CUDA's own 1024 that rounds up to 1536.
    assert answer.vram_mib == 1536
    assert [finding.value for finding in of_kind(answer, "checkpoint")] == ["torch.save"]
    assert [finding.value for finding in of_kind(answer, "progress")] == ["for epoch", "tqdm"]


def test_every_finding_cites_its_line() -> None:
    lines = dedent(TRAINING).split("\n")
    for finding in script(TRAINING).findings:
        assert finding.code == lines[finding.line - 1].strip()
        assert finding.code


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = model.cuda()", ".cuda()"),
        ("import torch as t\nt.zeros(3, device='cuda')", "device='cuda'"),
        ("device = 'cuda' if torch.cuda.is_available() else 'cpu'", "cuda if available"),
        ("import cupy as cp", "cupy"),
        ("import jax.numpy as jnp", "jax"),
        ("from numba import cuda\n@cuda.jit\ndef f(): ...", "numba.cuda"),
        ("with tf.device('/GPU:0'):\n  pass", "device('/GPU:0')"),
        ("import tensorflow as tf\ntf.config.list_physical_devices('GPU')", "list_physical_devices('GPU')"),
        ("AutoModel.from_pretrained('x', device_map='auto')", "device_map='auto'"),
        ("Trainer(accelerator='gpu')", "accelerator='gpu'"),
        ("TrainingArguments(fp16=True)", "fp16=True"),
        ("xgb.XGBClassifier(tree_method='gpu_hist')", "tree_method='gpu_hist'"),
        ("CatBoostClassifier(task_type='GPU')", "task_type='gpu'"),
        ("import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '0'", "CUDA_VISIBLE_DEVICES"),
        ("parser.add_argument('--device', default='cuda')", "default='cuda'"),
    ],
)
def test_what_speaks_for_a_gpu(source: str, value: str) -> None:
    answer = script(source)
    assert answer.needs_gpu
    assert value in [finding.value for finding in of_kind(answer, "gpu")]


@pytest.mark.parametrize(
    "source",
    [
        "import sklearn\nclf.fit(x, y)",
        "import torch\nmodel.to('cpu')",
        "print('cuda')",
        "'''model.cuda()'''",
        "os.environ['CUDA_VISIBLE_DEVICES'] = ''",
        "TrainingArguments(fp16=False)",
        "import torch\ntorch.zeros(3, device='cpu')",
    ],
)
def test_what_does_not(source: str) -> None:
    answer = script(source)
    assert not answer.needs_gpu
    assert answer.vram_mib is None
    assert of_kind(answer, "vram") == []


@pytest.mark.parametrize(
    ("source", "gib"),
    [
        ("M.from_pretrained('meta-llama/Llama-2-7b-hf').cuda()", 32.5),
        ("M.from_pretrained('meta-llama/Llama-2-7b-hf', torch_dtype=torch.float16).cuda()", 17),
        ("M.from_pretrained('meta-llama/Llama-2-7b-hf', load_in_8bit=True)", 9),
        ("M.from_pretrained('meta-llama/Llama-2-7b-hf', load_in_4bit=True)", 5),
        ("model_id = 'mistralai/Mixtral-8x7B-v0.1'\nLLM(model_id, dtype='half').half().cuda()", 105.5),
        ("M.from_pretrained('EleutherAI/pythia-410m').cuda()\nloss.backward()", 8.5),
        (
            "from peft import LoraConfig, get_peft_model\n"
            "M.from_pretrained('x/y-7b', torch_dtype=torch.bfloat16).cuda()\n"
            "get_peft_model(m, LoraConfig())\nloss.backward()",
            18.5,
        ),
    ],
)
def test_memory_is_estimated_from_names_and_formats(source: str, gib: float) -> None:
    assert script(source).vram_mib == gib * 1024


def test_a_notebook_with_magics() -> None:
    answer = notebook(
        "!pip install -q torch==2.3.0 'transformers>=4.40' --index-url https://example.org/simple\n%matplotlib inline",
        ["%%time\n", "import torch\n", "files = !ls -l\n", "torch.save?\n", "!pip install \\\n", "  einops\n"],
        "%%bash\npip install cupy-cuda12x\nif then else",
        "if True:\n    !nvidia-smi\nx = await thing()",
    )
    assert answer.language == "notebook"
    assert answer.packages == ["cupy-cuda12x", "torch", "transformers"]
    assert answer.suggested_requirements == ["cupy-cuda12x", "torch==2.3.0", "transformers>=4.40"]
    [smi] = of_kind(answer, "gpu")
    assert (smi.cell, smi.line, smi.code) == (5, 2, "!nvidia-smi")


def test_modulo_and_strings_are_no_magics() -> None:
    answer = notebook("x = 7 % 3\ny = 'a %s' % x\nz = a != b\n# really?\nimport scipy")
    assert answer.packages == ["scipy"]
    assert answer.suggested_requirements == []


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(UnreadableCode) as refused:
        script("import torch\n\ndef f(:\n    pass\n")
    assert isinstance(refused.value, InvalidRequest)
    assert refused.value.details == {"line": 3, "cell": None}
    with pytest.raises(UnreadableCode) as refused:
        notebook("x = 1", "%matplotlib inline\nx = = 2")
    assert refused.value.details == {"line": 2, "cell": 3}
    assert "cell 3, line 2" in refused.value.message


@pytest.mark.parametrize(
    "content",
    ["not json", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": [1]}]}', "[" * 200_000, "{}"],
)
def test_what_is_no_notebook_is_refused(content: str) -> None:
    with pytest.raises(UnreadableNotebook):
        analyze(AnalyzeRequest(filename="a.ipynb", content=content))


def test_a_notebook_in_another_language_is_refused() -> None:
    with pytest.raises(UnreadableNotebook, match="its language is r"):
        notebook("x <- 1", metadata={"kernelspec": {"language": "R"}})


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5000,
        "-" * 100_000 + "1",
        "a" + ".a" * 100_000,
        "a" + "()" * 100_000,
        "x if x else " * 20_000 + "x",
        "\ud800",
    ],
    ids=["brackets", "signs", "attributes", "calls", "conditions", "surrogate"],
)
def test_nesting_beyond_reason_is_refused_not_followed(source: str) -> None:
    request = AnalyzeRequest.model_construct(filename="deep.py", content=source)
    with pytest.raises(UnreadableCode):
        analyze(request)


def test_too_much_code_is_refused_and_the_most_is_analysed() -> None:
    with pytest.raises(TooMuchCode) as refused:
        script("x\n" * (MAX_CODE_CHARACTERS // 2 + 1))
    assert isinstance(refused.value, TooLarge)
    answer = script("".join(f"import p{i}\n" for i in range(40_000))[:MAX_CODE_CHARACTERS])
    assert len(answer.findings) == MAX_FINDINGS


def test_what_a_job_lacks_is_warned_of() -> None:
    answer = script(
        "import requests\nimport matplotlib.pyplot as plt\nfrom google.colab import drive\n"
        "name = input()\nplt.show()\nrequests.get('http://x')\n"
    )
    assert [finding.value for finding in of_kind(answer, "warning")] == [
        "google.colab",
        "input()",
        "plt.show()",
        "network",
    ]


def test_nothing_is_executed() -> None:
    script("raise SystemExit(1)\nimport os\nos._exit(1)\n")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.py", "a.ipy", "a.ipynb"]))
def test_any_text_is_analysed_or_refused(text: str, filename: str) -> None:
    content = json.dumps({"cells": [{"cell_type": "code", "source": text}]}) if filename == "a.ipynb" else text
    with contextlib.suppress(UnreadableCode):
        assert analyze(AnalyzeRequest.model_construct(filename=filename, content=content)).wire()
