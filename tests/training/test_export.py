"""What is exported computes the same in `transformers`."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import UserError
from tests.training.trained_models import CONFIG, VOCABULARY, a_trained
from training.config import TrainConfig
from training.export import export, qwen3_weights
from training.trained import Trained

transformers = pytest.importorskip("transformers")


def exported(folder: Path, config: TrainConfig = CONFIG) -> tuple[Trained, str]:
    trained = a_trained(config, folder)
    trained.tokenizer.write_text(VOCABULARY.to_json(), encoding="utf-8")
    output = str(folder / "out")
    export(trained, output)
    return trained, output


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"width": 48, "heads": 3, "kv_heads": 3, "depth": 1},
        {"kv_heads": 1},
        {"activation": "relu2"},
        {"tied": False},
    ],
)
def test_logits_are_equal(tmp_path: Path, shape: dict[str, Any]) -> None:
    trained, folder = exported(tmp_path, CONFIG.model_copy(update=shape))
    theirs, said = transformers.AutoModelForCausalLM.from_pretrained(
        folder, output_loading_info=True
    )
    assert not any(said[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    tokens = torch.randint(0, len(VOCABULARY), (3, 32), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        ours, found = trained.model(tokens), theirs(tokens).logits
    assert found.dtype == torch.float32
    assert (ours - found).abs().max() < 2e-5 * ours.abs().max()


def test_the_tokenizer_encodes_and_decodes_the_same(tmp_path: Path) -> None:
    trained, folder = exported(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    text = "  the theory , isn't 1234\n\n\tNai\u0308ve 東京 🙂 ."
    assert theirs(text)["input_ids"] == trained.ids(text).tolist()
    assert theirs.decode(trained.ids(text)) == text
    assert theirs.eos_token_id == trained.end_of_text
    assert len(theirs) == len(VOCABULARY)


def test_greedy_generation_is_the_same(tmp_path: Path) -> None:
    trained, folder = exported(tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder)
    prompt = torch.tensor([[0, 5, 6]])
    found = theirs.generate(prompt, max_new_tokens=12, do_sample=False)[0].tolist()
    ids = prompt[0].tolist()
    while len(ids) < len(found):
        ids.append(int(trained.model(torch.tensor([ids]))[0, -1].argmax()))
    assert found == ids


def test_a_squared_relu_is_a_relu_gated_by_its_input() -> None:
    """A feed-forward without gate: theirs is down(relu(up x) * up x)."""
    state = a_trained().model.state_dict()
    plain = {name: weight for name, weight in state.items() if ".gate." not in name}
    found = qwen3_weights(plain)
    for number in range(2):
        up = state[f"blocks.{number}.feed_forward.up.weight"]
        assert torch.equal(found[f"model.layers.{number}.mlp.gate_proj.weight"], up)
        assert torch.equal(found[f"model.layers.{number}.mlp.up_proj.weight"], up)
    x = torch.randn(7, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.relu(x) * x, torch.relu(x).square())


def test_a_weight_without_a_place_is_refused() -> None:
    with pytest.raises(UserError, match=r"blocks\.0\.attention\.sink has no place in Qwen3"):
        qwen3_weights({"blocks.0.attention.sink": torch.zeros(2)})


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    trained, folder = exported(tmp_path)
    before = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    export(trained, folder)
    assert {path.name: path.read_bytes() for path in Path(folder).iterdir()} == before
    assert json.loads(before["config.json"])["model_type"] == "qwen3"
    (Path(folder) / "notes.txt").touch()
    with pytest.raises(UserError, match=r"holds notes\.txt"):
        export(trained, folder)
