"""Analysing a script or notebook. Pure; nothing is executed."""

from collections.abc import Iterable
from typing import Final

from qubix.schemas.analysis import Analysis, AnalyzeRequest, Finding
from qubix_platform.analysis.frameworks import find_frameworks
from qubix_platform.analysis.gpu_need import find_gpu_need
from qubix_platform.analysis.habits import find_habits
from qubix_platform.analysis.names import Names
from qubix_platform.analysis.packages import find_packages, requirement_name, suggest_requirements
from qubix_platform.analysis.reading import is_notebook, read
from qubix_platform.analysis.vram_need import estimate_mib, find_vram_clues

MAX_FINDINGS: Final = 300


def analyze(request: AnalyzeRequest) -> Analysis:
    """Say what a script or notebook seems to need, each finding with its line.

    Takes up to two seconds of CPU for the largest input, so a server runs it in a thread.

    Raises:
        UnreadableCode: a syntax error, with its line.
        UnreadableNotebook: not a notebook, or not one in Python.
        TooMuchCode: more code than is analysed at once.
    """
    pieces = read(request)
    names = Names(pieces)
    clues = [clue for piece in pieces for clue in find_vram_clues(piece, names)]
    vram_mib = estimate_mib(clues)
    packages = _first([finding for piece in pieces for finding in find_packages(piece)])
    frameworks = _first([finding for piece in pieces for finding in find_frameworks(piece)])
    gpu = _first([finding for piece in pieces for finding in find_gpu_need(piece, names)])
    habits = _first([finding for piece in pieces for finding in find_habits(piece, names)])
    # Without a model there is nothing that formats and training could be evidence for.
    vram = _first([clue.finding for clue in clues]) if vram_mib else []
    requirements = suggest_requirements([finding.value for finding in packages])
    return Analysis(
        language="notebook" if is_notebook(request) else "python",
        frameworks=[finding.value for finding in frameworks],
        packages=sorted({requirement_name(finding.value) for finding in packages}),
        needs_gpu=bool(gpu),
        vram_mib=vram_mib if gpu else None,
        findings=sorted([*frameworks, *gpu, *vram, *packages, *habits], key=_place)[:MAX_FINDINGS],
        suggested_requirements=requirements,
    )


def _first(findings: Iterable[Finding]) -> list[Finding]:
    """The first finding of each value, in the order of the file."""
    known: dict[str, Finding] = {}
    for finding in sorted(findings, key=_place):
        known.setdefault(finding.value, finding)
    return list(known.values())


def _place(finding: Finding) -> tuple[int, int]:
    return finding.cell or 0, finding.line
