"""No network call inside a transaction: the domain's services never open a connection of their own."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import imports, is_module, is_python_in, is_under

_CLIENTS = ("aiohttp", "grpc", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "websockets")


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, {"platform"}) and not is_under(
        path,
        "platform/qubix_platform/qubic",  # the chain's client
        "platform/qubix_platform/database",  # the embedded server's own socket
    )


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in imports(source.tree):
        if is_module(name, *_CLIENTS):
            yield (
                line,
                f"the domain imports {name}: call at the edge, outside the transaction, and pass in the answer",
            )


LAW = Law("services-stay-offline", _applies, _find)
