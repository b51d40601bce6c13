"""The stages in their order: what each reads, what decides its bytes, and what does its work."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import files, mix, model, prove
from pipeline.config import Config
from pipeline.job import Job
from pipeline.progress import Progress
from pipeline.stages import (
    dedup,
    extract,
    filtering,
    lines,
    quality,
    references,
    shards,
    tokenizer,
    weight,
)
from pipeline.stages.graph import Graph, run_graph
from pipeline.tasks.quality import CARD
from pipeline.tasks.tokenizing import FILE
from pipeline.tasks.training import how_it_goes, steps_done

_Execute = Callable[[Job, PipelineOptions, Progress], None]


@dataclass(frozen=True)
class Stage:
    """A step of the run.

    Attributes:
        name: Its name, which is its folder's name.
        command: The name of its command.
        settings: What of a configuration decides its output bytes.
        libraries: The packages that decide them too.
        execute: Does the work and writes the manifest last.
        reads: The stages whose output it reads.
        pieces: How many pieces its work has; None if only the work itself finds out.
        finished: How many of them are done, by what stands in its folder.
        inputs: Paths and globs of files it reads from outside the run.
        check: Looks for what is wrong with these before any stage runs.
        idle: Whether it has nothing to make: a stage run alone does not ask for it then.
        about: What else there is to say of its work, by what stands in its folder.
    """

    name: str
    command: str
    settings: Callable[[Config], dict[str, Any]]
    libraries: tuple[str, ...]
    execute: _Execute
    reads: tuple[str, ...]
    pieces: Callable[[Job], int | None]
    finished: Callable[[str], int]
    inputs: Callable[[Config], tuple[str, ...]] = lambda config: ()
    check: Callable[[Config], None] = lambda config: None
    idle: Callable[[Config], bool] = lambda config: False
    about: Callable[[str], str] = lambda folder: ""


def _graph(build: Callable[[beam.Pipeline, Job], None]) -> _Execute:
    """A stage whose work is a Beam graph."""
    return lambda job, options, progress: run_graph(lambda pipeline: build(pipeline, job), options)


def _graphs(graphs: Callable[[Job, Callable[[str], None]], Iterator[Graph]]) -> _Execute:
    """A stage of several graphs: which is next is seen from what the last one wrote."""

    def execute(job: Job, options: PipelineOptions, progress: Progress) -> None:
        for graph in graphs(job, progress.note):
            run_graph(graph, options)

    return execute


def _parts_of(upstream: str) -> Callable[[Job], int]:
    return lambda job: len(job.upstream[upstream].parts)


def _files(*prefixes: str) -> Callable[[str], int]:
    """Counts the files of a folder that are complete."""
    return lambda folder: sum(
        name.startswith(prefixes) and not name.endswith(".tmp") for name in files.names(folder)
    )


def _one(job: Job) -> int:
    return 1


REFERENCES = Stage(
    "references",
    "references",
    references.settings,
    ("lxml", "idna", "tldextract", "xxhash", "zstandard", "pyarrow"),
    _graph(references.build),
    reads=(),
    pieces=references.count,
    finished=_files("part-", "dropped-"),
    inputs=references.inputs,
    check=references.check,
    idle=lambda config: not references.inputs(config),
)

STAGES = (
    Stage(
        "extract",
        "extract",
        extract.settings,
        (
            "trafilatura",
            "lightgbm",
            "lxml",
            "resiliparse",
            "fasttext-community",
            "regex",
            "isal",
            "brotli",
            "zstandard",
            "warcio",
            "langcodes",
            "language-data",
            "pyarrow",
        ),
        _graph(extract.build),
        reads=(),
        pieces=extract.count,
        finished=_files("part-"),
        inputs=lambda config: config.input.paths,
        check=extract.check,
    ),
    REFERENCES,
    Stage(
        "quality",
        "classifier train quality",
        quality.settings,
        ("fasttext-community", "regex", "numpy", "scipy", "xxhash", "tldextract", "pyarrow"),
        _graph(quality.build),
        reads=("extract", "references"),
        pieces=_one,
        finished=_files(CARD),
        inputs=quality.inputs,
        idle=lambda config: not config.quality.trains,
    ),
    Stage(
        "filter",
        "filter",
        filtering.settings,
        (
            "fasttext-community",
            "icu4py",
            "idna",
            "numpy",
            "phonenumbers",
            "pyarrow",
            "python-stdnum",
            "regex",
            "tldextract",
            "wordfreq",
            "xxhash",
            "zstandard",
        ),
        _graph(filtering.build),
        reads=("extract", "quality"),
        pieces=_parts_of("extract"),
        finished=_files("part-"),
        inputs=filtering.inputs,
        check=filtering.check,
    ),
    Stage(
        "lines",
        "lines",
        lines.settings,
        ("numpy", "xxhash", "regex", "icu4py", "pyarrow"),
        _graph(lines.build),
        reads=("filter",),
        pieces=_parts_of("filter"),
        finished=_files("part-"),
    ),
    Stage(
        "dedup",
        "dedup",
        dedup.settings,
        ("numpy", "xxhash", "scipy", "pyarrow"),
        _graphs(dedup.graphs),
        reads=("lines",),
        pieces=_parts_of("lines"),
        finished=_files("signatures-"),
        inputs=dedup.inputs,
    ),
    Stage(
        "weight",
        "weight",
        weight.settings,
        ("numpy", "xxhash", "pyarrow"),
        _graphs(lambda job, note: weight.graphs(job)),
        reads=("lines", "dedup"),
        pieces=_parts_of("lines"),
        finished=_files("part-"),
    ),
    Stage(
        "tokenizer",
        "train-tokenizer",
        tokenizer.settings,
        ("numpy", "pyarrow", "tokenizers", "xxhash"),
        _graph(tokenizer.build),
        reads=("lines", "weight"),
        pieces=_one,
        finished=_files(FILE),
    ),
    Stage(
        "shards",
        "shard",
        shards.settings,
        ("tokenizers", "xxhash", "pyarrow"),
        _graph(shards.build),
        reads=("lines", "weight", "tokenizer"),
        pieces=_parts_of("lines"),
        finished=_files("dropped-"),
    ),
    Stage(
        "model",
        "train",
        model.settings,
        ("torch",),
        model.execute,
        reads=("tokenizer", "shards"),
        pieces=lambda job: job.config.train.steps,
        finished=steps_done,
        about=how_it_goes,
    ),
)

PROVE = Stage(
    "prove",
    "prove",
    prove.settings,
    ("torch", "tokenizers", "numpy", "pyarrow", "xxhash"),
    prove.execute,
    reads=("extract", "filter", "lines", "dedup", "weight", "tokenizer"),
    pieces=prove.pieces,
    finished=prove.finished,
    inputs=prove.inputs,
)

MIX = Stage(
    "mix",
    "mix",
    mix.settings,
    ("torch", "numpy"),
    mix.execute,
    reads=("shards",),
    pieces=mix.count,
    finished=mix.trained,
)

BESIDE = {stage.name: stage for stage in (PROVE, MIX)}
"""What is made of a run beside its stages, and only where it is asked for."""
