"""How a model is spread over the processes, and how their gradients come together."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.nn.parallel import DistributedDataParallel

from training.model import Decoder
from training.ranks import Ranks


def spread(model: Decoder, ranks: Ranks, parallel: Literal["ddp", "fsdp"]) -> nn.Module:
    """What every process is to call in place of the model, in training.

    With `ddp` each has all of the model (Li et al. 2020, "PyTorch Distributed"); with `fsdp` a part
    of each weight, its gradient and its optimizer's state, and blocks are put together when they
    are needed (Zhao et al. 2023, "PyTorch FSDP"). On a GPU the blocks travel in bfloat16.

    Args:
        model: The model, the same in all processes; `fsdp` changes it.
        ranks: The processes.
        parallel: Which way.
    """
    if ranks.world == 1:
        return model
    cuda = ranks.device.type == "cuda"
    if parallel == "ddp":
        return DistributedDataParallel(
            model,
            device_ids=[ranks.device.index] if cuda else None,
            forward_sync_buffers=False,
            gradient_as_bucket_view=True,
        )
    mesh = init_device_mesh(ranks.device.type, (ranks.world,))
    rough = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16, reduce_dtype=torch.float32, cast_forward_inputs=False
    )
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=rough if cuda else MixedPrecisionPolicy())
    fully_shard(model, mesh=mesh)
    return model


@contextmanager
def gathering(model: nn.Module, last: bool) -> Iterator[None]:
    """While gradients add up over parts of a batch, only those of the last part travel."""
    if isinstance(model, DistributedDataParallel) and not last:
        with model.no_sync():
            yield
        return
    if isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(last)
    yield
