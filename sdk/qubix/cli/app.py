"""The tree of commands."""

from collections.abc import Sequence
from typing import Annotated

import typer

import qubix
from qubix.cli import (
    account,
    arrays,
    books,
    cash,
    checkpoints,
    configure,
    groups,
    jobs,
    login,
    market,
    plugins,
    providing,
    reserving,
    spending,
    submit,
    wallet,
)
from qubix.cli.output import out


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application, with the server's commands only where the command line may mean one of them."""
    app = typer.Typer(
        name="qubix",
        help="Rent GPUs, or rent out yours.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    for part in (
        market,
        submit,
        jobs,
        arrays,
        groups,
        checkpoints,
        books,
        spending,
        account,
        login,
        wallet,
        cash,
        reserving,
        providing,
        configure,
    ):
        part.register(app)
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    if wanted not in plugins.names(app):
        plugins.load(app)
    return app


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        out.line(qubix.__version__)
        raise typer.Exit
