"""Why a file could not be analysed."""

from qubix.errors import InvalidRequest, TooLarge


class UnreadableCode(InvalidRequest):
    """Not Python, or nested beyond what Python itself takes."""

    code = "unreadable_code"


class UnreadableNotebook(InvalidRequest):
    """Not a Jupyter notebook, or one in another language."""

    code = "unreadable_notebook"


class TooMuchCode(TooLarge):
    """More code than is analysed at once."""

    code = "too_much_code"
