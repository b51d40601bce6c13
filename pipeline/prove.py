"""Stage `prove`: whether models that read what curation leaves predict text better.

Small models of one shape are trained on the same number of tokens, some on all that was extracted,
some on what each step leaves, and measured on texts that none of them has read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import arms, benchmarkitems, files, heldout, proof
from pipeline.arms import Arm
from pipeline.config import Config
from pipeline.errors import UserError
from pipeline.files import join
from pipeline.job import Job
from pipeline.ledger import Manifest
from pipeline.progress import Progress
from pipeline.proof import first_alike, result
from pipeline.proofplot import proof_plot
from pipeline.proveconfig import OWN
from pipeline.proxies import SCORES, Proxy, Scores, train_proxies
from pipeline.sandbox import Pool
from pipeline.shardset import ShardSet
from pipeline.stages import weight
from pipeline.stages.graph import run_graph
from pipeline.tasks import proving
from pipeline.tasks.encoding import Sources, encode_part
from pipeline.tasks.proving import ARMS, HELD_OUT_SHARDS, TEXTS
from pipeline.tasks.sharding import Tokenizer
from pipeline.tasks.tokenizing import FILE
from pipeline.whatif import screened

PLOT = "proof.svg"
_PROOF = "proof"
# Of a single text the interval over texts is not known.
_LEAST = 2
T = TypeVar("T")


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    section = config.prove.model_dump(mode="json", exclude={"train"})
    own = {"prove": section | {"train": config.prove.train.deciding()}}
    return own | {"shards": config.shards.model_dump(mode="json", exclude={"valid_fraction"})}


def inputs(config: Config) -> tuple[str, ...]:
    """The files that are read from outside of the run."""
    paths = [path for kind in config.prove.held_out.values() for path in kind.paths]
    return tuple(benchmarkitems.find_files(paths)) if paths else ()


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
    if not files.is_local(job.run):
        raise UserError(f"{job.run}: models are trained on a local disk; copy the run here")
    todo = proving.Proof(job.run, job.folder, job.config.prove, tuple(arms.arms_of(job.config)))
    files.remove_temporaries(join(job.folder, HELD_OUT_SHARDS))
    for arm in todo.arms:
        files.remove_temporaries(todo.chosen(arm))
        files.remove_temporaries(_shards(job, arm))
    with _pool(job) as pool:
        _hold_out(pool, job, todo, progress)
        for arm in todo.arms:
            _weigh(job, arm, todo, options)
        parts = _each(pool, proving.choose_documents, [(todo, name) for name in _parts(job)])
        _write_arms(pool, job, todo)
    shards = {arm.name: ShardSet.read(_shards(job, arm)) for arm in todo.arms}
    scores = _train(job, todo, shards)
    found = result(todo.arms, shards, scores, _seeds(job), screened(job.run))
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
    if Manifest.read(join(job.folder, HELD_OUT_SHARDS)):
        return
    section = job.config.prove
    own = _each(pool, proving.hold_out, [(todo, name) for name in _parts(job)])
    texts = heldout.choose([*chain(*own), *heldout.read_texts(section.held_out)], section)
    counts = Counter(text.kind for text in texts)
    for kind in sorted({*OWN, *section.held_out}):
        if counts[kind] < _LEAST:
            what = f"{kind}: {counts[kind]} documents to measure, at least {_LEAST} are needed"
            if kind not in OWN:
                raise UserError(f"prove.held_out.{what}; give more")
            progress.note(f"prove: {what}; left out (raise prove.host_share)")
    heldout.write(join(job.folder, TEXTS), [text for text in texts if counts[text.kind] >= _LEAST])
    sources, tokenizer = _sources(job, "", ""), _tokenizer(job)
    pool.submit(proving.encode_held_out, todo, sources, tokenizer).result()


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
    """Encode what each arm reads, and write its shards."""
    waiting = []
    for arm in todo.arms:
        folder = _shards(job, arm)
        if Manifest.read(folder) is None:
            sources = _sources(job, arm.source, todo.chosen(arm))
            encoded = [pool.submit(encode_part, sources, name, folder) for name in _parts(job)]
            waiting.append((arm, folder, encoded))
    for arm, folder, encoded in waiting:
        parts = [future.result() for future in encoded]
        if not any(part.blocks for part in parts):
            raise UserError(f"prove: arm {arm.name} has no document; leave it out of prove.arms")
        given = (folder, parts, job.config.shards, _tokenizer(job))
        pool.submit(proving.write_shards, *given).result()


def _shards(job: Job, arm: Arm) -> str:
    return join(job.folder, ARMS, arm.name)


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


def _seeds(job: Job) -> tuple[int, ...]:
    """The seeds: that of the settings, and those after it."""
    section = job.config.prove
    return tuple(section.train.seed + number for number in range(section.seeds))


def _train(
    job: Job, todo: proving.Proof, shards: Mapping[str, ShardSet]
) -> dict[str, list[Scores]]:
    """What was measured of each seed's model, by arm; all arms of a seed before the next."""
    first = first_alike(shards)
    config = job.config.prove.train
    proxies = {
        (arm.name, seed): Proxy(
            f"{arm.name}-seed{seed}",
            _shards(job, arm),
            join(job.folder, HELD_OUT_SHARDS),
            config.model_copy(update={"seed": seed}),
        )
        for seed in _seeds(job)
        for arm in todo.arms
        if first[arm.name] == arm.name
    }
    measured = train_proxies([*proxies.values()], job.folder, job.config.workers)
    scores = dict(zip(proxies, measured, strict=True))
    return {arm.name: [scores[first[arm.name], seed] for seed in _seeds(job)] for arm in todo.arms}
