"""The trained model of a run, with the tokenizer that it was trained on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from tokenizer.encode import Encoder, load
from tokenizer.model import Model
from training.checkpoint import load_model
from training.config import TrainConfig
from training.likelihood import Ids
from training.loop import deterministic
from training.model import Decoder
from training.ranks import pick_device

END_OF_TEXT = 0
"""The id of the first special token, which ends every document."""


@dataclass(frozen=True)
class Trained:
    """A model that can be asked.

    Attributes:
        path: Its file.
        model: The model, on its device.
        config: Its settings.
        tokenizer: The tokenizer's file.
        vocabulary: What it says.
        encoder: The tokenizer at work.
        end_of_text: The id of the token that ends every document, and stands before the next one.
    """

    path: Path
    model: Decoder
    config: TrainConfig
    tokenizer: Path
    vocabulary: Model
    encoder: Encoder
    end_of_text: int

    def ids(self, text: str) -> Ids:
        """The tokens of a text, without an end.

        Raises:
            UserError: It is no Unicode text.
        """
        try:
            return self.encoder.encode(text)[:-1]
        except UnicodeEncodeError as error:
            raise UserError(f"{text!r}: no Unicode text; write it in UTF-8") from error


@contextmanager
def loaded(path: Path, device: str = "auto") -> Iterator[tuple[Decoder, TrainConfig]]:
    """Loads a model, and computes as its training did while it is open.

    Args:
        path: Its file.
        device: Where to compute; `auto` takes a GPU if there is one.

    Yields:
        The model, on the device, and its settings.

    Raises:
        UserError: The file is no model.
    """
    model, config = load_model(path)
    place = pick_device(device)
    with deterministic(place, config.threads):
        yield model.to(place).eval(), config


@contextmanager
def trained(run: str) -> Iterator[Trained]:
    """Loads the model of a run, and computes as its training did while it is open.

    Args:
        run: The run's folder, on this machine.

    Raises:
        UserError: There is no trained model, or its tokenizer is missing or another.
    """
    path, tokenizer = Path(run, "model", "model.safetensors"), Path(run, "tokenizer")
    if not path.exists():
        raise UserError(f"{path}: no trained model; run `curate train` first")
    tokenizer /= "tokenizer.json"
    vocabulary = load(str(tokenizer))
    encoder = Encoder(vocabulary, vocabulary.special_tokens[0])
    with loaded(path) as (model, config):
        if model.embedding.num_embeddings != encoder.vocab_size:
            raise UserError(
                f"{path}: a vocabulary of {model.embedding.num_embeddings} tokens, {tokenizer} has "
                f"{encoder.vocab_size}; train again, or restore the tokenizer"
            )
        yield Trained(path, model, config, tokenizer, vocabulary, encoder, END_OF_TEXT)
