"""Token shards: what goes in comes out, through the map and through other readers."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from tokenizer.shards import Shard
from tokenizer.shardwriter import SCHEMA, ShardWriter, TokenizedDocument, rows_of

SMALL, LARGE = 2**16, 2**16 + 1


def document(tokens: Sequence[int], name: str = "d", **fields: object) -> TokenizedDocument:
    row: dict[str, object] = {"domain": "web", "language": "en", "n_bytes": 3 * len(tokens)}
    return TokenizedDocument(np.asarray(tokens, np.int64), doc_id=name, **(row | fields))  # type: ignore[arg-type]


def write(
    path: Path,
    documents: Sequence[TokenizedDocument],
    vocab_size: int = SMALL,
    row_group_tokens: int = 50,
) -> Shard:
    with (
        path.open("wb") as file,
        ShardWriter(
            file,
            vocab_size=vocab_size,
            tokenizer_sha256="ab12",
            row_group_tokens=row_group_tokens,
        ) as writer,
    ):
        middle = len(documents) // 2
        writer.write(rows_of(documents[:middle], vocab_size), "one")
        writer.write(rows_of(documents[middle:], vocab_size), "other")
    return Shard(path)


def sample(n_documents: int = 40, vocab_size: int = SMALL) -> list[TokenizedDocument]:
    rng = np.random.default_rng(7)
    return [
        document(
            rng.integers(0, vocab_size, rng.integers(1, 30)).tolist(),
            f"doc-{i}",
            domain=f"domain {i % 3}",
            language="de" if i % 2 else "en",
            n_bytes=int(rng.integers(1, 200)),
            repeat=i % 4,
        )
        for i in range(n_documents)
    ]


def fields(row: TokenizedDocument) -> tuple[object, ...]:
    return (row.tokens.tolist(), row.doc_id, row.domain, row.language, row.n_bytes, row.repeat)


documents_strategy = st.lists(
    st.builds(
        document,
        st.lists(st.integers(0, LARGE - 1), max_size=20),
        st.text(max_size=5),
        domain=st.text(max_size=3),
        language=st.sampled_from(["en", "zh"]),
        n_bytes=st.integers(0, 2**40),
        repeat=st.integers(0, 9),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(documents=documents_strategy, row_group_tokens=st.integers(1, 60))
def test_every_document_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[TokenizedDocument],
    row_group_tokens: int,
) -> None:
    path = tmp_path_factory.mktemp("shard") / "train-0.parquet"
    shard = write(path, documents, LARGE, row_group_tokens)
    shard.verify()
    assert [fields(shard.document(row)) for row in range(shard.n_documents)] == [
        fields(row) for row in documents
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), row_group_tokens=st.integers(1, 400))
def test_any_window_is_a_slice_of_the_concatenated_documents(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, row_group_tokens: int
) -> None:
    documents = sample()
    shard = write(tmp_path_factory.mktemp("s") / "s.parquet", documents, SMALL, row_group_tokens)
    corpus = np.concatenate([row.tokens for row in documents])
    start = data.draw(st.integers(0, len(corpus)))
    stop = data.draw(st.integers(start, len(corpus)))
    window = shard.tokens(start, stop)
    assert window.dtype == np.dtype("<u2")
    assert window.tolist() == corpus[start:stop].tolist()


@pytest.mark.parametrize(
    ("vocab_size", "kind", "dtype"), [(SMALL, "<u2", "uint16"), (LARGE, "<u4", "uint32")]
)
def test_pyarrow_and_duckdb_read_the_same_rows(
    tmp_path: Path, vocab_size: int, kind: str, dtype: str
) -> None:
    documents = sample(vocab_size=vocab_size)
    path = tmp_path / "s.parquet"
    shard = write(path, documents, vocab_size)
    assert shard.metadata["curate.dtype"] == dtype
    expected = [
        (row.tokens.astype(kind).tobytes(), len(row.tokens), *fields(row)[1:]) for row in documents
    ]
    arrow = pq.read_table(path)
    assert [tuple(row.values()) for row in arrow.to_pylist()] == expected
    query = f"select {', '.join(SCHEMA.names)} from read_parquet('{path}')"
    assert duckdb.connect().execute(query).fetchall() == expected


def test_a_document_longer_than_a_million_bytes_keeps_its_row_group_in_one_page(
    tmp_path: Path,
) -> None:
    """Parquet writers cut pages at 1 MiB and at 20,000 rows unless told otherwise."""
    documents = [document(list(range(SMALL)) * 20)]
    documents += [document([i]) for i in range(30_000)]
    shard = write(tmp_path / "s.parquet", documents, SMALL, 10**9)
    assert len(shard.pages) == 1
    assert shard.tokens(20 * SMALL - 1, 20 * SMALL + 2).tolist() == [SMALL - 1, 0, 1]
    shard.verify()


def test_a_window_within_a_row_group_is_not_copied(tmp_path: Path) -> None:
    shard = write(tmp_path / "s.parquet", sample(), row_group_tokens=10**6)
    window = shard.tokens(3, 90)
    assert not window.flags.owndata
    assert not window.flags.writeable


def test_row_groups_end_with_the_document_that_fills_them(tmp_path: Path) -> None:
    shard = write(tmp_path / "s.parquet", [document([1] * 4) for _ in range(5)], SMALL, 8)
    assert [page.n_tokens for page in shard.pages] == [8, 8, 4]


def test_the_document_of_a_token(tmp_path: Path) -> None:
    documents = [document([1, 2], "a"), document([], "empty"), document([3], "b")]
    shard = write(tmp_path / "s.parquet", documents)
    assert [shard.document_at(token).doc_id for token in range(3)] == ["a", "a", "b"]
    with pytest.raises(IndexError, match="token 3 of 3"):
        shard.document_at(3)
    with pytest.raises(IndexError, match="window 1 to 4 of 3"):
        shard.tokens(1, 4)


def test_bytes_are_shared_out_over_the_tokens_of_a_document(tmp_path: Path) -> None:
    documents = [document([1, 2], n_bytes=10), document([3, 4, 5, 6], n_bytes=4)]
    shard = write(tmp_path / "s.parquet", documents)
    assert [shard.bytes_before(token) for token in range(7)] == [0, 5, 10, 11, 12, 13, 14]


def test_an_empty_shard_is_a_shard(tmp_path: Path) -> None:
    shard = write(tmp_path / "s.parquet", [])
    shard.verify()
    assert (shard.n_tokens, shard.n_documents, shard.n_bytes) == (0, 0, 0)
    assert shard.tokens(0, 0).tolist() == []


def test_the_footer_states_counts_tokenizer_and_lineage(tmp_path: Path) -> None:
    documents = sample()
    shard = write(tmp_path / "s.parquet", documents)
    lineage = json.loads(shard.metadata.pop("curate.lineage"))
    assert [sum(group.values()) for group in lineage] == [
        pq.read_metadata(shard.path).row_group(group).num_rows for group in range(len(shard.pages))
    ]
    assert sum(map(Counter, lineage), Counter()) == {"one": 20, "other": 20}
    assert list(lineage[0]) == ["one"]
    assert list(lineage[-1]) == ["other"]
    assert shard.metadata == {
        "curate.dtype": "uint16",
        "curate.tokenizer_sha256": "ab12",
        "curate.n_tokens": str(sum(len(row.tokens) for row in documents)),
        "curate.n_documents": "40",
        "curate.n_bytes": str(sum(row.n_bytes for row in documents)),
    }


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", sample())
    write(tmp_path / "b.parquet", sample())
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_token_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="document d: token ids from 5 to 100"):
        rows_of([document([5, 100])], 100)


def test_verify_finds_any_flipped_byte_of_the_token_pages(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    shard = write(path, sample())
    whole = path.read_bytes()
    assert len(shard.pages) > 3
    for page in shard.pages:
        for offset in (page.offset, page.offset + 2 * page.n_tokens - 1):
            damaged = bytearray(whole)
            damaged[offset] ^= 4
            path.write_bytes(damaged)
            with pytest.raises(UserError, match=r"s\.parquet.*row group"):
                Shard(path).verify()


def test_a_footer_whose_row_groups_count_too_many_rows_is_refused(tmp_path: Path) -> None:
    shard = write(tmp_path / "s.parquet", sample())
    footer = pq.read_metadata(shard.path)
    page = shard.pages[0]
    size = footer.row_group(0).column(0).total_compressed_size
    column = SimpleNamespace(
        data_page_offset=footer.row_group(0).column(0).data_page_offset,
        total_compressed_size=size, compression="UNCOMPRESSED", num_values=0,
    )  # fmt: skip
    group = SimpleNamespace(column=lambda place: column)
    damaged = SimpleNamespace(num_row_groups=1, row_group=lambda number: group)
    for column.num_values in (-1, shard.n_documents + 1, 2**31):
        with (
            pytest.raises(UserError, match="row group 0 counts other rows"),
            Path(shard.path).open("rb") as file,
        ):
            shard._locate(damaged, file)
    column.num_values = footer.row_group(0).num_rows
    with Path(shard.path).open("rb") as file:
        assert shard._locate(damaged, file) == [page]


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, -1])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "s.parquet"
    write(path, sample())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    with pytest.raises(UserError, match=r"s\.parquet is no readable token shard"):
        Shard(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent"):
        Shard(tmp_path / "absent.parquet")


def test_a_shard_left_through_an_exception_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    with pytest.raises(RuntimeError), path.open("wb") as file:  # noqa: SIM117
        with ShardWriter(file, vocab_size=9, tokenizer_sha256="") as writer:
            writer.write(rows_of([document([1])], 9), "one")
            raise RuntimeError
    with pytest.raises(UserError, match=r"s\.parquet.*no curate\."):
        Shard(path)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"compression": "zstd"}, "compressed"),
        ({"data_page_version": "2.0"}, "Thrift type"),
        ({"write_page_checksum": False}, "no header of a checked version 1 data page"),
        ({"column_encoding": {"tokens": "PLAIN"}}, "page type and encoding"),
        ({"max_rows_per_page": 10}, "not stored as one page"),
    ],
)
def test_another_layout_of_the_same_rows_is_refused(
    tmp_path: Path, options: dict[str, object], problem: str
) -> None:
    """The map would read rubbish from such a file, though every Parquet reader reads it well."""
    write(tmp_path / "s.parquet", [document([1, 2])] * 2000, row_group_tokens=10**6)
    table = pq.read_table(tmp_path / "s.parquet")
    layout: dict[str, object] = {
        "compression": "NONE",
        "use_dictionary": False,
        "column_encoding": {"tokens": "DELTA_LENGTH_BYTE_ARRAY"},
        "write_page_checksum": True,
        "write_statistics": False,
        "write_batch_size": 10,
    }
    path = tmp_path / "other.parquet"
    pq.write_table(table, path, **layout)
    assert Shard(path).n_tokens == 4000
    pq.write_table(table, path, **(layout | options))
    with pytest.raises(UserError, match=rf"other\.parquet.*{problem}"):
        Shard(path)


def test_an_ordinary_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "text.parquet")
    with pytest.raises(UserError, match=r"text\.parquet.*columns"):
        Shard(tmp_path / "text.parquet")


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("curate.n_tokens", "1", "states 1 +n_tokens"),
        ("curate.n_documents", "1", "states 1 +n_documents"),
        ("curate.n_bytes", "1", "states 1 +n_bytes"),
        ("curate.dtype", "int8", "its tokens are int8"),
    ],
)
def test_a_footer_that_contradicts_the_rows_is_refused(
    tmp_path: Path, key: str, value: str, problem: str
) -> None:
    path = tmp_path / "s.parquet"
    documents = sample()
    shard = write(path, documents)
    length = len(shard.metadata[key])
    whole = path.read_bytes()
    at = whole.index(shard.metadata[key].encode(), whole.index(key.encode()))
    path.write_bytes(whole[:at] + value.ljust(length).encode() + whole[at + length :])
    with pytest.raises(UserError, match=problem):
        Shard(path)


def test_memory_that_reading_takes_can_be_given_back(tmp_path: Path) -> None:
    """20 MB of tokens are mapped as they are read, and no more after `release`."""
    shard = write(tmp_path / "s.parquet", [document(list(range(1000)))] * 10_000, SMALL, 10**7)
    process = psutil.Process()
    before = process.memory_info().shared
    total = int(shard.tokens(0, shard.n_tokens).sum(dtype=np.int64))
    assert process.memory_info().shared - before > 15_000_000
    shard.release()
    assert process.memory_info().shared - before < 5_000_000
    assert int(shard.tokens(0, shard.n_tokens).sum(dtype=np.int64)) == total
