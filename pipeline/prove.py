"""Stage `prove`: whether models that read what curation leaves predict text better.

Small models of one shape are trained on the same number of tokens, some on all that was extracted,
some on what each step leaves, and measured on texts that none of them has read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import arms, files, heldout, proof
from pipeline.arms import Arm
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.files import join
from pipeline.heldout import HeldOut
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.progress import Progress
from pipeline.proof import result
from pipeline.proofplot import proof_plot
from pipeline.proveconfig import OWN, ProveSection
from pipeline.proxies import SCORES, Proxy, Scores, train_proxies
from pipeline.sandbox import Pool
from pipeline.shardset import ShardSet
from pipeline.stages import weight
from pipeline.stages.graph import run_graph
from pipeline.tasks import proving
from pipeline.tasks.encoding import Sources, encode_part
from pipeline.tasks.proving import HELD_OUT_SHARDS, TEXTS
from pipeline.tasks.sharding import Tokenizer
from pipeline.tasks.tokenizing import FILE
from pipeline.whatif import screened

PLOT = "proof.svg"
_PROOF = "proof"
# Of a single site the interval over sites is not known.
_LEAST = 2
T = TypeVar("T")


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    section = config.prove.model_dump(mode="json", exclude={"train"})
    own = {"prove": section | {"train": config.prove.train.deciding()}}
    return own | {"shards": config.shards.model_dump(mode="json", exclude={"valid_fraction"})}


def inputs(config: Config) -> tuple[str, ...]:
    """The files that are read from outside of the run."""
    return tuple(path for kind in config.prove.held_out.values() for path in kind.paths)


def pieces(job: Job) -> int:
    """How many models there are at most: arms with the same shards share them."""
    return len(arms.arms_of(job.config)) * job.config.prove.seeds


def finished(folder: str) -> int:
    """How many models are measured."""
    return sum(
        name.startswith(SCORES) and name.endswith(".parquet") for name in files.names(folder)
    )


def read(folder: str) -> proof.Proof:
    """What a finished proof found."""
    manifest = Manifest.read(folder)
    assert manifest is not None, f"{folder}: no proof"
    return proof.Proof.from_json(manifest.facts[_PROOF])


def execute(job: Job, options: PipelineOptions, progress: Progress) -> None:
    """Make the arms, train their models, compare them, and write the manifest.

    Raises:
        UserError: The run is not on a local disk; an arm holds too little text; or a text of others
            cannot be read.
    """
    if "://" in job.run:
        raise UserError(f"{job.run}: models are trained on a local disk; copy the run here")
    todo = proving.Proof(job.run, job.folder, job.config.prove, tuple(arms.arms_of(job.config)))
    files.remove_temporaries(join(job.folder, HELD_OUT_SHARDS))
    for arm in todo.arms:
        own = (todo.shards(arm, seed) for seed in todo.seeds)
        for folder in (todo.weights(arm), todo.chosen(arm), todo.arm(arm), *own):
            files.remove_temporaries(folder)
    with _pool(job) as pool:
        _hold_out(pool, job, todo, progress)
        for arm in todo.arms:
            _weigh(job, arm, todo, options)
        parts = _each(pool, proving.choose_documents, [(todo, name) for name in _parts(job)])
        _write_arms(pool, job, todo)
    alike = _first_alike(todo)
    found = result(
        todo.arms,
        {arm.name: _facts(todo, arm) for arm in todo.arms},
        alike,
        _train(job, todo, alike),
        todo.seeds,
        heldout.sites_of(join(job.folder, TEXTS)),
        screened(job.run),
    )
    with files.open_atomic(join(job.folder, PLOT)) as out:
        out.write(proof_plot(found).encode())
    facts = {_PROOF: found.to_json()}
    Manifest.of_parts(job.stage, job.settings, job.upstream_prints, parts, facts).write(job.folder)


def _pool(job: Job) -> Pool:
    workers = job.config.workers
    return Pool(workers.processes, workers.page_seconds, workers.memory_mib << 20)


def _parts(job: Job) -> list[str]:
    return job.part_names("extract")


def _each(pool: Pool, task: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> list[T]:
    """What a task makes of each arguments, in their order; all are under way at once."""
    futures = [pool.submit(task, *some) for some in arguments]
    return [future.result() for future in futures]


def _hold_out(pool: Pool, job: Job, todo: proving.Proof, progress: Progress) -> None:
    """Choose the texts that are measured, and write them as shards too."""
    folder, section = join(job.folder, HELD_OUT_SHARDS), job.config.prove
    if Manifest.read(folder) is None:
        own = _each(pool, proving.hold_out, [(todo, name) for name in _parts(job)])
        texts = heldout.choose(chain(*own, heldout.read_texts(section.held_out)), section)
        few = _few(texts, section, progress)
        path = join(job.folder, TEXTS)
        heldout.write(path, [one for one in texts if one.kind not in few])
        sources = _sources(job, "", "")
        pool.submit(proving.encode_held_out, todo, sources, _tokenizer(job)).result()
    tokens = Counter[str]()
    for shard in ShardSet.read(folder).shards:
        tokens[shard.domain] += shard.tokens
    if max(tokens.values()) <= section.train.context:
        raise UserError(
            f"prove: at most {max(tokens.values())} tokens of a kind to measure, less than a "
            f"sequence (prove.train.context = {section.train.context}); raise prove.site_share or "
            "give texts (prove.held_out)"
        )


def _few(texts: Sequence[HeldOut], section: ProveSection, progress: Progress) -> set[str]:
    """The kinds of the run's own pages that are left out, for want of sites.

    Raises:
        UserError: There is nothing to measure, or too little of a kind that is asked for.
    """
    sites: dict[str, set[str]] = {kind: set() for kind in (*OWN, *section.held_out)}
    for one in texts:
        sites[one.kind].add(one.site)
    few = {kind for kind, found in sites.items() if len(found) < _LEAST}
    for kind in sorted(few & {*section.held_out}):
        raise UserError(f"prove.held_out.{kind}: fewer than {_LEAST} texts to measure; give more")
    if few == {*sites}:
        raise UserError(
            "prove: no text to measure; raise prove.site_share or give texts (prove.held_out)"
        )
    for kind in sorted(few):
        progress.note(f"prove: {kind}: too few sites to measure; raise prove.site_share")
    return few


def _weigh(job: Job, arm: Arm, todo: proving.Proof, options: PipelineOptions) -> None:
    """Run stage `weight` as an arm has it; the run's own is done."""
    folder = todo.weights(arm)
    if arm.weight and Manifest.read(folder) is None:
        upstream = {name: job.upstream[name] for name in ("lines", "dedup")}
        config = job.config.model_copy(update={"weight": arm.weight})
        own = Job("weight", config, job.run, weight.settings(config), upstream, alone=folder)
        for graph in weight.graphs(own):
            run_graph(graph, options)


def _write_arms(pool: Pool, job: Job, todo: proving.Proof) -> None:
    """Encode what each arm may read, and write the shards of what its models read."""
    waiting = []
    for arm in todo.arms:
        folder = todo.arm(arm)
        if Manifest.read(folder) is None:
            sources = _sources(job, arm.source, todo.chosen(arm))
            encoded = [pool.submit(encode_part, sources, name, folder) for name in _parts(job)]
            waiting.append((arm, encoded))
    sampled = []
    for arm, encoded in waiting:
        if not sum(len(future.result().blocks) for future in encoded):
            raise UserError(
                f"prove: arm {arm.name}: no document is left to read; give more pages, or name "
                "other arms in prove.arms"
            )
        given = (todo, arm, _parts(job), job.config.shards, _tokenizer(job))
        sampled.append(pool.submit(proving.sample_arm, *given))
    for one in sampled:
        one.result()


def _facts(todo: proving.Proof, arm: Arm) -> Mapping[str, int]:
    """How much there is of an arm."""
    manifest = Manifest.read(todo.arm(arm))
    assert manifest is not None
    return manifest.facts


def _first_alike(todo: proving.Proof) -> dict[str, str]:
    """By arm the first one whose models read the very same: its own, where no earlier one's do."""
    first: dict[tuple[str, ...], str] = {}
    return {
        arm.name: first.setdefault(
            tuple(
                shard.sha256
                for seed in todo.seeds
                for shard in ShardSet.read(todo.shards(arm, seed)).shards
            ),
            arm.name,
        )
        for arm in todo.arms
    }


def _sources(job: Job, source: str, chosen: str) -> Sources:
    """What is encoded: the documents of a stage, as often as is written beside."""
    return Sources(
        lines=job.folder_of(source),
        weight=chosen,
        tokenizer=join(job.folder_of("tokenizer"), FILE),
        end_of_text=job.config.tokenizer.special_tokens[0],
        sha256=_tokenizer(job).sha256,
        valid_fraction=0.0,
    )


def _tokenizer(job: Job) -> Tokenizer:
    learned = job.upstream["tokenizer"].facts
    return Tokenizer(learned["vocab_size"], learned["sha256"])


def _train(job: Job, todo: proving.Proof, alike: Mapping[str, str]) -> dict[str, list[Scores]]:
    """What was measured of each seed's model, by arm; all arms of a seed before the next."""
    config = job.config.prove.train
    proxies = {
        (arm.name, seed): Proxy(
            f"{arm.name}-seed{seed}",
            todo.shards(arm, seed),
            join(job.folder, HELD_OUT_SHARDS),
            config.model_copy(update={"seed": seed}),
        )
        for seed in todo.seeds
        for arm in todo.arms
        if alike[arm.name] == arm.name
    }
    measured = train_proxies([*proxies.values()], job.folder, job.config.workers)
    scores = dict(zip(proxies, measured, strict=True))
    return {arm.name: [scores[alike[arm.name], seed] for seed in todo.seeds] for arm in todo.arms}
