"""What a script or notebook seems to need, with evidence."""

from typing import Annotated, Literal

from pydantic import Field

from qubix.schemas.base import RequestModel, Text, WireModel


class AnalyzeRequest(RequestModel):
    """A Python script or a Jupyter notebook (as JSON text). It is parsed, never executed."""

    filename: Annotated[Text, Field(min_length=1, max_length=300)]
    content: Annotated[Text, Field(max_length=4_000_000)]


class Finding(WireModel):
    """One observation and the line it rests on. `cell` counts a notebook's cells from 1, `line` the lines from 1."""

    kind: Literal["framework", "gpu", "vram", "package", "checkpoint", "progress", "warning"]
    value: str
    message: str
    line: int
    cell: int | None = None
    code: str


class Analysis(WireModel):
    """Requirements that the findings add up to. `vramMib` is an estimate with its own findings, or null."""

    language: Literal["python", "notebook"]
    frameworks: list[str]
    packages: list[str]
    needs_gpu: bool
    vram_mib: int | None
    findings: list[Finding]
    suggested_requirements: list[str]
