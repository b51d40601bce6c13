"""Stage `mix`, of no run's way: a proxy for each mixture of a swarm, and the table of them."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from pipeline import files
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.parts import read_table
from pipeline.progress import Progress
from pipeline.proxies import SCORES, Proxy, Scores, train_proxies
from pipeline.shardset import TRAIN, VALID, ShardSet
from pipeline.statsmixture import MANY_EPOCHS
from training.mixlaw import table
from training.mixlaw.mixed import Corpus
from training.mixlaw.swarm import Numbers, Room, draw
from training.mixlaw.table import Swarm
from training.opening import open_streams

TABLE = "swarm.csv"
SWARM, CHECK = "swarm-", "check-"
"""What the names of proxies begin with."""
LEAST = 1e-3
"""The smallest share that is weighed; that of RegMix's published table."""
_LEAST_SEQUENCES = 2


def settings(config: Config) -> dict[str, Any]:
    """What decides the proxies. How many there are does not: more of them go on from these."""
    section = config.mix
    return {
        "domains": sorted({*section.domains}),
        "seed": section.seed,
        "strengths": [section.min_strength, section.max_strength],
        "train": section.train.deciding(),
    }


def execute(job: Job, options: object, progress: Progress) -> None:
    """Train the proxies, write their table and the manifest.

    Raises:
        UserError: As `Planned` and `train_proxies`.
    """
    planned = Planned.read(job.config, job.folder_of("shards"))
    section = job.config.mix
    mixtures = planned.mixtures()
    proxies = [planned.proxy(SWARM, mixture, section.train.seed) for mixture in mixtures]
    scores = train_proxies(proxies, job.folder, job.config.workers)
    metrics = tuple(scores[0].nats)
    swarm = Swarm(planned.corpus.domains, metrics, mixtures, measured(scores, metrics))
    path = files.join(job.folder, TABLE)
    table.write(path, swarm)
    facts = {"proxies": section.proxies, "sha256": files.sha256(path)}
    Manifest.of_parts(job.stage, job.settings, job.upstream_prints, (), facts).write(job.folder)


def count(job: Job) -> int:
    """Proxies to train."""
    return job.config.mix.proxies


def trained(folder: str) -> int:
    """Proxies of the swarm that are done."""
    return sum(
        name.startswith(SCORES + SWARM) and name.endswith(".parquet")
        for name in files.names(folder)
    )


def measured(scores: Sequence[Scores], metrics: Sequence[str]) -> Numbers:
    """Bits per byte, shape (proxies, metrics)."""
    found = [one.bits_per_byte() for one in scores]
    return np.array([[row[name] for name in metrics] for row in found])


