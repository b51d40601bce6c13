"""The measures: those the model was trained on, finite on any page, right where one can count."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from numpy.typing import NDArray

from classifiers.main_text import MODEL, probabilities
from pipeline.maintext import context
from pipeline.maintext.blocks import Block, read_blocks
from pipeline.maintext.containers import Containers
from pipeline.maintext.markup import Limits, parse, strip
from pipeline.maintext.measures import measure

LONG = "Words, and more of them, go on until there are enough in this one line of a paragraph. " * 3


def read(html: str) -> tuple[etree._Element, list[Block], Containers]:
    root = parse(strip(html.encode()), Limits())
    assert root is not None
    return root, *read_blocks(root, comments=False)


def measured(html: str, title: str = "") -> dict[str, list[float]]:
    _, blocks, containers = read(html)
    names, values = measure(blocks, containers, title)
    return {name: row.tolist() for name, row in zip(names, values, strict=True)}


def test_the_measures_are_those_the_model_was_trained_on() -> None:
    """What fails here has to be trained anew: scripts/train_main_text.py."""
    _, blocks, containers = read("<p>a</p>")
    names, _ = measure(blocks, containers, "")
    assert names == lightgbm.Booster(model_file=str(MODEL)).feature_name()
    assert len(set(names)) == len(names)


def test_other_measures_are_refused() -> None:
    _, blocks, containers = read("<p>a</p>")
    names, values = measure(blocks, containers, "")
    with pytest.raises(AssertionError, match="train it anew"):
        probabilities(names[::-1], values)


def test_text() -> None:
    found = measured(
        "<h2>A Tale of Two</h2><p>One, two; three. Four five! <a href=x>Six</a></p>"
        "<p><b>NOTE</b>:</p><p>12 Jan | 2020</p><p>NOTE:</p>",
        "Two tales | A site",
    )
    assert found["chars"] == [10, 26, 5, 10, 5]
    assert found["words"] == [4, 6, 1, 4, 1]
    assert found["word_length"] == pytest.approx([10 / 4, 26 / 6, 5, 10 / 4, 5])
    assert found["link_density"] == pytest.approx([0, 3 / 26, 0, 0, 0])
    assert found["strong_density"] == pytest.approx([0, 0, 4 / 5, 0, 0])
    assert found["links"] == [0, 1, 0, 0, 0]
    assert found["commas"] == [0, 2, 0, 0, 0]
    assert found["sentences"] == [0, 2, 0, 0, 0]
    assert found["colon"] == [0, 0, 1, 0, 1]
    assert found["upper_start"] == [1, 1, 1, 0, 1]
    assert found["all_upper"] == [0, 0, 1, 0, 1]
    assert found["digits"] == pytest.approx([0, 0, 0, 0.6, 0])
    assert found["separators"] == [0, 0, 0, 1, 0]
    assert found["level"] == [2, 0, 0, 0, 0]
    # Of {a, tale, of, two} and {two, tales, a, site}: a and two, of six.
    assert found["title_overlap"] == pytest.approx([2 / 6, 1 / 9, 0, 0, 0])
    assert found["repeats"] == [1, 1, 2, 1, 2]
    assert found["kind_heading"] == [1, 0, 0, 0, 0]
    assert found["kind_text"] == [0, 1, 1, 1, 1]
    assert found["cue_date"] == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("© 2020 A", "rights"), ("All rights reserved", "rights"), ("We use cookies", "notice"),
        ("Tweet this", "share"), ("Sign in", "account"), ("Antworten", "comment"),
        ("Read more", "more"), ("You may also", "related"), ("By Ada", "byline"),
        ("3.12.2019", "date"), ("14:05", "date"), ("Anzeige", "ad"), ("Tags: a", "tags"),
        ("Next", "step"), ("Photo", "image"), ("a@b.example", "contact"), ("5 €", "symbol"),
    ],
)  # fmt: skip
def test_cues_of_short_lines(text: str, cue: str) -> None:
    found = measured(f"<p>{text}</p><p>{text} {LONG}</p><p>nothing</p>")
    assert found[f"cue_{cue}"] == [1, 0, 0]


def test_ends_in_any_script() -> None:
    found = measured("<p>a.</p><p>a.”</p><p>好。</p><p>क्या।</p><p>a?)</p><p>a,</p><p>»</p>")
    assert found["terminal"] == [1, 1, 1, 1, 1, 0, 0]


def test_place_and_neighbours() -> None:
    found = measured(
        "<h1>ab</h1><div><p class=x>cdef</p><p class=x><a href=x>gh</a>ij</p></div>klmn"
        "<table><tr><td>op<td>qr</table>"
    )
    assert found["index"] == [0, 1, 2, 3, 4]
    assert found["index_share"] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert found["blocks"] == [5] * 5
    assert found["page_chars"] == [18] * 5
    assert found["chars_before"] == pytest.approx([0, 2 / 18, 6 / 18, 10 / 18, 14 / 18])
    assert found["page_link_density"] == pytest.approx([2 / 18] * 5)
    assert found["chars-1"] == [0, 2, 4, 4, 4]
    assert found["chars+3"] == [4, 4, 0, 0, 0]
    assert found["density+1"] == [0, 0.5, 0, 0, 1]
    assert found["heading-1"] == [0, 1, 0, 0, 0]
    assert found["same_container+1"] == [0, 0, 0, 0, 0]
    assert found["same_path+1"] == [0, 1, 0, 0, 0]
    assert found["since_h1"] == [0, 1, 2, 3, 4]
    assert found["until_h1"] == [0, 50, 50, 50, 50]
    assert found["in_div"] == [0, 1, 1, 0, 0]
    assert found["in_table"] == [0, 0, 0, 0, 1]
    assert found["depth"][0] == 2
    assert measured("<p>a<br>b</p>c")["same_container+1"] == [1, 0, 0]


def test_containers_around_a_block() -> None:
    found = measured(f"<div class=post><p>{'a' * 200}</p><p>{'b' * 50}</p></div><p><a>{'c' * 250}")
    assert found["share_0"] == pytest.approx([0.4, 0.1, 0.5])
    assert found["share_1"] == pytest.approx([0.5, 0.5, 1])
    assert found["share_2"] == [1, 1, 1]
    assert found["count_1"] == [2, 2, 3]
    assert found["density_0"] == [0, 0, 1]
    assert found["density_2"] == pytest.approx([0.5, 0.5, 0.5])
    assert found["text_1"] == pytest.approx([0.8, 0.8, 0.4])
    assert found["own_content"] == [0, 0, 0]
    assert found["around_content"] == [1, 1, 0]
    assert found["path_blocks"] == [2, 2, 1]
    assert found["path_share"] == pytest.approx([0.5, 0.5, 0.5])
    assert found["path_mean"] == [125, 125, 250]
    assert found["path_long"] == [1, 1, 0]


def test_the_container_that_holds_the_paragraphs_is_on_top() -> None:
    menu = "<div class=menu>" + "<p><a href=x>A link of more than some words, or so</a></p>" * 9
    page = f"{menu}</div><div><p>{LONG}</p><p>{LONG}</p><p>{LONG}</p></div><div><p>Foot.</p></div>"
    found = measured(page)
    assert found["in_top"] == [0] * 9 + [1] * 3 + [0]
    assert found["in_half"] == found["in_top"]
    assert found["below_top"] == [1] * 13
    assert found["above_shared"] == [1] * 9 + [0] * 3 + [1]
    assert found["best_score"][9:12] == [1, 1, 1]
    assert max(found["best_score"][:9]) < 1


def test_what_comes_after_the_head_of_comments() -> None:
    found = measured(f"<p>abcd</p><h3>2 Comments</h3><p>{'x' * 70}</p><p>By Ada</p>")
    assert found["thread_heads"] == [0, 1, 1, 1]
    assert found["since_thread"] == [50, 0, 1, 2]
    assert found["chars_after_thread"] == pytest.approx([-1, 0, 9 / 88, 79 / 88])
    assert found["bylines_near"] == [1, 1, 1, 1]


TAGS = "div p section article h1 h2 ul ol li blockquote table tr td th pre a b br span code".split()
WORDS = ["Home", "a, b; c.", "© 2020", "Read more »", LONG, "12:30", "中文。", "ab", "«»", "Ⅷ"]
moves = st.tuples(
    st.sampled_from(TAGS),
    st.sampled_from(["", "", "post content", "menu", "footer hidden"]),
    st.sampled_from(WORDS) | st.text(max_size=5).map(lambda text: text.replace("<", "")),
    st.integers(0, 2),
)


@st.composite
def pages(draw: st.DrawFn) -> str:
    html, opened = ["<body>Text"], []
    for tag, name, words, closed in draw(st.lists(moves, max_size=40)):
        html += [f"<{tag} class='{name}'>", words]
        opened += [tag]
        for _ in range(min(closed, len(opened))):
            html += [f"</{opened.pop()}>"]
    return "".join(html)


@settings(max_examples=200, deadline=None)
@given(pages(), st.text(max_size=20))
def test_every_block_of_any_page_has_finite_measures(html: str, title: str) -> None:
    _, blocks, containers = read(html)
    names, values = measure(blocks, containers, title)
    assert values.shape == (len(names), len(blocks))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    shares = [
        name for name in names if "share_" in name or name.startswith(("own_", "in_", "kind"))
    ]
    for name in [*shares, "link_density", "title_overlap", "best_score", "digits"]:
        row = values[names.index(name)]
        assert ((row >= 0) & (row <= 1 + 1e-6)).all(), name


class Naive:
    """Sums and scores by walking up from each block: what context.py does with columns."""

    def __init__(
        self, blocks: list[Block], containers: Containers, commas: NDArray[np.float64]
    ) -> None:
        self.parents = [row[0] for row in containers.rows]
        size = len(self.parents)
        self.chars, self.links, self.count = ([0.0] * size for _ in range(3))
        self.text, points = [0.0] * size, [0.0] * size
        for block, comma in zip(blocks, commas, strict=True):
            plain = block.chars - block.link_chars
            for above in self.up(block.container):
                self.chars[above] += block.chars
                self.links[above] += block.link_chars
                self.count[above] += 1
                self.text[above] += plain if plain >= 120 else 0
            if block.chars >= 25 and block.link_chars * 2 <= block.chars:
                worth = 1 + comma + min(block.chars / 100, 3)
                for share, above in zip((1, 1, 0.5, 0.33), self.up(block.container), strict=False):
                    points[above] += worth * share
        self.score = [
            point * (1 - links / max(chars, 1))
            for point, links, chars in zip(points, self.links, self.chars, strict=True)
        ]

    def up(self, container: int) -> list[int]:
        line = []
        while container >= 0:
            line.append(container)
            container = self.parents[container]
        return line


@settings(max_examples=200, deadline=None)
@given(pages())
def test_sums_and_scores_are_those_of_a_walk_up_the_tree(html: str) -> None:
    _, blocks, containers = read(html)
    commas = np.array([float(block.text.count(",")) for block in blocks])
    none = np.zeros(len(blocks), bool)
    found = context.measure(blocks, containers, commas, none, none)
    naive = Naive(blocks, containers, commas)
    highest = max(naive.score)
    tops = [n for n, score in enumerate(naive.score) if score == pytest.approx(highest)]
    half = max(n for n, text in enumerate(naive.text) if text >= naive.text[0] / 2)
    for index, block in enumerate(blocks):
        line = naive.up(block.container)
        for step in range(4):
            above = line[min(step, len(line) - 1)]
            chars = naive.chars[above]
            assert found[f"share_{step}"][index] == pytest.approx(chars / naive.chars[0])
            assert found[f"density_{step}"][index] == pytest.approx(naive.links[above] / chars)
            assert found[f"text_{step}"][index] == pytest.approx(naive.text[above] / chars)
            assert found[f"count_{step}"][index] == naive.count[above]
        if highest > 0:
            best = max(naive.score[above] for above in line)
            score = naive.score[block.container]
            assert found["score"][index] == pytest.approx(score / highest)
            assert found["best_score"][index] == pytest.approx(best / highest)
            if len(tops) == 1:
                assert found["in_top"][index] == (tops[0] in line)
        assert found["in_half"][index] == (half in line)
