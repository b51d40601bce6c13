"""The TOML file as frozen, typed models, and how it is read; an unknown key is refused."""

import math
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)

from classifiers.config import LanguageConfig, Languages, ScoreByLanguage
from pipeline import models, rules
from pipeline.configerrors import explain, problems
from pipeline.errors import UserError
from pipeline.files import Access
from pipeline.mixconfig import MixSection
from pipeline.personal import KINDS
from pipeline.proveconfig import ProveSection
from pipeline.rules import UNBOUNDED
from pipeline.section import Names, NonEmpty, Positive, Section, Share
from pipeline.weightconfig import WeightSection
from tokenizer.config import TokenizerConfig
from training.config import TrainConfig

Model = Annotated[str, AfterValidator(models.checked)]


def _bound(value: object) -> "float | Literal['none'] | None":
    if value is None or value == "none":
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError("should be a finite number or 'none'")


Bound = Annotated[float | Literal["none"] | None, PlainValidator(_bound)]


class RunSection(Section):
    """Where the run stands."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """The run folder's name."""
    output: NonEmpty = "runs"
    """The folder of run folders: a path or an fsspec URL."""


class InputSection(Section):
    """What is read."""

    paths: Names = ()
    """WARC, ARC or WET files: paths, globs, URLs (`https`, `s3`, `gs`), or lists of such, with
    names in `.paths` or `.paths.gz`."""
    base: NonEmpty = "https://data.commoncrawl.org/"
    """The folder or URL that the relative paths in lists belong to."""
    max_files: Annotated[int, Field(ge=0)] = 0
    """Reads so many of the files, chosen by hash of their paths; 0 means all."""
    split_mib: Positive = 64
    """Compressed MiB of an archive that one task reads."""
    anonymous: bool = False
    """Whether `s3` and `gs` are read without credentials: archives, dumps, references, models."""
    http_retries: Annotated[int, Field(ge=0)] = 10
    """How often a request to a web server is repeated, later each time."""
    http_timeout_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """A web server that is silent for so long has failed."""

    @property
    def access(self) -> Access:
        """How files elsewhere are reached."""
        return Access(self.http_retries, self.http_timeout_seconds, self.anonymous)


class WorkersSection(Section):
    """The child processes that touch pages.

    They decide no output byte, but for the pages that end at a limit: those fail.
    """

    count: Annotated[int, Field(ge=0)] = 0
    """Processes; 0 means one a core."""
    page_seconds: Annotated[float, Field(gt=0)] = 60.0
    """A page that makes no progress for so long is killed and fails."""
    memory_mib: Annotated[int, Field(ge=512)] = 4096
    """A process that outgrows this is killed, and its page fails."""

    @property
    def processes(self) -> int:
        """How many there are."""
        return self.count or len(os.sched_getaffinity(0))


class ExtractSection(Section):
    """From captured bytes to text."""

    engine: Literal["careful", "trafilatura", "resiliparse"] = "careful"
    """What finds the main text: our own choice of blocks, as Markdown-like lines; trafilatura's
    text as it is; or resiliparse's."""
    comments: bool = False
    """Whether readers' comments belong to the text."""
    screen: bool = True
    """Whether a cheap look rejects pages first that the filter must drop anyway. For
    `careful` alone: the other engines find text where it does not look."""
    max_body_bytes: Positive = 10_000_000
    """A page with a longer body, decoded, is dropped."""
    max_nodes: Positive = 100_000
    """A page with more elements is dropped."""
    max_attributes: Positive = 5_000
    """A page with an element of more attributes is dropped."""


