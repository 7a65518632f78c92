"""How a person calls a program of this installation, for texts that are copied into a shell.

Not here: errors' next steps, which name the command alone (docs/runbook/README.md says what it is called where).
"""

import os
import shlex
import sys
from pathlib import Path
from shutil import which

_ON_A_HOST = "as-tokentide"  # deploy/as-tokentide


def called(program: str) -> str:
    """`as-tokentide PROGRAM` on a host where that runs this very installation; otherwise the program's path, from the
    working directory where it is below that."""
    folder = Path(sys.executable).parent
    script = which(_ON_A_HOST, os.R_OK | os.X_OK)
    if script and f'"{folder}/$program"' in Path(script).read_text():
        return f"{_ON_A_HOST} {program}"
    path = folder / program
    return shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))
