"""The processes that train one model together, as `torchrun` starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from pipeline.errors import UserError


@dataclass(frozen=True)
class Ranks:
    """One of the processes, and how many there are.

    Attributes:
        rank: Which of all processes this is, from 0.
        world: Processes.
        device: Where this one computes.
    """

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def add(self, *numbers: float) -> list[float]:
        """The sums over all processes of some numbers of each."""
        if self.world == 1:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(sums)
        found: list[float] = sums.tolist()
        return found


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Finds the other processes; alone, without `torchrun`, there is nothing to find.

    Args:
        device: `auto`, `cpu` or `cuda`; each process of a machine takes a GPU of its own.

    Raises:
        UserError: A GPU is asked for and there is none, or too few for the processes.
    """
    rank, world, local = (
        int(os.environ.get(name, default))
        for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))
    )
    ranks = Ranks(rank, world, pick_device(device, local))
    if world == 1:
        yield ranks
        return
    cuda = ranks.device.type == "cuda"
    if cuda:
        torch.cuda.set_device(ranks.device)
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield ranks
    finally:
        dist.destroy_process_group()


def pick_device(name: str, local: int = 0) -> torch.device:
    """The device a setting means.

    Args:
        name: `auto`, `cpu` or `cuda`.
        local: Which of the processes on this machine asks, from 0.

    Raises:
        UserError: If a GPU is asked for and there is none, or too few.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise UserError("device = cuda, but torch sees no GPU; set device to auto or cpu")
    if not available or name == "cpu":
        return torch.device("cpu")
    if local >= torch.cuda.device_count():
        raise UserError(
            f"{torch.cuda.device_count()} GPUs for more processes than that; give torchrun no more "
            "with --nproc-per-node"
        )
    return torch.device("cuda", local)


def whole(tensor: Tensor) -> Tensor:
    """A tensor put together, where each process holds a part; all of them must call this."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def parted(tensor: Tensor, weight: Tensor) -> Tensor:
    """The part of a tensor that this process is to hold, as it holds a weight of that shape."""
    if not isinstance(weight, DTensor) or tensor.shape != weight.shape:
        return tensor
    held: Tensor = distribute_tensor(
        tensor.to(weight.device), weight.device_mesh, weight.placements, src_data_rank=None
    )
    return held