class QualitySection(Section):
    """The classifier of pages that look like those Wikipedia cites."""

    dumps: Names = ()
    """MediaWiki dumps whose citations are the positives: paths, globs, URLs."""
    references: str = ""
    """In place of dumps, the folder that `curate classifier references` made of them. With
    neither, no classifier is trained."""
    model: Model = ""
    """A fastText model to use instead of training one: a path, or `URL#sha256=HEX`."""
    match: Literal["url", "path", "host"] = "url"
    """Which pages are positives: at a cited address; also below one, by its path; or on a host of
    one."""
    negatives_per_positive: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 3.0
    """Other pages per cited page, of the same language and length."""
    epochs: Annotated[tuple[Positive, ...], Field(strict=False, min_length=1)] = (25, 5)
    """Passes over the training pages. Of these lists every combination is tried, and the best on
    pages held out for that is taken, of equals the first; give one value each, and none is."""
    dim: Annotated[tuple[Positive, ...], Field(strict=False, min_length=1)] = (16,)
    """Sizes of the word vectors, as above."""
    learning_rate: Annotated[
        tuple[Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)], ...],
        Field(strict=False, min_length=1),
    ] = (0.5, 0.2)
    """fastText's `lr`, as above."""
    word_ngrams: Annotated[tuple[Positive, ...], Field(strict=False, min_length=1)] = (2, 1)
    """Longest n-gram of words that is a feature, as above."""
    bucket: Positive = 50_000
    """Hash buckets for the n-grams."""
    quantize: bool = False
    """Whether the model is made smaller, at some loss: `model.ftz` in place of `model.bin`."""

    @property
    def trains(self) -> bool:
        """Whether a classifier is trained."""
        return bool(self.dumps or self.references)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [key for key in ("dumps", "references", "model") if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} stand in place of each other; give one")
        return self


class DomainSection(Section):
    """The classifier of domains, topics and formats."""

    model: Model = ""
    """The `model.json` that `curate classifier train domain` wrote: a path, or `URL#sha256=HEX`.
    Without it documents have no domain but their host's."""
    min_score: Share = 0.3
    """A domain that is less probable counts as `unknown`."""


class Bounds(Section):
    """A rule's bounds; `none` lifts one, and one that is not given stays as it is."""

    low: Bound = None
    """The least value that is kept."""
    high: Bound = None
    """The greatest value that is kept."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.over(UNBOUNDED)
        if low is not None and high is not None and low > high:
            raise ValueError(f"low = {low:g} is above high = {high:g}: nothing is kept")
        return self

    def over(self, others: rules.Bounds) -> rules.Bounds:
        """These bounds, and others where none is given."""
        low, high = (
            None if own == "none" else other if own is None else own
            for own, other in zip((self.low, self.high), others, strict=True)
        )
        return low, high


class EditsSection(Section):
    """What is taken out of a text before it is judged; each kind is counted."""

    long_word_lines: Positive | None = None
    """Lines with a longer word than so many characters."""
    citation_marks: bool = False
    """Marks such as `[12]`, `[edit]`, `[citation needed]`."""
    unterminated_lines: bool = False
    """Lines that do not end in a terminal punctuation mark, or end in an ellipsis."""
    short_lines: Positive | None = None
    """Lines of fewer words."""
    javascript_lines: bool = False
    """Lines that speak of JavaScript."""
    policy_lines: bool = False
    """Lines that speak of cookies, terms of use or a privacy policy."""
    uppercase_lines: Share | None = None
    """Lines of which a greater share of the characters is upper case."""
    numeric_lines: bool = False
    """Lines of numbers alone."""
    counter_lines: bool = False
    """Lines that count, such as `3 likes`."""
    button_lines: bool = False
    """Short lines that are buttons, such as `Read more` or `Sign in`."""


class FilterSection(Section):
    """Which documents are good enough."""

    languages: Languages = ()
    """The languages kept, as `en`, `eng` or `eng_Latn`; none means all."""
    min_language_scores: ScoreByLanguage = Field(default_factory=dict)
    """Least `language_score` by language, in place of the rule's."""
    families: Names = ("gopher_quality", "gopher_repetition")
    """Rule sets that must all keep a page, each with its bounds; see filters.md."""
    edits: EditsSection = EditsSection()
    """What is taken out of a text before it is judged."""
    respect_opt_out: bool = True
    """Whether pages are dropped that refuse to train models: `noai`, `noindex`, TDM reservation."""
    url_lists: Names = ()
    """Block lists of hosts and URLs: folders in the UT1 layout, or files of an entry a line."""
    bad_words: str = ""
    """A folder of lists of bad words, one a language, as LDNOOBW's."""
    benchmarks: Names = ()
    """Files and folders of benchmark items that must not be in the text."""
    contaminated: Literal["page", "span"] = "page"
    """Whether a page with benchmark items is dropped, or the items are taken out of it."""
    personal_data: Names = tuple(KINDS)
    """Kinds of personal data that placeholders replace."""
    rules: Mapping[str, Bounds] = Field(default_factory=dict)
    """Bounds by rule, each in place of the rule's own."""


