"""Each kind of block as a line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.maintext.blocks import KINDS, Block, Kind
from pipeline.maintext.markdown import render


def block(text: str, kind: Kind = "text", level: int = 0, marker: str = "") -> Block:
    return Block(text, kind, level, marker, 0, max(1, len(text)), 0, 0, 0, False, False)


@pytest.mark.parametrize(
    ("given_block", "line"),
    [
        (block("Plain *text*, # not escaped."), "Plain *text*, # not escaped."),
        (block("A tale", "heading", 1), "# A tale"),
        (block("Part", "heading", 6), "###### Part"),
        (block("one", "item", 1, "-"), "- one"),
        (block("two", "item", 1, "2."), "2. two"),
        (block("deep", "item", 3, "-"), "    - deep"),
        (block("| a | b |", "row"), "| a | b |"),
        (block("Said so.", "quote"), "> Said so."),
        (block("def f():\n    return 1", "code"), "```\ndef f():\n    return 1\n```"),
        (block("roses\n  are", "pre"), "roses\n  are"),
        (block("Term", "term"), "Term"),
        (block("Home News", "links"), "Home News"),
        (block("$x^2$"), "$x^2$"),
    ],
)
def test_a_block_of_each_kind(given_block: Block, line: str) -> None:
    assert render([given_block]) == line


def test_one_newline_stands_between_blocks() -> None:
    blocks = [block("A tale", "heading", 2), block("One."), block("a", "item", 1, "-")]
    assert render(blocks) == "## A tale\nOne.\n- a"
    assert render([]) == ""


kinds = st.sampled_from(KINDS).filter(lambda kind: kind not in ("heading", "item"))
any_block = st.builds(block, st.text(min_size=1), kinds) | st.builds(
    block, st.text(min_size=1), st.just("heading"), st.integers(1, 6)
)


@given(st.lists(any_block))
def test_blocks_are_rendered_one_by_one_by_their_text_and_kind_alone(blocks: list[Block]) -> None:
    assert render(blocks) == "\n".join(render([one]) for one in blocks)
    others = [replace(one, container=7, links=3, link_chars=1, comment=True) for one in blocks]
    assert render(others) == render(blocks)
    for one in blocks:
        assert one.text in render([one])
