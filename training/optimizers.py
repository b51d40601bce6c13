"""Which weights are updated how."""

import torch
from torch.optim import Optimizer

from training.config import TrainConfig
from training.model import Decoder

_BETAS = (0.9, 0.95)


def make_optimizers(model: Decoder, config: TrainConfig) -> list[Optimizer]:
    """The optimizers of all weights of a model.

    The matrices of the blocks are decayed, and updated by AdamW (Loshchilov and Hutter 2019) or by
    Muon (Jordan et al. 2024), whose updates are scaled to the root mean square of AdamW's, so that
    one rate and decay serve both (Liu et al. 2025, "Muon is Scalable for LLM Training"). The rest
    is updated by AdamW. Norms are not decayed, nor is the embedding: decay makes its rows ever
    shorter (OLMo 2, 2025).
    """
    matrices = [weight for weight in model.blocks.parameters() if weight.ndim == 2]
    chosen = {id(weight) for weight in matrices}
    others = [weight for weight in model.parameters() if id(weight) not in chosen]
    groups = [{"params": others, "weight_decay": 0.0}]
    optimizers: list[Optimizer] = []
    if config.optimizer == "muon":
        optimizers.append(
            torch.optim.Muon(
                matrices,
                lr=config.learning_rate,
                weight_decay=config.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    else:
        groups.insert(0, {"params": matrices, "weight_decay": config.weight_decay})
    fused = others[0].is_cuda
    return [*optimizers, torch.optim.AdamW(groups, config.learning_rate, _BETAS, fused=fused)]
