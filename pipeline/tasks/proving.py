"""Proof: what is held out, which documents each arm reads, and their shards.

prove/held-out.parquet          the texts that are measured
prove/held-out/                 them as validation shards
prove/weights/ARM/              what stage `weight` makes by an arm's settings
prove/chosen/ARM/               how often an arm reads each document of its source
prove/arms/ARM/                 what could not be encoded of it, and how much there is of it all
prove/arms/ARM/seedN/           the shards that its model of a seed reads
prove/dropped-PART.parquet      the pages that are in no arm: held out, or like what is
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import armsample, heldout
from pipeline.arms import DOMAIN, WEIGHTS, Arm
from pipeline.attempt import attempt
from pipeline.config import ShardsSection
from pipeline.exchange import WORK
from pipeline.files import join, remove_folder
from pipeline.heldout import HeldOut, is_held_out
from pipeline.ledger import Counts, Manifest, Part
from pipeline.parts import PartWriter, capture_of, finished, read_rows, read_table, rejected_row
from pipeline.proveconfig import CRAWL, CURATED, ProveSection
from pipeline.records import Rejected
from pipeline.sandbox import Guard
from pipeline.schema import CAPTURE_COLUMNS, REJECTED
from pipeline.shardset import VALID
from pipeline.tasks.copies import page_hash
from pipeline.tasks.encoding import (
    BLOCKS,
    Encoded,
    Sources,
    blocks_of,
    read_block,
    write_blocks,
    write_rows,
)
from pipeline.tasks.sharding import Tokenizer, plan_shards, shard_facts, write_shard
from pipeline.urls import host, registered_domain
from pipeline.whatif import KEPT, judge_table, judged_documents
from tokenizer.encode import encoder
from tokenizer.shardwriter import TokenizedDocument

HELD_OUT, DUPLICATE, OVERLAP = "held_out", "duplicate", "overlap"
"""Why a page is in no arm: its site is held out; so is that of the page whose duplicate it is, and
`dedup` would lose both; it holds too much of a text that is measured."""
TEXTS, HELD_OUT_SHARDS = "held-out.parquet", "held-out"
ARM = "arm"
"""What the manifest of an arm calls its stage."""
_SIZES = [*armsample.COLUMNS, "n_bytes"]
_PREFIXES = ("dropped",)
_CHOSEN = pa.schema(
    [
        pa.field("domain", pa.string(), nullable=False),
        pa.field("anneal", pa.bool_(), nullable=False),
        pa.field("repeats", pa.int32(), nullable=False),
    ]
)
_PAGE = ["id", "warc", "offset"]

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Proof:
    """Where a proof reads and writes.

    Attributes:
        run: The run's folder.
        folder: The stage's folder.
        section: What is asked for.
        arms: The arms.
    """

    run: str
    folder: str
    section: ProveSection
    arms: tuple[Arm, ...]

    def chosen(self, arm: Arm) -> str:
        """The folder that says how often an arm reads each document."""
        return join(self.folder, "chosen", arm.name)

    def arm(self, arm: Arm) -> str:
        """The folder of an arm."""
        return join(self.folder, "arms", arm.name)

    def shards(self, arm: Arm, seed: int) -> str:
        """The folder of the shards that an arm's model of a seed reads."""
        return join(self.arm(arm), f"seed{seed}")

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds: that of the settings, and those after it."""
        return tuple(self.section.train.seed + number for number in range(self.section.seeds))

    @property
    def tokens(self) -> int:
        """Tokens of which a model reads each at most once."""
        train = self.section.train
        return (train.steps * train.batch_sequences + 1) * train.context

    def weights(self, arm: Arm) -> str:
        """The folder of stage `weight` as an arm has it."""
        if arm.name == WEIGHTS:
            return join(self.run, "weight")
        return join(self.folder, "weights", arm.name)


def hold_out(guard: Guard, proof: Proof, name: str) -> list[HeldOut]:
    """Of a part's pages on hosts that are held out those that may be measured."""
    return heldout.choose(_own(proof, name), proof.section)


