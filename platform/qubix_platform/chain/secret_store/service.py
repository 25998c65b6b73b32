"""Asking a secret store by the operator's own command."""

import shlex
import subprocess
from typing import Final

from qubix_platform.chain.errors import KeyFileUnusable

ASKED: Final = "Asking a secret store for the platform's chain keys"
REMEDY: Final = "Mend QUBIX_CHAIN_KEY_COMMAND: it has to print the seed and nothing else."

_ANSWERS_WITHIN_S: Final = 30.0


def ask(command: str) -> str:
    """What a command prints. No shell reads it.

    Raises:
        KeyFileUnusable: it does not run, fails, or takes longer than half a minute.
    """
    try:
        words = shlex.split(command) or [""]
        return subprocess.run(words, capture_output=True, check=True, text=True, timeout=_ANSWERS_WITHIN_S).stdout
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Neither the error nor what was printed is repeated: both may hold the secret.
        obstacle = f"its command did not do it ({type(error).__name__})"
        raise KeyFileUnusable(asked=ASKED, obstacle=obstacle, remedy=REMEDY) from None
