"""What a configuration may say of models and domains."""

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import UserError


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "run.toml"
    path.write_text(f'[run]\nname = "a"\n{text}', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("key", ["quality", "domain"])
def test_a_model_elsewhere_needs_its_hash(tmp_path: Path, key: str) -> None:
    good = "s3://bucket/model.bin#sha256=" + "0" * 64
    text = f'[{key}]\nmodel = "{{}}"'
    assert getattr(load(written(tmp_path, text.format(good))), key).model == good
    for bad in (good[:-1], good.partition("#")[0], "model.bin#sha256=0"):
        with pytest.raises(UserError, match=rf"{key}.model: should end in #sha256="):
            load(written(tmp_path, text.format(bad)))


def test_the_domains_that_documents_can_have_depend_on_the_model(tmp_path: Path) -> None:
    weights = "[weight.domains]\n{} = 2.0\n"
    model = '[domain]\nmodel = "model.json"\n'
    with pytest.raises(UserError, match=r"weight.domains.news: no document can have it"):
        load(written(tmp_path, weights.format("news")))
    assert load(written(tmp_path, model + weights.format("news"))).weight.domains == {"news": 2.0}
    with pytest.raises(UserError, match=r"weight.domains.newz: .* did you mean 'news'"):
        load(written(tmp_path, model + weights.format("newz")))