def _own(proof: Proof, name: str) -> Iterator[HeldOut]:
    part, share = f"part-{name}.parquet", proof.section.site_share
    columns = ["id", "host", "language", "text"]
    for row in read_rows(join(proof.run, "extract", part), columns):
        if is_held_out(row["host"], share):
            yield _page(CRAWL, row)
    weighed = read_table(join(proof.run, "weight", part), ["duplicate_of"]).to_pylist()
    curated = read_rows(join(proof.run, "lines", part), columns)
    for row, beside in zip(curated, weighed, strict=True):
        if is_held_out(row["host"], share) and beside["duplicate_of"] is None:
            yield _page(CURATED, row)


def _page(kind: str, row: Mapping[str, Any]) -> HeldOut:
    site = registered_domain(row["host"])
    return HeldOut(kind, row["id"], site, row["language"], row["text"])


def choose_documents(guard: Guard, proof: Proof, name: str) -> Part:
    """Write how often each arm reads each document of a part, and which pages none reads."""
    if finished(proof.folder, name, _PREFIXES) is None:
        excluded = [*_excluded(guard, proof, name)]
        nowhere = np.array([page_hash(asdict(one.capture)) for one in excluded], np.uint64)
        for source, arms in groupby(proof.arms, key=lambda arm: arm.source):
            pages = _pages(read_table(join(proof.run, source, f"part-{name}.parquet"), _PAGE))
            for arm in arms:
                repeats = _repeats(proof, arm, name, pages)
                repeats[np.isin(pages, nowhere)] = 0
                _write_chosen(join(proof.chosen(arm), f"part-{name}.parquet"), repeats)
        _write_excluded(proof, name, excluded)
    part = finished(proof.folder, name, _PREFIXES)
    assert part is not None
    return part


def _excluded(guard: Guard, proof: Proof, name: str) -> Iterator[Rejected]:
    """The pages of a part that no arm reads."""
    texts, section = join(proof.folder, TEXTS), proof.section
    duplicates = _duplicates(proof, name)
    rows = read_rows(
        join(proof.run, "extract", f"part-{name}.parquet"), [*CAPTURE_COLUMNS, "host", "text"]
    )
    for index, row in enumerate(rows):
        capture = capture_of(row)
        if is_held_out(row["host"], section.site_share):
            yield Rejected(capture, "dropped", HELD_OUT)
            continue
        if page_hash(row) in duplicates:
            yield Rejected(capture, "dropped", DUPLICATE)
            continue
        found = attempt(guard, index, capture, partial(heldout.overlap, row["text"], texts))
        if isinstance(found, Rejected):
            yield found
        elif found > section.max_overlap:
            yield Rejected(capture, "dropped", OVERLAP, found)


def _duplicates(proof: Proof, name: str) -> set[int]:
    """The pages of a part whose place dedup gave to a page that is held out."""
    share = proof.section.site_share
    table = read_table(join(proof.run, "dedup", f"duplicates-{name}.parquet"), ["row", "kept_url"])
    held_out = [is_held_out(host(url), share) for url in table["kept_url"].to_pylist()]
    rows = table["row"].to_numpy()[np.array(held_out, np.bool_)]
    pages = _pages(read_table(join(proof.run, "lines", f"part-{name}.parquet"), _PAGE))
    return {*pages[rows].tolist()}


def _repeats(proof: Proof, arm: Arm, name: str, pages: npt.NDArray[np.uint64]) -> Numbers:
    """How often an arm reads each row of a part of its source."""
    if arm.weight:
        path = join(proof.weights(arm), f"part-{name}.parquet")
        found: Numbers = read_table(path, ["repeats"])["repeats"].to_numpy().copy()
        return found
    if arm.filter:
        table = judged_documents(proof.run, name, _PAGE[1:])
        reasons, _ = judge_table(table, arm.filter)
        return np.isin(pages, _pages(table)[reasons == KEPT]).astype(np.int32)
    return np.ones(len(pages), np.int32)


def _pages(table: pa.Table) -> npt.NDArray[np.uint64]:
    """What tells each row's page from all others, in every stage."""
    return np.array([page_hash(row) for row in table.select(_PAGE).to_pylist()], np.uint64)


