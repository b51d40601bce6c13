"""One side of `bpe.py`: trains or encodes, and prints as JSON what that took.

Texts are in memory before time runs. `memory_mb` is what the process held at its peak beyond them.

Usage: bpe_sides.py train|encode SIDE TEXTS ARGUMENT, where TEXTS is a JSON string a line, and the
argument a JSON object `{vocab_size, pattern}`, or the path of a `tokenizer.json`.
"""

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

THREADS = 2
Texts = list[str]


def curate(texts: Texts, vocab_size: int, pattern: str) -> dict[str, Any]:
    """Count with two threads, each half of the texts; then learn."""
    from tokenizer import bpe
    from tokenizer.counts import Counts
    from tokenizer.pretokenize import by_pattern

    how, begun = by_pattern(pattern), time.perf_counter()

    def count(part: int) -> Counts:
        counts = Counts(1 << 30)
        for text in texts[part::THREADS]:
            counts.add_text(text, 1, how)
        return counts

    with ThreadPoolExecutor(THREADS) as pool:
        counts, *others = pool.map(count, range(THREADS))
    for other in others:
        counts.add_table(other.table())
    table = counts.table()
    counted = time.perf_counter()
    model = bpe.train(table, vocab_size, 2, ["<|endoftext|>"], how, "none")
    return {
        "seconds_to_counts": counted - begun,
        "seconds_from_counts": time.perf_counter() - counted,
        "pretokens": len(table),
        "merges": digest(json.loads(model.to_json())["model"]["merges"]),
        "json": model.to_json(),
    }


def hugging_face(texts: Texts, vocab_size: int, pattern: str) -> dict[str, Any]:
    """As its documentation has it, with the same pattern."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(iter(texts), trainer)
    return {"merges": digest(json.loads(tokenizer.to_str())["model"]["merges"])}


def rustbpe(texts: Texts, vocab_size: int, pattern: str) -> dict[str, Any]:
    """Karpathy's trainer."""
    import rustbpe

    rustbpe.Tokenizer().train_from_iterator(iter(texts), vocab_size, pattern=pattern)
    return {}


def bpeasy(texts: Texts, vocab_size: int, pattern: str) -> dict[str, Any]:
    """With a longest token that no merge reaches."""
    import bpeasy

    bpeasy.train_bpe(iter(texts), pattern, 1_000, vocab_size)
    return {}


def encoders(path: str) -> dict[str, Callable[[str], Iterable[int]]]:
    """What encodes with a model of ours, by name."""
    import tiktoken
    from tokenizers import Tokenizer

    from tokenizer.encode import Encoder, load

    model, fast = load(path), Tokenizer.from_file(path)
    fast.encode_special_tokens = True
    slow = tiktoken.Encoding(
        "ours", pat_str=model.pretokenizer.pattern, mergeable_ranks=model.ranks, special_tokens={}
    )
    ours = Encoder(model, model.special_tokens[0])
    return {
        "curate": lambda text: ours.encode(text)[:-1],
        "tiktoken": slow.encode_ordinary,
        "tokenizers": lambda text: fast.encode(text).ids,
    }


def digest(value: object) -> str:
    """A hash of a JSON value."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def memory_mb(key: str) -> float:
    """What the system says of this process's memory."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"{key}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024 / 1e6


def main() -> None:
    """Run one side."""
    kind, side, path, argument = sys.argv[1:]
    with Path(path).open(encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    run: Callable[[], dict[str, Any]]
    if kind == "train":
        train = {"curate": curate, "tokenizers": hugging_face, "rustbpe": rustbpe, "bpeasy": bpeasy}
        run = lambda: train[side](texts, **json.loads(argument))  # noqa: E731
    else:
        encode = encoders(argument)[side]
        run = lambda: {"ids": [encode(text) for text in texts]}  # noqa: E731
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before, begun, cpu = memory_mb("VmRSS"), time.perf_counter(), time.process_time()
    found = run()
    cost = {
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "memory_mb": memory_mb("VmHWM") - before,
    }
    if kind == "encode":
        found = {"ids": digest([[int(id_) for id_ in ids] for ids in found["ids"]])}
    print(json.dumps(found | cost))


if __name__ == "__main__":
    main()
