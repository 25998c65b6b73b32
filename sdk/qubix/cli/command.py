"""Runs the command line, and turns whatever happens into an exit code and a sentence.

0    done
1    refused, or the job that was followed did not complete
2    the command line itself is wrong
130  interrupted
"""

import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import typer
from typer.main import get_command

from qubix.cli.app import build
from qubix.errors import InternalError, InvalidRequest, QubixError

DEBUG_VARIABLE: Final = "QUBIX_DEBUG"
_INTERRUPTED: Final = 130
_READER_LEFT: Final = 141


def run(arguments: Sequence[str]) -> int:
    """Run one command line (without the program's name) and give its exit code."""
    as_json = "--json" in _before_the_jobs_own(arguments)
    try:
        code = get_command(build(arguments)).main(args=list(arguments), prog_name="qubix", standalone_mode=False)
        sys.stdout.flush()
    except QubixError as refusal:
        return _refused(refusal, as_json=as_json, code=1)
    except typer.TyperException as misuse:
        return _refused(_misuse(misuse), as_json=as_json, code=misuse.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        # What reads our output went away, as `head` does: nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_LEFT
    except Exception as fault:  # noqa: BLE001  # the last resort: a person gets a sentence, never a traceback
        return _refused(_fault(fault), as_json=as_json, code=1)
    return code if isinstance(code, int) else 0


def _before_the_jobs_own(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _misuse(misuse: typer.TyperException) -> QubixError:
    return InvalidRequest(
        asked="Reading the command line",
        obstacle=misuse.format_message().rstrip("."),
        remedy="Add --help to see what the command takes.",
    )


def _fault(fault: Exception) -> QubixError:
    return InternalError(
        asked="Running the command",
        obstacle=f"qubix made a mistake of its own ({type(fault).__name__}: {fault})",
        remedy=f"Set {DEBUG_VARIABLE}=1 to see where, and report it.",
    )


def _refused(refusal: QubixError, *, as_json: bool, code: int) -> int:
    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exc()
    text = json.dumps(refusal.to_wire()) if as_json else f"qubix: {refusal.message}"
    with suppress(BrokenPipeError):  # nobody reads it, and the exit code still tells
        print(text, file=sys.stderr, flush=True)  # noqa: T201  # the one place where errors reach a person
    return code
