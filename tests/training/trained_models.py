"""Small models with a tokenizer, without a run."""

from collections.abc import Sequence
from pathlib import Path

import torch

from tokenizer.encode import Encoder
from tokenizer.model import Model
from tokenizer.pretokenize import Pretokenizer
from training.config import TrainConfig
from training.loop import make_model
from training.model import Decoder
from training.trained import Trained

VOCABULARY = Model(
    ("<|endoftext|>",), ((b"t", b"h"), (b"th", b"e"), (b"1", b"2")), Pretokenizer("gpt2"), "none"
)
CONFIG = TrainConfig(depth=2, width=32, heads=4, kv_heads=2, context=32)


def lively(model: Decoder) -> Decoder:
    """Fills the matrices that start at zero and bends the norms, so that every part takes part."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 1:
                weight.add_(torch.randn(weight.shape, generator=generator) * 0.3)
            elif not weight.any():
                weight.normal_(std=0.2, generator=generator)
    return model.eval()


def a_trained(config: TrainConfig = CONFIG, path: Path = Path()) -> Trained:
    """A model with random weights, and the bytes, `the` and `12` for a vocabulary."""
    model = lively(make_model(len(VOCABULARY), config))
    encoder = Encoder(VOCABULARY, "<|endoftext|>")
    file = path / "tokenizer.json"
    return Trained(path / "model.safetensors", model, config, file, VOCABULARY, encoder, 0)


def learn(model: Decoder, texts: Sequence[Sequence[int]], steps: int, rate: float = 3e-3) -> None:
    """Trains a model on sequences of equal length."""
    tokens = torch.tensor(texts)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    for _ in range(steps):
        logits = model(tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
