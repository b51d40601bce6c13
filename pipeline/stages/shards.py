"""Stage `shards`: documents to token Parquet; train, validation and anneal apart."""

from typing import Any

import apache_beam as beam

from pipeline.config import Config
from pipeline.files import join
from pipeline.job import Job
from pipeline.stages.graph import All, RunTasks, WriteManifest
from pipeline.tasks.sharding import encode_part, write_anneal_manifest
from pipeline.tasks.tokenizing import FILE


def settings(config: Config) -> dict[str, Any]:
    """What decides this stage's output."""
    return config.shards.model_dump(mode="json")


def build(pipeline: beam.Pipeline, job: Job) -> None:
    """Add the stage to a pipeline."""
    sources = (job.folder_of("lines"), job.folder_of("weight"))
    model = join(job.folder_of("tokenizer"), FILE)
    end = job.config.tokenizer.special_tokens[0]
    sha256 = job.upstream["tokenizer"].facts["sha256"]
    names, anneal = job.part_names("lines"), job.upstream["weight"].facts["anneal"]
    elements = [
        (*sources, name, (model, end, sha256), job.config.shards, anneal, job.folder)
        for name in names
    ]
    encoded = (
        pipeline
        | "Parts" >> beam.Create(elements)
        | "Encode" >> RunTasks(encode_part, job.config.workers)
    )
    if anneal:
        encoded = (
            encoded
            | "AllEncoded" >> All(len(names))
            | "Anneal" >> beam.FlatMap(write_anneal_manifest, job.folder)
        )
    encoded | "Manifest" >> WriteManifest(job, names, reads="weight")
