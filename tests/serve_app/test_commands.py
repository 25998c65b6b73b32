"""What the server adds to the `qubix` command."""

import os
import subprocess
import sys
from pathlib import Path

PASSWORD = "a-password-that-nobody-may-see"


def test_a_failure_shows_no_password(tmp_path: Path) -> None:
    """A database that does not answer is logged with its traceback: without the variables in it."""
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://qubix_app:{PASSWORD}@127.0.0.1:1/qubix",
        "DATABASE_OWNER_URL": f"postgresql://qubix_owner:{PASSWORD}@127.0.0.1:1/qubix",
    }
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("qubix")), "admin", "ledger", "verify", "--home", str(tmp_path / "home")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    assert "no connection to the database" in ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr
