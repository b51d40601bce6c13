"""Multiple choice: the answer is taken that is likeliest for its length.

An answer's log-likelihood after the question is divided by its UTF-8 bytes, so that long answers
are not at a disadvantage, whatever the tokenizer (as `acc_norm` of the Language Model Evaluation
Harness, Gao et al. 2021, does by characters).
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from pipeline.choiceitems import Question
from training.likelihood import token_nats
from training.results import Accuracy
from training.trained import Trained


def accuracy(trained: Trained, questions: Sequence[Question]) -> Accuracy:
    """Asks a model some questions; of equally likely answers the first is taken.

    Raises:
        UserError: A question is no Unicode text.
    """
    scores = answer_scores(
        trained,
        [pair for one in questions for pair in zip(one.prompts, one.answers, strict=True)],
    )
    counts = [len(one.answers) for one in questions]
    bounds = list(accumulate(counts, initial=0))
    right = [
        int(np.argmin(scores[first:end])) == one.gold
        for one, (first, end) in zip(questions, pairwise(bounds), strict=True)
    ]
    return Accuracy.of(right, counts)


def answer_scores(trained: Trained, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The cross entropy of answers after their prompts, in nats a byte.

    The space before an answer is predicted, but is none of its bytes. Of a prompt that is too long
    for the context the beginning is left out.
    """
    context = trained.config.context
    sequences, lengths = [], []
    for prompt, answer in pairs:
        ids = trained.ids(answer)
        whole = np.concatenate([[trained.end_of_text], trained.ids(prompt), ids])
        sequences.append(whole[-max(context, len(ids)) - 1 :])
        lengths.append(len(ids))
    nats = token_nats(trained.model, sequences, context)
    return [
        float(found[len(found) - length :].sum()) / max(1, len(answer.strip().encode()))
        for found, length, (_, answer) in zip(nats, lengths, pairs, strict=True)
    ]
