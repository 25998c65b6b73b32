"""Asking a vendor's command-line tool for JSON."""

import json
import shutil
import subprocess
from typing import Any

ANSWER_SECONDS = 10.0


class ToolBroken(Exception):
    """The tool is installed, but gave no usable answer. The text says how."""


def ask_json(command: list[str]) -> Any | None:
    """What the tool prints, parsed; None where the tool is not installed.

    Raises:
        ToolBroken: it failed, hung, or printed something else.
    """
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            check=True,
            timeout=ANSWER_SECONDS,
            errors="replace",
        )
        return json.loads(answer.stdout)
    except subprocess.TimeoutExpired:
        raise ToolBroken(f"{command[0]} did not answer within {ANSWER_SECONDS:g} s") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()[-1:]
        raise ToolBroken(f"{command[0]} ended with {error.returncode}: {''.join(last) or 'no message'}") from None
    except (OSError, ValueError) as error:
        raise ToolBroken(f"{command[0]} gave no JSON: {error}") from None
