"""Where an index's pages say that the files are: hosts to be let through, folders to be bound."""

import html.parser
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

_JSON: Final = "application/vnd.pypi.simple.v1+json"
ACCEPT: Final = f"{_JSON}, text/html;q=0.1"
_PAGE: Final = "index.html"
_DISTRIBUTIONS: Final = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def linked_files(page: str, *, address: str, content_type: str) -> Iterator[str]:
    """Addresses of the files that a project's page names, in either form that the simple API has."""
    if content_type.startswith("application/vnd.pypi.simple") and "json" in content_type:
        for file in json.loads(page)["files"]:
            yield urljoin(address, file["url"])
        return
    links = _Links()
    links.feed(page)
    for link in links.found:
        # Other links, to a parent folder say, must not widen what a build may see.
        if urlsplit(link).path.lower().endswith(_DISTRIBUTIONS):
            yield urljoin(address, link)


def file_hosts(addresses: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Host and port of each address that is reached by HTTPS."""
    hosts = set()
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            hosts.add((parts.hostname, parts.port or 443))
    return frozenset(hosts)


def local_folders(index: Path) -> frozenset[Path]:
    """The folders that a local index needs: its own, those that its pages link to, and where links of the file system
    lead from there."""
    if index.is_file():
        return _with_targets({index.parent, *_link_parents(index)})
    folders = {index}
    if index.is_dir():
        for entry in os.scandir(index):
            page = Path(entry.path, _PAGE)
            if entry.is_dir() and page.is_file():
                folders |= _link_parents(page)
            elif entry.is_symlink():
                folders.add(Path(entry.path).resolve().parent)
    return _with_targets(folders)


def _link_parents(page: Path) -> set[Path]:
    text = page.read_text(encoding="utf-8", errors="replace")
    links = linked_files(text, address=page.as_uri(), content_type="text/html")
    local = (urlsplit(link) for link in links)
    return {Path(os.path.normpath(unquote(parts.path))).parent for parts in local if parts.scheme == "file"}


def _with_targets(folders: set[Path]) -> frozenset[Path]:
    real = {folder.resolve() for folder in folders} | folders
    existing = {folder for folder in real if folder.is_dir()}
    # A folder inside another that is bound anyway needs no bind of its own.
    return frozenset(f for f in existing if not any(other != f and f.is_relative_to(other) for other in existing))
