"""The walls of the house: which module may import which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("pipeline", "classifiers", "tokenizer", "training")
# The command's top: it builds the options and runs the stages.
TOP = {"cli.py", "run.py", "order.py", "plan.py", "model.py", "prove.py"}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """The modules a file imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_layer_imports_only_what_lies_below(path: Path) -> None:
    place = path.relative_to(ROOT)
    beam = place.parts[:2] == ("pipeline", "stages") or place.name in TOP
    if not beam:
        assert "apache_beam" not in tops(path)
        assert not {name for name in imports(path) if name.startswith("pipeline.stages")}
    if place.parts[0] != "training":
        assert "torch" not in tops(path)
    if place.parts[0] in ("classifiers", "tokenizer"):
        assert not tops(path) & {"training"}
        below = {name for name in imports(path) if name.startswith("pipeline.")}
        assert not {name for name in below if name.startswith(("pipeline.tasks", "pipeline.run"))}


@pytest.mark.parametrize(
    "module", ["pipeline.tasks.extracting", "pipeline.tasks.sharding", "training.data"]
)
def test_child_processes_and_the_loader_load_neither_beam_nor_torch(module: str) -> None:
    code = f"import sys, {module}; print('apache_beam' in sys.modules, 'torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]


def test_no_module_is_long() -> None:
    """One idea a file: 400 lines at most; the sample crawl's word lists are data."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in modules()
        if "sample" not in path.parts
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_no_script_hides_a_package() -> None:
    """A script's own folder comes first where its imports are looked for."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    scripts = {
        path.stem for name in ("benchmarks", "scripts") for path in (ROOT / name).glob("*.py")
    }
    assert packages >= {"pipeline", "training"}
    assert not packages & scripts