def _write_chosen(path: str, repeats: Numbers) -> None:
    with PartWriter(path, _CHOSEN) as writer:
        for count in repeats.tolist():
            writer.write({"domain": DOMAIN, "anneal": False, "repeats": count})


def _write_excluded(proof: Proof, name: str, excluded: Sequence[Rejected]) -> None:
    reasons = Counter((one.outcome, one.reason) for one in excluded)
    dropped = {reason: count for (how, reason), count in reasons.items() if how == "dropped"}
    failed = {reason: count for (how, reason), count in reasons.items() if how == "failed"}
    extracted = join(proof.run, "extract", f"part-{name}.parquet")
    read = read_table(extracted, ["offset"]).num_rows
    with PartWriter(join(proof.folder, f"dropped-{name}.parquet"), REJECTED) as writer:
        for one in excluded:
            writer.write(rejected_row(one))
        writer.describe(Counts(read, read - len(excluded), dropped, failed), {})


def encode_held_out(guard: Guard, proof: Proof, sources: Sources, tokenizer: Tokenizer) -> None:
    """Write the texts that are measured as validation shards, their kinds as domains."""
    folder, name = join(proof.folder, HELD_OUT_SHARDS), "texts"
    encode = encoder(sources.tokenizer, sources.end_of_text, sources.sha256)

    def tokenized(one: HeldOut) -> TokenizedDocument:
        # Without the end of text: most of them do not end where they are cut.
        tokens = encode.encode(one.text)[:-1]
        n_bytes = len(one.text.encode())
        return TokenizedDocument(tokens, one.id, one.kind, one.language, n_bytes, repeat=1)

    documents = ((VALID, tokenized(one)) for one in heldout.read(join(proof.folder, TEXTS)))
    write_blocks(folder, name, documents, tokenizer.vocab_size)
    _write_shards(guard, folder, [name], ShardsSection(), tokenizer)


def sample_arm(
    guard: Guard,
    proof: Proof,
    arm: Arm,
    names: Sequence[str],
    section: ShardsSection,
    tokenizer: Tokenizer,
) -> None:
    """Write of an arm, encoded part by part, the shards that the model of each seed reads."""
    folder = proof.arm(arm)
    sizes = pa.concat_tables(_encoded(folder, name).select(_SIZES) for name in names)
    for seed in proof.seeds:
        own = proof.shards(arm, seed)
        if Manifest.read(own) is None:
            most = armsample.bound(sizes, seed, proof.tokens)
            for name in names:
                write_rows(own, name, armsample.below(_encoded(folder, name), seed, most))
            _write_shards(guard, own, names, section, tokenizer)
    repeats = sizes["repeat"].to_numpy().astype(np.int64)
    facts = {
        "documents": int(repeats.sum()),
        "tokens": int(repeats @ sizes["n_tokens"].to_numpy()),
        "n_bytes": int(repeats @ sizes["n_bytes"].to_numpy()),
    }
    remove_folder(join(folder, WORK))
    Manifest.of_parts(ARM, {}, {}, (), facts).write(folder)


def _encoded(folder: str, name: str) -> pa.Table:
    """The documents of an encoded part, with the columns `BLOCKS`."""
    blocks = [read_block(folder, block) for block in blocks_of(folder, name)]
    return pa.concat_tables([BLOCKS.empty_table(), *blocks])


def _write_shards(
    guard: Guard, folder: str, names: Sequence[str], section: ShardsSection, tokenizer: Tokenizer
) -> None:
    """Write the shards of encoded parts, and their manifest."""
    parts = [Encoded(Part(name, Counts(), {}), tuple(blocks_of(folder, name))) for name in names]
    plans = plan_shards(parts, section.target_mib << 20, tokenizer.vocab_size)
    done = [write_shard(guard, plan, section.row_group_tokens, tokenizer, folder) for plan in plans]
    facts = shard_facts(folder, done, tokenizer, anneal=False)
    remove_folder(join(folder, WORK))
    Manifest.of_parts("shards", {}, {}, [one.part for one in done], facts).write(folder)
