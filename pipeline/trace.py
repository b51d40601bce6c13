"""A sentence in a shard, traced back to the bytes of the archive it came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files, warc
from pipeline.config import ExtractSection
from pipeline.edits import apply
from pipeline.errors import UserError
from pipeline.extract import extract
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.records import Document, Edit, Page
from pipeline.shardset import ShardFile, ShardSet
from tokenizer.encode import Encoder, load
from tokenizer.shards import Shard

_AROUND = 60


@dataclass(frozen=True)
class Trace:
    """Where a sentence stands, from the shard back to the archive.

    Attributes:
        shard: The shard's path.
        row: The document's row in it.
        id: The document's id.
        url: Its URL.
        warc: The archive.
        offset: The record's first byte in the archive.
        length: Its bytes there.
        domain: The domain that the classifier gave it; None without one.
        domain_score: Its probability.
        context: The sentence with what surrounds it, read from the archive anew.
    """

    shard: str
    row: int
    id: str
    url: str
    warc: str
    offset: int
    length: int
    domain: str | None
    domain_score: float | None
    context: str


def trace(run: str, sentence: str, access: files.Access = files.DEFAULT_ACCESS) -> Iterator[Trace]:
    """Every document of the shards that contains the sentence.

    The sentence is found in the stored text, the document in the shard by its id and decoded from
    its tokens, and its record is read from the archive and extracted once more.

    Args:
        run: The run folder.
        sentence: Words as they stand in the text.
        access: How the archives are reached.

    Raises:
        UserError: The run is elsewhere or has no shards, or an archive cannot be read or is no
            longer the same.
    """
    if not files.is_local(run):
        raise UserError(f"{run}: shards are read through a memory map; copy the run here")
    shards = ShardSet.read(files.join(run, "shards")).shards
    stages = ("extract", "lines", "tokenizer")
    extracted, texts, tokenizer = (Manifest.read(files.join(run, name)) for name in stages)
    if not (extracted and texts and tokenizer):
        raise UserError(f"{run}: no shards; run `curate shard` first")
    section = ExtractSection.model_validate(extracted.settings["settings"]["extract"])
    end = tokenizer.settings["settings"]["special_tokens"][0]
    encoder = Encoder(load(files.join(run, "tokenizer", "tokenizer.json")), end)
    for part in texts.parts:
        table = read_table(files.join(run, "lines", f"part-{part.name}.parquet"))
        hits = table.filter(pc.match_substring(table["text"], sentence)).to_pylist()
        holding = [shard.path for shard in shards if _holds(shard, part.name)] if hits else []
        wanted = pa.array([document["id"] for document in hits], pa.string())
        rows = {path: _rows_of(path, wanted) for path in holding}
        opened = cache(Shard)
        for document in hits:
            for path in holding:
                if (row := rows[path].get(document["id"])) is not None:
                    text = encoder.decode(opened(path).document(row).tokens)
                    yield _traced(path, row, text, document, sentence, section, access)


def _holds(shard: ShardFile, split: str) -> bool:
    return any(split in row_group for row_group in shard.lineage)


def _rows_of(path: str, wanted: pa.Array) -> dict[str, int]:
    """Of the documents that are wanted those in a shard, and the first row of each."""
    ids = read_table(path, ["doc_id"])["doc_id"]
    rows = pc.indices_nonzero(pc.is_in(ids, wanted))
    found = zip(ids.take(rows).to_pylist(), rows.to_pylist(), strict=True)
    return dict(reversed(list(found)))


def _traced(
    path: str,
    row: int,
    decoded: str,
    document: dict[str, Any],
    sentence: str,
    section: ExtractSection,
    access: files.Access,
) -> Trace:
    """A document's way back to its archive; `decoded` is its text by its tokens."""
    if sentence not in decoded:
        folder = path.rpartition("/")[0]
        raise UserError(
            f"{path}: row {row} does not decode to its text; delete {folder} and run `curate shard`"
        )
    place = document["warc"], document["offset"]
    try:
        page = warc.read_record_at(*place, document["id"], section.max_body_bytes, access)
    except OSError as error:
        raise UserError(f"{place[0]}: cannot be read ({error.strerror or error})") from error
    again = extract(page, section, None) if isinstance(page, Page) else page
    text = again.text if isinstance(again, Document) else ""
    text = apply(text, [Edit(**edit) for edit in document["edits"]])
    start = text.find(sentence)
    if start < 0:
        raise UserError(
            f"{document['warc']}: the record at byte {document['offset']} no longer says so; "
            "the archive has changed since the run"
        )
    context = text[max(0, start - _AROUND) : start + len(sentence) + _AROUND]
    columns = ("id", "url", "warc", "offset", "length", "domain", "domain_score")
    return Trace(path, row, **{key: document[key] for key in columns}, context=context)
