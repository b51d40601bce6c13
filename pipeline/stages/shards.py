"""Stage `shards`: documents to token Parquet, a set of shards for each purpose and domain.

First every part is encoded. When all are, it is known how many tokens each domain has, and so which
shards there are; these are written side by side.
"""

from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsIter, AsSingleton

from pipeline.config import Config
from pipeline.files import join
from pipeline.job import Job
from pipeline.stages.graph import All, RunTasks, WriteManifest
from pipeline.tasks.encoding import Sources, encode_part
from pipeline.tasks.sharding import Tokenizer, plan_shards, shard_facts, write_shard
from pipeline.tasks.tokenizing import FILE


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.shards.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    section, workers = job.config.shards, job.config.workers
    names, learned = job.part_names("lines"), job.upstream["tokenizer"].facts
    tokenizer = Tokenizer(learned["vocab_size"], learned["sha256"])
    sources = Sources(
        lines=job.folder_of("lines"),
        weight=job.folder_of("weight"),
        tokenizer=join(job.folder_of("tokenizer"), FILE),
        end_of_text=job.config.tokenizer.special_tokens[0],
        sha256=tokenizer.sha256,
        valid_fraction=section.valid_fraction,
    )
    encoded = (
        pipeline
        | "Parts" >> beam.Create([(sources, name, job.folder) for name in names], reshuffle=False)
        | "Encode" >> RunTasks(encode_part, workers)
    )
    plans = (
        encoded
        | "AllEncoded" >> All(len(names))
        | "Plan" >> beam.FlatMap(plan_shards, section.target_mib << 20, tokenizer.vocab_size)
    )
    sharded = (
        plans
        | "Shards" >> beam.Map(lambda plan: (plan, section.row_group_tokens, tokenizer, job.folder))
        | "Write" >> RunTasks(write_shard, workers)
    )
    due = (
        pipeline | "PartNames" >> beam.Create(names, reshuffle=False),
        plans | "ShardNames" >> beam.Map(lambda plan: plan.name),
    ) | "Names" >> beam.Flatten()
    anneal = job.upstream["weight"].facts["anneal"]
    facts = (
        pipeline
        | "Once" >> beam.Create([job.folder])
        | "Facts" >> beam.Map(shard_facts, AsIter(sharded), tokenizer, anneal)
    )
    parts = (
        encoded | "EncodedParts" >> beam.Map(lambda encoded: encoded.part),
        sharded | "ShardParts" >> beam.Map(lambda sharded: sharded.part),
    ) | "AllParts" >> beam.Flatten()
    parts | "Manifest" >> WriteManifest(
        job, beam.pvalue.AsList(due), reads="weight", facts=AsSingleton(facts)
    )
