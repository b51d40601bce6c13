"""A token sees its own document only, by whichever kernel."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch.nn.attention.flex_attention import flex_attention

from training import masks
from training.config import TrainConfig
from training.masks import attend, block_mask, document_mask
from training.model import make_model

SMALL = TrainConfig(depth=2, width=32, heads=4, kv_heads=2, context=24)
DOCUMENTS = torch.tensor([[0] * 10 + [1] * 3 + [2] * 11, [0] * 24])


def heads() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    query = torch.randn(2, 4, 24, 8, generator=generator)
    key, value = torch.randn(2, 2, 2, 24, 8, generator=generator)
    return query, key, value


def test_a_document_is_read_as_if_it_stood_alone() -> None:
    query, key, value = heads()
    mixed = attend(query, key, value, document_mask(DOCUMENTS))
    for first, stop in ((0, 10), (10, 13), (13, 24)):
        parts = (one[:1, :, first:stop] for one in (query, key, value))
        alone = attend(*parts, None)
        assert torch.allclose(mixed[:1, :, first:stop], alone, atol=1e-6)
    assert torch.allclose(mixed[1:], attend(query[1:], key[1:], value[1:], None), atol=1e-6)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_gives_what_sdpa_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mask by blocks that a GPU takes, run here without its kernel."""
    monkeypatch.setattr(masks, "_fused", lambda: flex_attention)
    query, key, value = heads()
    expected = attend(query, key, value, document_mask(DOCUMENTS))
    with torch.no_grad():
        found = attend(query, key, value, block_mask(DOCUMENTS))
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("masked", [True, False])
def test_the_model_keeps_to_its_documents(masked: bool) -> None:
    """A change in the first document is seen in the second only without a mask."""
    model = make_model(64, SMALL.model_copy(update={"document_mask": masked}))
    for weight in model.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.2, generator=torch.Generator().manual_seed(1))
    inputs = torch.randint(0, 64, (2, 24), generator=torch.Generator().manual_seed(2))
    other = inputs.clone()
    other[0, 4] += 1
    changed = (model(inputs, DOCUMENTS) != model(other % 64, DOCUMENTS)).any(-1)
    assert changed[0, 4:10].all()
    assert changed[0, 10:].all() != masked
    assert not changed[1].any()
    plain = (model(inputs) != model(other % 64)).any(-1)
    assert plain[0, 4:].all()


def test_the_gradient_is_that_of_a_document_alone() -> None:
    query, key, value = (one.requires_grad_() for one in heads())
    attend(query, key, value, document_mask(DOCUMENTS))[0, :, 13:].sum().backward()
    assert not value.grad[0, :, :13].any()
    assert F.relu(value.grad[0, :, 13:]).sum() > 0
