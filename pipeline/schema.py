"""The Arrow schema of every Parquet file the stages write, but for token shards.

Token shards are laid out by `tokenizer.shards`. `docs/data-format.md` describes every column.
"""

import pyarrow as pa

CAPTURE = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("url", pa.string(), nullable=False),
    pa.field("date", pa.string(), nullable=False),
    pa.field("warc", pa.string(), nullable=False),
    pa.field("offset", pa.int64(), nullable=False),
    pa.field("length", pa.int64(), nullable=False),
]

CAPTURE_COLUMNS = [field.name for field in CAPTURE]

_REJECTION = [
    pa.field("outcome", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("value", pa.float64()),
    pa.field("detail", pa.string(), nullable=False),
]

_TEXT = [
    pa.field("host", pa.string(), nullable=False),
    pa.field("text", pa.string(), nullable=False),
    pa.field("n_chars", pa.int64(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
    pa.field("language_score", pa.float64(), nullable=False),
]

_METADATA = [
    pa.field("language_second", pa.string()),
    pa.field("link_density", pa.float64()),
    pa.field("title", pa.string(), nullable=False),
    pa.field("published", pa.string(), nullable=False),
    pa.field("canonical_url", pa.string(), nullable=False),
    pa.field("declared_language", pa.string(), nullable=False),
    pa.field("licences", pa.list_(pa.string()), nullable=False),
    pa.field("opt_outs", pa.list_(pa.string()), nullable=False),
]

_DOMAIN = [
    pa.field(name, kind)
    for scheme in ("domain", "topic", "format")
    for name, kind in ((scheme, pa.string()), (f"{scheme}_score", pa.float64()))
]

DOMAIN_COLUMNS = [field.name for field in _DOMAIN]

_EDITS = pa.field(
    "edits",
    pa.list_(
        pa.struct(
            [
                pa.field("start", pa.int64(), nullable=False),
                pa.field("stop", pa.int64(), nullable=False),
                pa.field("kind", pa.string(), nullable=False),
                pa.field("text", pa.string(), nullable=False),
            ]
        )
    ),
    nullable=False,
)

DOCUMENTS = pa.schema([*CAPTURE, *_TEXT, *_METADATA])
REJECTED = pa.schema([*CAPTURE, *_REJECTION])


def filtered(statistics: list[str]) -> pa.Schema:
    """Documents the filter kept: what is left of their text, its edits, and every statistic."""
    fields = (pa.field(name, pa.float64()) for name in statistics)
    return pa.schema([*DOCUMENTS, *_DOMAIN, _EDITS, *fields])


def filter_rejected(statistics: list[str]) -> pa.Schema:
    """Documents the filter dropped: the statistics, and the rule that decided; no text."""
    host, _, n_chars, language, score = _TEXT
    fields = (pa.field(name, pa.float64()) for name in statistics)
    return pa.schema([*REJECTED, host, n_chars, language, score, *_DOMAIN, _EDITS, *fields])


def without_boilerplate(statistics: list[str]) -> pa.Schema:
    """Documents of `lines`: as the filter kept them, and a hash of the text that it kept."""
    return pa.schema([*filtered(statistics), pa.field("exact", pa.binary(16), nullable=False)])


COVERAGE = pa.schema(
    [
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.int64(), nullable=False),
        pa.field("n_words", pa.int64(), nullable=False),
        pa.field("covered", pa.float64(), nullable=False),
        pa.field("pages", pa.int64(), nullable=False),
        pa.field("page_id", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
    ]
)

SIGNATURES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("date", pa.string(), nullable=False),
        pa.field("quality", pa.float64()),
        pa.field("n_chars", pa.int64(), nullable=False),
        pa.field("canonical_url", pa.binary(16)),
        pa.field("exact", pa.binary(16)),
        pa.field("signature", pa.binary()),
    ]
)

COMPONENTS = pa.schema(
    [
        pa.field("root", pa.uint64(), nullable=False),
        pa.field("node", pa.uint64(), nullable=False),
    ]
)

DUPLICATES = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("kept_id", pa.string(), nullable=False),
        pa.field("kept_url", pa.string(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("similarity", pa.float64(), nullable=False),
    ]
)

WEIGHTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
        pa.field("quality", pa.float64()),
        pa.field("duplicate_of", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("anneal", pa.bool_(), nullable=False),
        pa.field("weight", pa.float64(), nullable=False),
        pa.field("repeats", pa.int32(), nullable=False),
    ]
)

CITING_PAGES = pa.schema(
    [
        # Large: a partition's strings, sorted, are one array.
        pa.field("canonical_url", pa.large_string(), nullable=False),
        pa.field("language", pa.large_string(), nullable=False),
        pa.field("url", pa.large_string(), nullable=False),
        pa.field("page", pa.large_string(), nullable=False),
        pa.field("citations", pa.int64(), nullable=False),
        pa.field("in_ref", pa.bool_(), nullable=False),
        pa.field("categories", pa.large_list(pa.large_string()), nullable=False),
    ]
)

REFERENCES = pa.schema(
    [
        pa.field("canonical_url", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("host", pa.string(), nullable=False),
        pa.field("domain", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("citations", pa.int64(), nullable=False),
        pa.field("pages", pa.int64(), nullable=False),
        pa.field("in_ref", pa.int64(), nullable=False),
        pa.field("citing_pages", pa.list_(pa.string()), nullable=False),
        pa.field("categories", pa.list_(pa.string()), nullable=False),
    ]
)

DROPPED_PAGES = pa.schema(
    [
        pa.field("dump", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("namespace", pa.int64()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)

_EXAMPLE = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("url", pa.string(), nullable=False),
    pa.field("domain", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
    pa.field("n_chars", pa.int64(), nullable=False),
    pa.field("link_density", pa.float64()),
    pa.field("stop_words", pa.float64()),
    pa.field("split", pa.string(), nullable=False),
    pa.field("label", pa.bool_(), nullable=False),
]

# Large: all examples are one array.
EXAMPLES = pa.schema([*_EXAMPLE, pa.field("words", pa.large_string(), nullable=False)])
SCORED_EXAMPLES = pa.schema([*_EXAMPLE, pa.field("score", pa.float64(), nullable=False)])
