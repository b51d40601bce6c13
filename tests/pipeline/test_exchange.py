"""Rows sent through files arrive once, where they belong, in their order."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.exchange import receive, send

SCHEMA = pa.schema([pa.field("name", pa.string(), nullable=False), pa.field("data", pa.binary())])
RECEIVERS = 3
BLOCK = st.lists(st.integers(0, RECEIVERS - 1), max_size=12)
SENDERS = st.lists(st.lists(BLOCK, max_size=3), max_size=4)


@given(SENDERS)
@settings(deadline=None)
def test_each_receiver_gets_its_rows_of_all_senders_in_order(
    senders: list[list[list[int]]],
) -> None:
    expected: list[list[dict[str, Any]]] = [[] for _ in range(RECEIVERS)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for sender, blocks in enumerate(senders):
            tables = []
            for number, receivers in enumerate(blocks):
                rows = [
                    {"name": f"{sender}-{number}-{row}", "data": None if row % 2 else b"\0" * row}
                    for row in range(len(receivers))
                ]
                tables.append((pa.Table.from_pylist(rows, SCHEMA), np.array(receivers, np.int64)))
                for row, receiver in zip(rows, receivers, strict=True):
                    expected[receiver].append(row)
            paths.append(str(Path(folder) / f"{sender}.arrow"))
            send(paths[-1], tables, SCHEMA, RECEIVERS)
        for receiver, rows in enumerate(expected):
            batches = receive(paths, receiver, RECEIVERS)
            assert pa.Table.from_batches(batches, SCHEMA).to_pylist() == rows
