"""A PostgreSQL server of one's own: Debian's programs, a folder that goes with it, a free port on 127.0.0.1.

Not here: what is asked of it.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

_START_SECONDS = 60
_END_SECONDS = 30
# looked for where it must not be; around it, what an address has to escape
SECRET = "s3cret"
_PASSWORD = f"@/{SECRET} %:"
# a server's zone need not be UTC
_ZONE = ("-c", "timezone=America/New_York")


def programs() -> Path | None:
    """The folder of initdb and postgres, the newest version of those installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None) or (
        Path(on_path).parent if on_path else None
    )


@contextmanager
def postgres_server() -> Iterator[str]:
    """Gives the address of an empty database, with its password, until the block ends."""
    bin_folder = programs()
    assert bin_folder, "PostgreSQL is not installed"
    # a socket's path may have 107 bytes at most, so the folder's is short
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        (folder / "password").write_text(_PASSWORD)
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # as root it refuses to run; Debian's package makes this user
            as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        user = as_user.get("user", getpass.getuser())
        _run([bin_folder / "initdb", "-D", folder / "data", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
              f"--username={user}", f"--pwfile={folder / 'password'}"], folder, as_user)  # fmt: skip
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        with (folder / "log").open("w") as log:
            command = [bin_folder / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
            server = subprocess.Popen(
                [*command, *_ZONE],
                cwd=folder,
                stdout=log,
                stderr=log,
                **as_user,
            )
        try:
            _wait(server, [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], folder / "log")
            yield f"postgresql://{user}:{quote(_PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown
            try:
                server.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _run(command: list[Any], folder: Path, as_user: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, **as_user)
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(server: "subprocess.Popen[bytes]", is_ready: list[Any], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while subprocess.run(is_ready, check=False).returncode != 0:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"PostgreSQL gave no answer after {_START_SECONDS} s"
        time.sleep(0.1)
