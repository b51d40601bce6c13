"""A trained model as a folder that `transformers` loads.

The architecture is Qwen3 (Yang et al. 2025), which has all parts of ours: rotary positions whose
pairs are half a head apart, RMSNorm before attention, feed-forward and output, normalized queries
and keys, grouped queries, a gated feed-forward, no biases. Two things are written out, so that
logits are equal:

- Our embedding is normalized; theirs is not. The norm of a row depends on the row alone, so the
  rows are written normalized, and the output matrix beside them, untied: the model's own where it
  has one.
- ReLU² (So et al. 2021) has no gate. relu(x) x is relu(x)², so the gate is a copy of `up` with
  `relu`.
"""

import json
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from pipeline import files
from pipeline.errors import UserError
from training.model import ROTARY_BASE, Block, Decoder
from training.trained import Trained

_BLOCK = {
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "attention.output": "self_attn.o_proj",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}
_REMEDY = "make room, or export into another folder"


def export(trained: Trained, folder: str) -> list[str]:
    """Writes `config.json`, `model.safetensors` and the tokenizer's files.

    `AutoModelForCausalLM` and `AutoTokenizer` of `transformers` load the folder. Their tokenizer
    takes a special token that is spelled out in a text for that token; ours does not.

    Args:
        trained: The model.
        folder: Where to; made if it is missing.

    Returns:
        The files' paths.

    Raises:
        UserError: The model has a part that Qwen3 has not, or the folder holds something else or
            cannot be written.
    """
    weights = qwen3_weights(trained.model.state_dict())
    end = trained.vocabulary.special_tokens[0]
    content = {
        "config.json": _json(qwen3_config(trained.model, trained.config.context)),
        "generation_config.json": _json({"bos_token_id": 0, "eos_token_id": 0}),
        "tokenizer_config.json": _json(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": end,
                "eos_token": end,
                "clean_up_tokenization_spaces": False,
                "model_max_length": trained.config.context,
            }
        ),
        "tokenizer.json": trained.tokenizer.read_bytes(),
        "model.safetensors": safetensors.torch.save(weights, {"format": "pt"}),
    }
    if strange := sorted({*files.names(folder)} - content.keys()):
        raise UserError(f"{folder}: holds {strange[0]}; export into a new folder")
    for name, data in content.items():
        with files.open_atomic(files.join(folder, name), _REMEDY) as out:
            out.write(data)
    return [files.join(folder, name) for name in content]


def qwen3_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights under Qwen3's names, in float32.

    Raises:
        UserError: One has no place there.
    """
    found = {}
    for name, weight in state.items():
        tensor = weight.detach().float().cpu().contiguous()
        if name == "embedding.weight":
            found["model.embed_tokens.weight"] = F.rms_norm(tensor, tensor.shape[1:])
            found.setdefault("lm_head.weight", tensor)
        elif name == "head.weight":
            found["lm_head.weight"] = tensor
        elif name == "norm.weight":
            found["model.norm.weight"] = tensor
        else:
            found[_block_name(name)] = tensor
            gate = name.replace(".up.", ".gate.")
            if gate not in state:
                found[_block_name(gate)] = tensor.clone()
    return found


def qwen3_config(model: Decoder, context: int) -> dict[str, Any]:
    """The `config.json` of a model."""
    block = model.blocks[0]
    assert isinstance(block, Block)
    gated = hasattr(block.feed_forward, "gate")
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "dtype": "float32",
        "vocab_size": model.embedding.num_embeddings,
        "hidden_size": model.embedding.embedding_dim,
        "intermediate_size": block.feed_forward.up.out_features,
        "num_hidden_layers": len(model.blocks),
        "num_attention_heads": block.attention.heads,
        "num_key_value_heads": block.attention.kv_heads,
        "head_dim": block.attention.head_width,
        "hidden_act": "silu" if gated else "relu",
        "max_position_embeddings": context,
        "rms_norm_eps": torch.finfo(torch.float32).eps,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROTARY_BASE},
        # Read by versions before 5.
        "rope_theta": ROTARY_BASE,
        "attention_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }


def _block_name(name: str) -> str:
    """Qwen3's name of a weight of a block."""
    first, _, rest = name.partition(".")
    number, _, inner = rest.partition(".")
    theirs = _BLOCK.get(inner.removesuffix(".weight"))
    if first != "blocks" or theirs is None:
        raise UserError(f"the model's {name} has no place in Qwen3, so it cannot be exported")
    return f"model.layers.{number}.{theirs}.weight"


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode() + b"\n"
