"""`curate mix`: a swarm of proxies, the law of what they came to, a proposal, and its check."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline import files
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.ledger import MANIFEST, Manifest
from pipeline.mix import CHECK, LEAST, TABLE, Planned, measured, planned_tokens
from pipeline.order import MIX
from pipeline.progress import Progress
from pipeline.proxies import SCORES, train_proxies
from pipeline.run import run, run_folder
from training.mixlaw import table
from training.mixlaw.check import Check, check
from training.mixlaw.mixed import Corpus, Mixed, importances, mix
from training.mixlaw.proposal import greatest_shares
from training.mixlaw.quality import least_proxies
from training.mixlaw.swarm import Numbers, rounded


@dataclass(frozen=True)
class Answer:
    """What `curate mix` found.

    Attributes:
        table: The swarm's file.
        tokens: Of the planned training, in all domains.
        mixed: What the swarm says.
        weights: The proposal as `train.weights` has it; empty if there is none.
        check: What became of it; None if it was not checked.
    """

    table: str
    tokens: float
    mixed: Mixed
    weights: dict[str, float]
    check: Check | None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def answer(config: Config, options: Any, overwrite: bool, progress: Progress) -> Answer:
    """Train the swarm where none is given, fit its law, propose weights, and check them.

    Args:
        config: The run.
        options: Beam's options.
        overwrite: Whether a swarm made with other settings is deleted rather than refused.
        progress: Told what happens.

    Raises:
        UserError: The swarm cannot be read or trained, or its law not be told.
    """
    if config.mix.table:
        return _of_table(config)
    folder = files.join(run_folder(config), MIX.name)
    planned = Planned.read(config, files.join(run_folder(config), "shards"))
    _check_settings(config, planned)
    _reopen(folder, config.mix.proxies)
    run(config, options, progress, MIX.name, overwrite=overwrite)
    path = files.join(folder, TABLE)
    swarm = table.read(path)
    mixed = mix(swarm, planned.corpus, config.mix)
    weights: dict[str, float] = {}
    checked = None
    if proposal := mixed.proposal:
        mixture = np.array(list(proposal.values()))
        weights = planned.weights(mixture)
        if config.mix.check_seeds:
            checked = _check(config, planned, mixture, swarm.metrics, folder, progress)
    return Answer(path, planned_tokens(config), mixed, weights, checked)


def _of_table(config: Config) -> Answer:
    """The answer of a swarm that others trained."""
    section = config.mix
    swarm = table.read(section.table)
    given, there = set(section.unique_tokens), set(swarm.domains)
    for name in sorted(given ^ there):
        where = "mix.unique_tokens" if name in there else section.table
        raise UserError(f"{where}: says nothing of the domain {name!r}; add it, or remove it")
    unique = np.array([float(section.unique_tokens[name]) for name in swarm.domains])
    tokens = planned_tokens(config)
    corpus = Corpus(swarm.domains, unique, unique / unique.sum(), tokens, LEAST)
    mixed = mix(swarm, corpus, section)
    return Answer(section.table, tokens, mixed, mixed.proposal, None)


def _check_settings(config: Config, planned: Planned) -> None:
    """Tell of what would be refused after the proxies are trained now, not then.

    Raises:
        UserError: The proxies are too few, the cap cannot be held, or a metric does not exist.
    """
    section, corpus = config.mix, planned.corpus
    if section.proxies < (least := least_proxies(len(corpus.domains))):
        raise UserError(
            f"mix.proxies = {section.proxies}: too few to weigh {len(corpus.domains)} domains; set "
            f"{least} or more, or name fewer in mix.domains"
        )
    importances(planned.metrics, section)
    greatest_shares(corpus.unique, corpus.domains, corpus.tokens, section.max_epochs)


def _reopen(folder: str, proxies: int) -> None:
    """Take back the mark of a finished swarm that is to have another number of proxies."""
    manifest = Manifest.read(folder)
    if manifest and manifest.facts["proxies"] != proxies:
        files.remove(files.join(folder, MANIFEST))


def _check(
    config: Config,
    planned: Planned,
    mixture: Numbers,
    metrics: tuple[str, ...],
    folder: str,
    progress: Progress,
) -> Check:
    """Train both mixtures with seeds that no proxy of the swarm had."""
    first = config.mix.train.seed + 1
    seeds = range(first, first + config.mix.check_seeds)
    proxies = [
        planned.proxy(f"{CHECK}{_digest(planned.weights(one))}-{seed}", one, seed)
        for one in (rounded(planned.corpus.prior), mixture)
        for seed in seeds
    ]
    names = {f"{SCORES}{proxy.name}.parquet" for proxy in proxies}

    def done() -> int:
        return len(names & set(files.names(folder)))

    with progress.watch("mix check", len(proxies), done):
        scores = train_proxies(proxies, folder, config.workers)
    objectives = measured(scores, metrics) @ importances(metrics, config.mix)
    return check(objectives[: len(seeds)], objectives[len(seeds) :])


def _digest(weights: dict[str, float]) -> str:
    """What names a mixture: proposals of other settings have proxies of their own."""
    return hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()[:16]
