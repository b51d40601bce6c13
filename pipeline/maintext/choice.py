"""Which blocks of a page are its main text."""

from dataclasses import replace
from functools import partial
from itertools import groupby

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from classifiers import main_text
from pipeline.maintext.blocks import Block, read_blocks
from pipeline.maintext.containers import Containers
from pipeline.maintext.measures import measure

_LINK_CHARS = 50
_MENU = 4
_IN_MENU, _ALONE = -1, -2
_COMMENT_CHARS = 20
_COMMENT_DENSITY = 0.5


def main_blocks(root: etree._Element, comments: bool) -> list[Block]:
    """The blocks of a page that are its main text, in order.

    Args:
        root: The page's root element.
        comments: Whether the readers' comments belong to it. They do not change what else does.
    """
    blocks, containers = read_blocks(root, comments=False)
    kept = {id(block) for unit in _main_units(root, blocks, containers) for block in unit}
    if comments:
        # Read apart: links and list items among comments leave their marks on the next blocks.
        page = iter(blocks)
        everything, _ = read_blocks(root, comments=True)
        blocks = [block if block.comment else next(page) for block in everything]
    return [block for block in blocks if id(block) in kept or _is_said(block)]


def _main_units(
    root: etree._Element, blocks: list[Block], containers: Containers
) -> list[list[Block]]:
    units = join(blocks, containers)
    if not units:
        return []
    judged = [as_one(unit) for unit in units]
    title = root.findtext(".//title") or ""
    shares = main_text.probabilities(*measure(judged, containers, title))
    chars = np.array([block.chars for block in judged])
    return [units[index] for index in choose(shares, chars)]


def join(blocks: list[Block], containers: Containers) -> list[list[Block]]:
    """Blocks in units that are judged as one: the rows of a table, short links in a row, or one.

    Half of the blocks of a page are the entries of its menus and lists of links.
    """
    units: list[list[Block]] = []
    for kin, group in groupby(blocks, partial(_kin, containers)):
        run = list(group)
        if kin >= 0 or (kin == _IN_MENU and len(run) >= _MENU):
            units.append(run)
        else:
            units += [[block] for block in run]
    return units


def _kin(containers: Containers, block: Block) -> int:
    """What a block shares with those it is judged with: its table, or that it is a short link."""
    if block.kind == "row":
        return containers.rows[block.container][0]
    if block.link_chars == block.chars and block.chars < _LINK_CHARS:
        return _IN_MENU
    return _ALONE


def as_one(unit: list[Block]) -> Block:
    """A unit as a block, for measuring."""
    first = unit[0]
    if len(unit) == 1:
        return first
    return replace(
        first,
        text=" ".join(block.text for block in unit),
        kind="row" if first.kind == "row" else "links",
        chars=sum(block.chars for block in unit),
        link_chars=sum(block.link_chars for block in unit),
        strong_chars=sum(block.strong_chars for block in unit),
        links=sum(block.links for block in unit),
    )


def choose(shares: NDArray[np.float64], chars: NDArray[np.int64]) -> NDArray[np.int64]:
    """The blocks whose choice gives the best expected F1 of characters; their indices, in order.

    If a share s of each block's characters is main text, then taking blocks T gives about
    F1 = 2 Σ_T s·chars / (Σ_T chars + Σ_all s·chars), which is greatest for some number of blocks
    taken by falling share (Lipton et al. 2014, Optimal Thresholding of Classifiers).

    Args:
        shares: Expected share of each block that is main text, 0 to 1; shape (blocks,).
        chars: Characters of each block; shape (blocks,).
    """
    order = np.argsort(-shares, kind="stable")
    right = shares[order] * chars[order]
    expected = 2 * np.cumsum(right) / (np.cumsum(chars[order]) + right.sum())
    best: NDArray[np.int64] = np.sort(order[: int(expected.argmax()) + 1])
    return best


def _is_said(block: Block) -> bool:
    """Whether a block among comments is something said, not a button or a form's label."""
    return (
        block.comment
        and block.chars >= _COMMENT_CHARS
        and block.link_chars <= _COMMENT_DENSITY * block.chars
    )
