"""The house: imports point one way only, and each folder keeps out what does not live there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from building import REPOSITORY

ORDER = ["warehouse", "checks", "assets", "pipeline"]
MODULES = [path for folder in ORDER for path in sorted((REPOSITORY / folder).rglob("*.py"))]
KEPT_OUT = {
    "warehouse": {"dagster", "great_expectations", "httpx", "requests", "tenacity", "urllib", "sqlglot", "pandas"},
    "checks": {"httpx", "requests", "tenacity", "urllib"},
    "assets": {"great_expectations", "httpx", "requests", "tenacity", "urllib"},
    "pipeline": {"great_expectations"},
}


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports anywhere."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    folder = path.relative_to(REPOSITORY).parts[0]
    later = set(ORDER[ORDER.index(folder) + 1 :])
    assert imported(path) & (later | KEPT_OUT[folder]) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_definitions_load_without_great_expectations_and_pandas(tmp_path: Path) -> None:
    """Their import takes seconds, which every command and every Dagster process would pay."""
    code = (
        "import sys, pipeline.definitions; "
        "print([name for name in ('great_expectations', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"TOKENTIDE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
