"""`curate mix`: a swarm of proxies, the law of what they came to, a proposal, and its check."""

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

    @property
    def refusal(self) -> str:
        """Why these weights are not to be taken; empty if they may be."""
        if self.check and self.check.verdict == "worse":
            return "the proposal is worse than the natural shares where both are trained anew"
        return self.mixed.refusal

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
    if "://" in run_folder(config):
        raise UserError(
            f"{run_folder(config)}: proxies are trained on a local disk; copy the run here"
        )
    folder = files.join(run_folder(config), MIX.name)
    planned = Planned.read(config, files.join(run_folder(config), "shards"))
    _check_settings(config, planned)
    run(config, options, progress, MIX.name, overwrite=overwrite)
    path = files.join(folder, TABLE)
    if not _is_of(folder, path, config.mix.proxies):
        # Made with the same settings: what is trained stays, the table is made anew.
        files.remove(files.join(folder, MANIFEST))
        run(config, options, progress, MIX.name)
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
        UserError: The proxies are too few or too many, the cap cannot be held, or a metric does
            not exist.
    """
    section, corpus = config.mix, planned.corpus
    if section.proxies < (least := least_proxies(len(corpus.domains))):
        raise UserError(
            f"mix.proxies = {section.proxies}: too few to weigh {len(corpus.domains)} domains; set "
            f"{least} or more, or name fewer in mix.domains"
        )
    planned.mixtures()
    importances(planned.metrics, section)
    greatest_shares(corpus.unique, corpus.domains, corpus.tokens, section.max_epochs)


def _is_of(folder: str, path: str, proxies: int) -> bool:
    """Whether the table is as a finished swarm of so many proxies wrote it."""
    manifest = Manifest.read(folder)
    assert manifest is not None
    facts = manifest.facts
    return bool(
        facts["proxies"] == proxies and files.exists(path) and files.sha256(path) == facts["sha256"]
    )


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
        planned.proxy(CHECK, one, seed)
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
