r"""What a run's tokenizer makes of its text, by language and domain, beside other tokenizers.

Texts are measured as documents are, once each, whatever their weight. Of each language those whose
ids hash lowest are measured, up to half of its text; of the other half two more tokenizers learn,
of as many tokens, so that they are measured on texts they have not seen:

- `english`: GPT-2's pattern and English text alone, as the tokenizers had that languages other than
  English paid for (Petrov et al. 2023, "Language Model Tokenizers Introduce Unfairness Between
  Languages").
- one of each language alone. A language's `price` is the tokens that it costs in the run's own over
  those that it would cost there: what it pays for sharing a vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

import numpy as np

from pipeline import files
from pipeline.errors import UserError
from pipeline.hashing import hash64
from pipeline.ledger import Manifest
from pipeline.textstats import TextStats
from pipeline.weighted import weighted_rows
from tokenizer import bpe
from tokenizer.compared import Compared, shown
from tokenizer.config import TokenizerConfig
from tokenizer.counts import Counts, normalize
from tokenizer.encode import load
from tokenizer.model import Model
from tokenizer.pretokenize import Pretokenizer

OWN, ENGLISH = "run", "english"
_ENGLISH = "eng_Latn"
SHOWN = (
    "0 7 42 365 1999 2026 65536 1234567",
    "3.14159 -0.5 1,234,567.89 6.02e23",
    "2026-11-22T09:05:00Z +44 20 7946 0958",
    "def add(a: int, b: int = 0) -> int:\n    return a + b\n",
    "for (int i = 0; i < n; ++i) {\n\t\tsum += values[i];\n}\n",
    '{"id": 17, "tags": ["a", "b"], "ok": true}',
    "https://example.org/path/page.html?q=1&lang=en",
)
"""Numbers and code, to be seen token by token."""

# Less text than this teaches no vocabulary of a language.
_LEAST_TRAINING_BYTES = 500_000
_TRAINING = 4
_COUNTS_BYTES = 64 << 20
_TOP = 20


@dataclass(frozen=True)
class Text:
    """A document that is measured."""

    text: str
    language: str
    domain: str


@dataclass
class Sample:
    """A language's documents.

    Attributes:
        measured: Those that are measured.
        training: How many bytes of text the others have that tokenizers learn of.
        alone: Their pre-tokens, cut as the run's tokenizer does.
        english: The same by GPT-2's pattern; of English alone.
    """

    measured: list[Text] = field(default_factory=list)
    training: int = 0
    alone: Counts = field(default_factory=lambda: Counts(_COUNTS_BYTES))
    english: Counts = field(default_factory=lambda: Counts(_COUNTS_BYTES))


@dataclass(frozen=True)
class Fertility:
    """What the texts of a language or a domain cost.

    Attributes:
        name: The language's tag, or the domain.
        documents: How many were measured.
        n_bytes: Their UTF-8 bytes.
        words: Their words, as the rules count them.
        tokens: Their tokens, by tokenizer.
        bytes_per_token: By tokenizer; not of one that has no token for any of it.
        tokens_per_word: By tokenizer; the fertility. Empty if there are no words.
        price: Of a language, tokens over those by a tokenizer of it alone; None of domains, and of
            languages with too little text to train one.
    """

    name: str
    documents: int
    n_bytes: int
    words: int
    tokens: dict[str, int]
    bytes_per_token: dict[str, float]
    tokens_per_word: dict[str, float]
    price: float | None


@dataclass(frozen=True)
class TokenizerReport:
    """All that `curate tokenizer report` shows.

    Attributes:
        run: The run's folder.
        vocab_sizes: Tokens of each tokenizer.
        languages: Languages, most text first.
        domains: Domains, most text first.
        longest: The run's longest tokens, and how often the texts have them.
        never_used: How many of its tokens the texts do not have, special tokens aside.
        never_used_examples: Some of them, the first that were learned.
        pieces: `SHOWN`, token by token, by tokenizer.
    """

    run: str
    vocab_sizes: dict[str, int]
    languages: list[Fertility]
    domains: list[Fertility]
    longest: dict[str, int]
    never_used: int
    never_used_examples: list[str]
    pieces: dict[str, dict[str, list[str]]]


def report(run: str, against: Sequence[str], mib: int) -> TokenizerReport:
    """Measure a run's tokenizer.

    Args:
        run: The run's folder.
        against: Other `tokenizer.json` files to measure, too.
        mib: MiB of text to measure of each language at most.

    Raises:
        UserError: The run has no tokenizer, or a file is none.
    """
    trained, weighed = (Manifest.read(files.join(run, name)) for name in ("tokenizer", "weight"))
    if trained is None or weighed is None:
        raise UserError(f"{run}: no tokenizer; run `curate train-tokenizer` first")
    for path in {OWN, ENGLISH}.intersection(against):
        raise UserError(f"--against: {path} is a column of the report; write ./{path}")
    config = TokenizerConfig.model_validate(trained.settings["settings"])
    model = load(files.join(run, "tokenizer", "tokenizer.json"))
    tokenizers = {OWN: Compared.ours(model)}
    tokenizers |= {path: Compared.of_file(path) for path in against}
    samples = _samples(run, config, mib << 20)
    english = samples.get(_ENGLISH)
    if english and english.training >= _LEAST_TRAINING_BYTES:
        gpt2 = config.model_copy(update={"normalization": "none"})
        tokenizers[ENGLISH] = Compared.ours(_trained(english.english, gpt2, Pretokenizer("gpt2")))
    tallies = _Tallies(tokenizers)
    prices = {}
    for language, sample in samples.items():
        own = sum(tallies.add(text) for text in sample.measured)
        if sample.training >= _LEAST_TRAINING_BYTES:
            alone = Compared.ours(_trained(sample.alone, config, config.how))
            prices[language] = own / sum(len(alone.ids(one.text)) for one in sample.measured)
    return TokenizerReport(
        run=run,
        vocab_sizes={name: one.vocab_size for name, one in tokenizers.items()},
        languages=tallies.rows(tallies.languages, prices),
        domains=tallies.rows(tallies.domains, {}),
        **_tokens(model, tallies.uses),
        pieces={
            text: {name: one.pieces(text) for name, one in tokenizers.items()} for text in SHOWN
        },
    )


def _samples(run: str, config: TokenizerConfig, most: int) -> dict[str, Sample]:
    """What is measured and learned of each language, by its tag."""
    limits = _limits(run, most)
    samples = {language: Sample() for language in sorted(limits)}
    for row in _documents(run, ["text"]):
        sample, text = samples[row["language"]], row["text"]
        measured, training = limits[row["language"]]
        place = _place(row["id"])
        if place <= measured:
            sample.measured.append(Text(text, row["language"], row["domain"]))
        elif place <= training:
            sample.training += len(text.encode())
            sample.alone.add_text(normalize(text, config.normalization), 1, config.how)
            if row["language"] == _ENGLISH:
                sample.english.add_text(text, 1, Pretokenizer("gpt2"))
    return samples


def _limits(run: str, most: int) -> dict[str, tuple[int, int]]:
    """By language, up to which hash of their ids documents are measured, and used for training."""
    found: dict[str, list[tuple[int, int]]] = {}
    for row in _documents(run, []):
        found.setdefault(row["language"], []).append((_place(row["id"]), row["n_bytes"]))
    limits = {}
    for language, rows in found.items():
        places, sizes = np.array(sorted(rows), dtype=object).T
        ends = np.cumsum(sizes.astype(np.int64))
        last = int(np.searchsorted(ends, min(most, ends[-1] // 2)))
        until = int(np.searchsorted(ends, min(ends[last] + _TRAINING * most, ends[-1])))
        limits[language] = places[last], places[min(until, len(places) - 1)]
    return limits


def _place(id_: str) -> int:
    """Where a document stands in the order of the sample."""
    return hash64(f"report:{id_}")


def _documents(run: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The documents that are seen in training, each once."""
    manifest = Manifest.read(files.join(run, "weight"))
    assert manifest is not None
    lines, weight = files.join(run, "lines"), files.join(run, "weight")
    for part in manifest.parts:
        read, beside = ["id", "language", *columns], ["domain", "n_bytes"]
        for _, row in weighted_rows(lines, weight, part.name, read, beside):
            yield row


