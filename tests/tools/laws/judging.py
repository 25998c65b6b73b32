"""How the tests of the laws put a sample before a law."""

from pathlib import PurePosixPath
from textwrap import dedent

from tools.laws.law import Law, Source


def offending_lines(law: Law, path: str, text: str) -> list[int]:
    """The numbers of the lines of the sample that break the law, were it the file at `path`."""
    return [offence.line for offence in law.offences(Source(PurePosixPath(path), dedent(text).lstrip("\n")))]
