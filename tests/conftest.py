"""What holds for all tests."""

import signal

import pytest

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program they
# start inherits that. Tests that interrupt a program need it to listen.
signal.signal(signal.SIGINT, signal.default_int_handler)

_SLOW_FIRST = ("end_to_end", "stages", "training", "tasks", "tokenizer", "classifiers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Share the tests out to processes so that each fixture is made once and none ends late.

    A file's tests stay together; so do those of a folder whose conftest.py makes what they share.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        shares = (item.path.parent / "conftest.py").exists()
        group = item.path.parent if shares and item.path.parent.name != "tests" else item.path
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(config.rootpath))))
    places = {name: place for place, name in enumerate(_SLOW_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))
