"""Where a block stands, as numbers: its neighbours, its containers, its place on the page.

Sources: scores of containers that hold paragraphs (Readability, Arc90 2010); tag and class paths
that the parts of one list share (Weninger et al. 2010, CETR).
"""

import re
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.maintext.blocks import Block
from pipeline.maintext.containers import Containers

_Column: TypeAlias = NDArray[Any]
_Columns: TypeAlias = dict[str, _Column]

_THREAD = re.compile(
    r"(?:\d[\d,.]*|no|one)? ?(?:\w+ )?(?:comments?|responses?|repl(?:y|ies)|kommentare?|discussion"
    r"|reader comments|leserkommentare|comentarios|commentaires|trackbacks?|antworten|reviews?"
    r"|thoughts on)\b|(?:leave|post|add|write|submit) (?:a |your )?(?:comment|reply)|comments? \(",
    re.IGNORECASE,
)
_HEAD_CHARS = 60
_NEAR = 3
_WIDE = 9
_FAR = 50
_LONG = 120
_MUCH = 400
_CHAIN = 4
_PARAGRAPH = 25
_SHARES = (1.0, 1.0, 0.5, 0.33)


def measure(
    blocks: list[Block],
    containers: Containers,
    commas: _Column,
    dates: _Column,
    bylines: _Column,
) -> _Columns:
    """Measures of where each block stands, by the measure's name.

    Args:
        blocks: All blocks of a page, in order; at least one.
        containers: What stands around them.
        commas: How many commas each block has.
        dates: Which blocks have a date.
        bylines: Which blocks have a byline.
    """
    where = np.array([block.container for block in blocks])
    chars = np.array([block.chars for block in blocks], np.float64)
    links = np.array([block.link_chars for block in blocks], np.float64)
    levels = np.array([block.level if block.kind == "heading" else 0 for block in blocks])
    rows = np.array(containers.rows)
    parent, depth, path = rows[:, 0], rows[:, 1], rows[where, 5]
    ends = np.array(containers.ends)
    text = chars - links
    long = text >= _LONG
    within = _sums(ends, where, [chars, links, long * text, np.ones_like(chars)])
    points = np.where(
        (chars >= _PARAGRAPH) & (links * 2 <= chars), 1 + commas + np.minimum(chars / 100, 3), 0
    )
    score = _scores(parent, where, points) * (1 - within[1] / np.maximum(within[0], 1))
    return (
        _place(chars, links)
        | _neighbours(chars, links / chars, where, path, levels > 0)
        | _threads(blocks, chars, dates, bylines)
        | _distances(text, long, levels)
        | _chain(parent, where, within)
        | _paths(path, chars, links, long)
        | _top(parent, depth, ends, where, score, within[2])
        | {"depth": depth[where]}
    )


def _place(chars: _Column, links: _Column) -> _Columns:
    n, total = len(chars), chars.sum()
    return {
        "index": np.arange(n),
        "index_share": np.arange(n) / n,
        "blocks": np.full(n, n),
        "chars_before": (np.cumsum(chars) - chars) / total,
        "page_chars": np.full(n, total),
        "page_link_density": np.full(n, links.sum() / total),
    }


def _neighbours(
    chars: _Column, density: _Column, where: _Column, path: _Column, heading: _Column
) -> _Columns:
    n = len(chars)
    columns: _Columns = {}
    around = [
        np.concatenate([np.full(_NEAR, beyond), values, np.full(_NEAR, beyond)])
        for values, beyond in ((chars, 0), (density, 1), (where, -1), (path, -1), (heading, 0))
    ]
    for step in [*range(-_NEAR, 0), *range(1, _NEAR + 1)]:
        there = slice(_NEAR + step, _NEAR + step + n)
        columns |= {
            f"chars{step:+d}": around[0][there],
            f"density{step:+d}": around[1][there],
            f"same_container{step:+d}": around[2][there] == where,
            f"same_path{step:+d}": around[3][there] == path,
            f"heading{step:+d}": around[4][there],
        }
    return columns