class DedupSection(Section):
    """Which documents say the same."""

    url: bool = True
    """Whether captures of one canonical URL are duplicates; the newest stays."""
    exact: bool = True
    """Whether documents of equal text are duplicates."""
    near: bool = True
    """Whether documents that MinHash LSH finds similar are duplicates."""
    earlier: Names = ()
    """Folders of earlier runs: what says the same as a page kept there is removed, naming it."""
    ngram: Annotated[int, Field(gt=0, le=1000)] = 5
    """Words a shingle."""
    bands: Annotated[int, Field(gt=0, le=1000)] = 14
    """Bands of the signature."""
    rows: Annotated[int, Field(gt=0, le=100)] = 8
    """Permutations a band."""
    verify: Literal["signature", "jaccard", "containment"] = "signature"
    """What is measured of a pair that shares a bucket: the share of equal permutations, which
    estimates the Jaccard similarity of the texts' shingles; that similarity; or the share of the
    smaller text's shingles that the other has too. The last two read the texts again."""
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.75
    """Measure at which a pair counts as near-duplicate; FineWeb's aim."""
    max_edges_in_memory: Positive = 200_000_000
    """Candidate pairs whose components one process finds, in about 100 bytes each. Of more they are
    found by rounds over files, in memory that does not grow with them. Decides no output byte."""


class LinesSection(Section):
    """Which lines are boilerplate: they stand in passages that are on too many pages, or hosts.

    All copies but one are taken out, and the page is judged again by its length.
    """

    enabled: bool = True
    """Whether boilerplate is taken out."""
    min_words: Annotated[int, Field(gt=0, le=1000)] = 6
    """Words of a passage: lines with fewer count together with those that follow."""
    max_host_share: Share = 0.3
    """Greatest share of a host's pages that a passage may be on."""
    max_host_pages: Positive = 1000
    """Most pages of a host that a passage may be on."""
    min_host_pages: Positive = 4
    """Pages of a host that a passage must be on before the host's bounds count."""
    max_hosts: Positive = 30
    """Most hosts that a passage may be on."""


class ShardsSection(Section):
    """The token shards."""

    valid_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of documents, by hash of the id, held out for validation."""
    target_mib: Annotated[int, Field(gt=0, le=1 << 20)] = 256
    """MiB of tokens a shard. Each domain has shards of its own, of equal size, up to this."""
    row_group_tokens: Annotated[int, Field(gt=0, le=100_000_000)] = 4_000_000
    """Tokens after which a row group is closed."""


class Config(Section):
    """A whole run."""

    run: RunSection
    input: InputSection = InputSection()
    workers: WorkersSection = WorkersSection()
    extract: ExtractSection = ExtractSection()
    language: LanguageConfig = LanguageConfig()
    quality: QualitySection = QualitySection()
    domain: DomainSection = DomainSection()
    filter: FilterSection = FilterSection()
    dedup: DedupSection = DedupSection()
    lines: LinesSection = LinesSection()
    weight: WeightSection = WeightSection()
    tokenizer: TokenizerConfig = TokenizerConfig()
    shards: ShardsSection = ShardsSection()
    train: TrainConfig = TrainConfig()
    mix: MixSection = MixSection()
    prove: ProveSection = ProveSection()


def load(path: str, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Config:
    """Read a configuration file.

    Args:
        path: A TOML file.
        overrides: Values by section and key that take the place of the file's.

    Raises:
        UserError: The file is missing, is not TOML, or holds a wrong key or value.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not TOML: {error}") from error
    for section, values in (overrides or {}).items():
        table = content.setdefault(section, {})
        if isinstance(table, dict):
            table.update(values)
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Config)}") from error
    for problem in problems(config):
        raise UserError(f"{path}: {problem}")
    return config
