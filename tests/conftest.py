"""What holds for all tests."""

import signal
from pathlib import Path, PurePath
from typing import Any

import hypothesis
import pytest

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program they
# start inherits that. Tests that interrupt a program need it to listen.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails for the time it takes: the processes that share the tests share the cores.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

HERE = Path(__file__).parent
_SLOW_FIRST = ("end_to_end", "stages", "training", "tasks", "tokenizer", "classifiers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, begin with the slow ones, so that none ends late."""
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(_SLOW_FIRST)}
        items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process, and so make what its module needs once.

    A folder with a conftest.py of its own, which makes what its files share, is kept whole too.
    """
    from xdist.scheduler import LoadScopeScheduling

    whole = {str(path.parent.relative_to(config.rootpath)) for path in HERE.glob("*/conftest.py")}

    class ByFileOrFolder(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = PurePath(nodeid.partition("::")[0])
            return str(file.parent if str(file.parent) in whole else file)

    return ByFileOrFolder(config, log)