def _trained(counts: Counts, config: TokenizerConfig, how: Pretokenizer) -> Model:
    return bpe.train(
        counts.table(),
        config.vocab_size,
        config.min_frequency,
        config.special_tokens,
        how,
        config.normalization,
    )


class _Tallies:
    """Sums over texts.

    Attributes:
        languages: Documents, bytes, words, and tokens by tokenizer, of each language.
        domains: The same of each domain.
        uses: How often each token of the run's tokenizer occurs.
    """

    def __init__(self, tokenizers: Mapping[str, Compared]) -> None:
        self._tokenizers = tokenizers
        self.languages: dict[str, Counter[str]] = {}
        self.domains: dict[str, Counter[str]] = {}
        self.uses: Counter[int] = Counter()

    def add(self, one: Text) -> int:
        """Count a text; returns its tokens in the run's tokenizer."""
        words = int(TextStats.of(one.text, one.language).word_count)
        found: dict[str, int] = {"documents": 1, "bytes": len(one.text.encode()), "words": words}
        for name, tokenizer in self._tokenizers.items():
            ids = tokenizer.ids(one.text)
            found[f"tokens:{name}"] = len(ids)
            if name == OWN:
                self.uses.update(ids)
        for sums, key in ((self.languages, one.language), (self.domains, one.domain)):
            sums.setdefault(key, Counter()).update(found)
        return found[f"tokens:{OWN}"]

    def rows(
        self, sums: Mapping[str, Counter[str]], prices: Mapping[str, float]
    ) -> list[Fertility]:
        """The sums as rows, most bytes first."""
        ordered = sorted(sums.items(), key=lambda pair: (-pair[1]["bytes"], pair[0]))
        return [self._row(name, counts, prices.get(name)) for name, counts in ordered]

    def _row(self, name: str, counts: Counter[str], price: float | None) -> Fertility:
        tokens = {other: counts[f"tokens:{other}"] for other in self._tokenizers}
        n_bytes, words = counts["bytes"], counts["words"]
        return Fertility(
            name=name,
            documents=counts["documents"],
            n_bytes=n_bytes,
            words=words,
            tokens=tokens,
            bytes_per_token={other: n_bytes / n for other, n in tokens.items() if n},
            tokens_per_word={other: n / words for other, n in tokens.items()} if words else {},
            price=price,
        )


def _tokens(model: Model, uses: Mapping[int, int]) -> dict[str, Any]:
    """The longest tokens, and those that were never used."""
    tokens = dict(enumerate(model.tokens, model.first_id))
    longest: Iterable[int] = nsmallest(_TOP, tokens, key=lambda id_: (-len(tokens[id_]), id_))
    unused = [id_ for id_ in tokens if id_ not in uses]
    return {
        "longest": {shown(tokens[id_]): uses.get(id_, 0) for id_ in longest},
        "never_used": len(unused),
        "never_used_examples": [
            shown(tokens[id_]) for id_ in unused if id_ >= model.first_id + 256
        ][:_TOP],
    }