def _threads(blocks: list[Block], chars: _Column, dates: _Column, bylines: _Column) -> _Columns:
    """What tells that comments have begun: a line that says so, bylines and dates around."""
    before = np.cumsum(chars) - chars
    small = chars < _HEAD_CHARS
    heads = np.array(
        [block.chars < _HEAD_CHARS and _THREAD.match(block.text) is not None for block in blocks]
    )
    start = np.maximum.accumulate(np.where(heads, before, -1.0))
    return {
        "thread_heads": np.cumsum(heads),
        "since_thread": _since(heads),
        "dates_near": _around(dates & small),
        "bylines_near": _around(bylines & small),
        "chars_after_thread": np.where(start >= 0, (before - start) / chars.sum(), -1),
    }


def _distances(text: _Column, long: _Column, levels: _Column) -> _Columns:
    first = levels == 1
    return {
        "since_long": _since(long),
        "until_long": _since(long[::-1])[::-1],
        "near_text": _around(np.minimum(text, _MUCH)) / _WIDE,
        "since_h1": _since(first),
        "until_h1": _since(first[::-1])[::-1],
        "since_heading": _since(levels > 0),
    }


def _chain(parent: _Column, where: _Column, within: _Column) -> _Columns:
    """What the containers around a block hold, from its own upwards."""
    columns: _Columns = {}
    total = within[0, 0]
    up = where
    for step in range(_CHAIN):
        chars, links, long, count = within[:, up]
        columns |= {
            f"share_{step}": chars / total,
            f"density_{step}": links / chars,
            f"text_{step}": long / chars,
            f"count_{step}": count,
        }
        up = np.maximum(parent[up], 0)
    return columns


def _paths(path: _Column, chars: _Column, links: _Column, long: _Column) -> _Columns:
    """What all blocks of the same tag and class path are together."""
    number = np.unique(path, return_inverse=True)[1]
    blocks = np.bincount(number)[number]
    sums = [np.bincount(number, values)[number] for values in (chars, links, long)]
    return {
        "path_blocks": blocks,
        "path_share": sums[0] / chars.sum(),
        "path_density": sums[1] / sums[0],
        "path_mean": sums[0] / blocks,
        "path_long": sums[2],
    }


def _top(
    parent: _Column,
    depth: _Column,
    ends: _Column,
    where: _Column,
    score: _Column,
    text: _Column,
) -> _Columns:
    """How a block stands to the container that scores best, and to that with half of the text."""
    top = int(score.argmax())
    half = int(np.flatnonzero(text >= text[0] / 2)[-1])
    line = [top]
    while parent[line[-1]] >= 0:
        line.append(int(parent[line[-1]]))
    around_both = sum(_is_in(where, container, ends) for container in line)
    best, up = score, np.maximum(parent, 0)
    while up.any():
        best, up = np.maximum(best, best[up]), up[up]
    highest = max(float(score[top]), 1e-9)
    return {
        "score": score[where] / highest,
        "best_score": np.maximum(best, score[0])[where] / highest,
        "in_top": _is_in(where, top, ends),
        "below_top": depth[where] - depth[top],
        "above_shared": len(line) - around_both,
        "in_half": _is_in(where, half, ends),
        "below_half": depth[where] - depth[half],
    }


def _is_in(where: _Column, container: int, ends: _Column) -> _Column:
    """Whether containers are a container or stand in it."""
    inside: _Column = (where >= container) & (where < ends[container])
    return inside


def _scores(parent: _Column, where: _Column, points: _Column) -> _Column:
    """The points of paragraphs, given to the containers around them."""
    score = np.zeros(len(parent))
    at, points = where[points > 0], points[points > 0]
    for share in _SHARES:
        score += np.bincount(at, points * share, len(parent))
        inside = parent[at] >= 0
        at, points = parent[at[inside]], points[inside]
    return score


def _sums(ends: _Column, where: _Column, values: list[_Column]) -> _Column:
    """Sums over the blocks in each container and in those within it; shape (values, containers)."""
    own = [np.bincount(where, value, len(ends)) for value in values]
    before = np.concatenate([np.zeros((len(values), 1)), np.cumsum(own, axis=1)], axis=1)
    sums: _Column = before[:, ends] - before[:, :-1]
    return sums


def _since(marks: _Column) -> _Column:
    """Blocks since the last mark; 50 where it is farther or there is none."""
    index = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(marks, index, -_FAR))
    return np.minimum(index - last, _FAR)


def _around(values: _Column) -> _Column:
    """Sums over the nine blocks around each."""
    before: _Column = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    half = _WIDE // 2
    stop, start = np.minimum(index + half + 1, len(values)), np.maximum(index - half, 0)
    return before[stop] - before[start]
