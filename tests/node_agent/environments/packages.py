"""Tiny packages and indexes, made here, so that no test needs somebody else's."""

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

# Builds its own wheel, and tells in it what it could reach meanwhile.
_BACKEND = """
import os, socket, zipfile

def _findings():
    found = [p for p in ("/etc/shadow", "/run/qubix", "/home", "/work") if os.path.exists(p)]
    if any(name != "lo" for _, name in socket.if_nameindex()):
        found.append("a network device")
    for name, value in os.environ.items():
        if "SECRET" in name:
            found.append(name)
    proxy = [a for a in open("/proc/net/tcp").read().splitlines()[1:] if a.split()[3] == "0A"]
    for line in proxy:
        port = int(line.split()[1].split(":")[1], 16)
        with socket.create_connection(("127.0.0.1", port), 5) as out:
            out.sendall(b"CONNECT 127.0.0.1:22 HTTP/1.1\\r\\n\\r\\n")
            if b" 200 " in out.recv(100):
                found.append("the host's loopback")
    return found

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "NAME-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("NAME.py", "FOUND = " + repr(_findings()))
        info = "NAME-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: NAME\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""


def write_wheel(
    folder: Path, name: str, *, version: str = "1.0", requires: str = "", payload: int = 0, at_start: str = ""
) -> Path:
    """A wheel with one module that knows its version.

    Args:
        at_start: a line that each interpreter of the environment runs when it starts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    if requires:
        metadata += f"Requires-Dist: {requires}\n"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n" + "#" * payload,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if at_start:
        files[f"{name}.pth"] = f"import os; {at_start}\n"
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return wheel


def write_source(folder: Path, name: str) -> Path:
    """A source distribution that looks around while it is built."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}-1.0.tar.gz"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\n',
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "backend.py": _BACKEND.replace("NAME", name),
    }
    with tarfile.open(source, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return source


def write_index(folder: Path, files: dict[str, list[str]]) -> Path:
    """Pages of the simple API: project to addresses of its files."""
    for project, addresses in files.items():
        page = folder / project / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("".join(f'<a href="{address}">{address.rsplit("/", 1)[-1]}</a>\n' for address in addresses))
    return folder
