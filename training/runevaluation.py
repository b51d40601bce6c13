"""Everything that `curate evaluate` measures of a run's model."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np

from pipeline import files
from pipeline.benchmarkitems import Item, read
from pipeline.choiceitems import Question, read_questions
from pipeline.shardset import ShardSet
from training.choices import accuracy
from training.likelihood import Ids, token_nats
from training.ordertest import (
    compressibility,
    cut_shards,
    gain,
    order_scores,
    p_value,
    units_of,
)
from training.perplexity import validation_fits
from training.results import Evaluation, OrderResult
from training.trained import Trained, trained

FILE = "evaluation.json"
_SEED = 0


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes:
        documents: Validation documents, spread evenly over all; None means all.
        questions: Questions of each benchmark, spread evenly; None means all.
        order_tokens: Tokens of each benchmark that the test of its order shuffles; 0 leaves the
            test out.
    """

    documents: int | None = None
    questions: int | None = None
    order_tokens: int = 16_384


def evaluate_run(
    run: str, benchmarks: Sequence[str], extent: Extent, note: Callable[[str], None]
) -> Evaluation:
    """Measures a run's model, and writes `model/evaluation.json`.

    Args:
        run: The run's folder.
        benchmarks: Files, folders or globs of benchmarks; see `choiceitems` and `benchmarkitems`.
        extent: How much is measured.
        note: Is told what is being done.

    Raises:
        UserError: The run has no model or no validation shards, or a benchmark cannot be read.
    """
    items, questions = [], []
    if benchmarks:
        items, questions = list(read(benchmarks)), list(read_questions(benchmarks))
    with trained(run) as model:
        note("evaluate: validation documents")
        whole, domains, languages = validation_fits(
            model, ShardSet.read(files.join(run, "shards")), extent.documents
        )
        choices = {}
        for benchmark, group in groupby(questions, lambda one: one.benchmark):
            note(f"evaluate: {benchmark}: answers")
            choices[benchmark] = accuracy(model, _spread(list(group), extent.questions))
        order: dict[str, OrderResult] = {}
        for benchmark, group_ in groupby(items, lambda one: one.benchmark):
            if extent.order_tokens:
                note(f"evaluate: {benchmark}: order")
                found = order_test(model, list(group_), extent.order_tokens)
                if found:
                    order[benchmark] = found
                else:
                    note(f"evaluate: {benchmark}: too few items to test their order")
        result = Evaluation(
            model_sha256=files.sha256(str(model.path)),
            validation=whole,
            domains=domains,
            languages=languages,
            choices=choices,
            order=order,
        )
    path = files.join(run, "model", FILE)
    with files.open_atomic(path, "make room, or mend the folder's permissions") as out:
        out.write(json.dumps(asdict(result), indent=1, ensure_ascii=False).encode() + b"\n")
    return result


def order_test(model: Trained, items: Sequence[Item], tokens: int) -> OrderResult | None:
    """Tests whether a model was trained on a benchmark; see `ordertest`.

    Args:
        model: The model.
        items: The benchmark's items in their order.
        tokens: Tokens to shuffle, at most.

    Returns:
        What was found; None of a benchmark with too few items.
    """
    context = model.config.context
    texts = units_of(items)
    units = [model.ids(text) for text in texts]
    lengths = [len(ids) for ids in units]
    runs = cut_shards(lengths, tokens)
    if not runs:
        return None

    def likelihoods(arranged: Sequence[Sequence[Ids]]) -> list[float]:
        wholes = [np.concatenate([[model.end_of_text], *one]) for one in arranged]
        # Half a context at least to predict from: what stands before is what is tested.
        found = token_nats(model.model, wholes, context, max(1, context // 2))
        return [-float(nats.sum()) for nats in found]

    scores = order_scores(units, runs, likelihoods, _SEED)
    control = order_scores(texts, runs, compressibility, _SEED)
    shuffled = sum(lengths[number] for run in runs for number in run)
    return OrderResult(
        units=sum(map(len, runs)),
        tokens=shuffled,
        shards=len(runs),
        gain=gain(scores) / shuffled,
        p_value=p_value(scores, _SEED),
        control_p_value=p_value(control, _SEED),
    )


def _spread(questions: Sequence[Question], most: int | None) -> list[Question]:
    """So many questions, spread evenly over all."""
    count = min(len(questions), most or len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]