class Planned:
    """What the shards of a run, and its configuration, say of the training that is planned.

    Attributes:
        corpus: The domains to weigh, and their text.
        room: What mixtures proxies may have.
        metrics: The domains that proxies are measured on.
    """

    def __init__(self, config: Config, shards: ShardSet) -> None:
        """See `read`."""
        self._config, self._shards = config, shards
        tokens = _tokens(shards)
        domains = _domains(config, tokens)
        weighed = sum(tokens[name] for name in domains)
        self._share = weighed / sum(tokens.values())
        sequences = config.mix.train.steps * config.mix.train.batch_sequences * self._share
        least = max(LEAST, _LEAST_SEQUENCES / sequences)
        prior = np.array([tokens[name] / weighed for name in domains])
        unique = _unique_tokens(shards)
        self.corpus = Corpus(
            domains=domains,
            unique=np.array([float(unique[name]) for name in domains]),
            prior=prior,
            tokens=planned_tokens(config) * self._share,
            least=least,
        )
        _check_sizes(self.corpus)
        read = tokens_read(config.mix.train) * self._share
        most = np.maximum(prior, MANY_EPOCHS * self.corpus.unique / read)
        self.room = Room(prior, least, most, unit=1 / sequences)
        self.metrics = tuple(sorted({shard.domain for shard in shards.of_kind(VALID)}))
        unmeasured = [name for name in domains if name not in self.metrics]
        if unmeasured and not config.mix.metrics:
            raise UserError(
                f"mix: no validation documents of {', '.join(unmeasured)}, which would only seem "
                "to cost; raise shards.valid_fraction, name others in mix.domains, or choose "
                "what counts in mix.metrics"
            )

    @classmethod
    def read(cls, config: Config, folder: str) -> "Planned":
        """Of the shards in a folder.

        Raises:
            UserError: There are none, some are damaged, a domain does not exist, or one is too
                small or not measured.
        """
        shards = ShardSet.read(folder)
        # They say clearly what is wrong with shards.
        for kind in (TRAIN, VALID):
            open_streams(shards, kind)
        return cls(config, shards)

    def mixtures(self) -> Numbers:
        """Those of the swarm, shape (proxies, domains).

        Raises:
            UserError: There is not room for so many.
        """
        section = self._config.mix
        strengths = section.min_strength, section.max_strength
        return draw(self.room, section.proxies, section.seed, strengths)

    def proxy(self, purpose: str, mixture: Numbers, seed: int) -> Proxy:
        """The proxy of a mixture, named by it: what was trained is never taken for another."""
        weights = self.weights(mixture)
        digest = hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()[:16]
        train = self._config.mix.train
        config = train.model_copy(update={"weights": weights, "seed": seed})
        folder = self._shards.folder
        return Proxy(f"{purpose}{digest}-{seed}", folder, folder, config)

    def weights(self, mixture: Numbers) -> dict[str, float]:
        """What `train.weights` is for a mixture; domains that are not weighed keep their share."""
        pairs = zip(self.corpus.domains, mixture.tolist(), strict=True)
        return {name: round(share * self._share, 9) for name, share in pairs}


def planned_tokens(config: Config) -> float:
    """Tokens of the planned training."""
    return config.mix.tokens or tokens_read(config.train)


def tokens_read(train: Any) -> int:
    """Tokens that a training reads, of a `TrainConfig`."""
    return int(train.steps * train.batch_sequences * train.context)


def _tokens(shards: ShardSet) -> dict[str, int]:
    """Tokens of the train shards by domain, repeats included."""
    found: Counter[str] = Counter()
    for shard in shards.of_kind(TRAIN):
        found[shard.domain] += shard.tokens
    return dict(sorted(found.items()))


def _unique_tokens(shards: ShardSet) -> dict[str, int]:
    """The same, each document once."""
    found: Counter[str] = Counter()
    for shard in shards.of_kind(TRAIN):
        rows = read_table(shard.path, ["n_tokens", "repeat"])
        first = rows.filter(pc.equal(rows["repeat"], 0))
        found[shard.domain] += pc.sum(first["n_tokens"]).as_py() or 0
    return found


def _domains(config: Config, tokens: dict[str, int]) -> tuple[str, ...]:
    """The domains to weigh, in order."""
    for name in config.mix.domains:
        if name not in tokens:
            raise UserError(
                f"mix.domains: no train shards of {name!r}; there are {', '.join(tokens)}"
            )
    found = tuple(sorted(set(config.mix.domains))) or tuple(tokens)
    if len(found) < 2:
        raise UserError(
            f"mix: {', '.join(found) or 'no domain'} alone cannot be weighed; have two domains"
        )
    return found


def _check_sizes(corpus: Corpus) -> None:
    large = [
        name
        for name, share in zip(corpus.domains, corpus.prior, strict=True)
        if share >= corpus.least
    ]
    for name, share in zip(corpus.domains, corpus.prior, strict=True):
        if share < corpus.least:
            raise UserError(
                f"mix: {name} has {share:.2%} of the tokens, too little to weigh; set mix.domains "
                f"to others, as {large}"
            )
