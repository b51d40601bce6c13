"""Components and star edges, against plain definitions and SciPy."""

import random
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from pipeline.components import Edges, components, star_edges

# Few distinct nodes, so that components grow; the largest numbers, so that nothing may overflow.
NODES = st.sampled_from([*range(12), 2**32, 2**63, 2**64 - 1])
PAIRS = st.lists(st.tuples(NODES, NODES), max_size=30)
KEYS = st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1])


def edges_of(pairs: list[tuple[int, int]]) -> Edges:
    return np.array(pairs, dtype=np.uint64).reshape(-1, 2)


def as_dict(edges: Edges) -> dict[int, int]:
    nodes, roots = components(edges)
    return dict(zip(nodes.tolist(), roots.tolist(), strict=True))


def by_merging_sets(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The smallest member of each node's component, by the definition."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(pair).union(*touched))
    return {node: min(group) for group in groups for node in group}


@given(PAIRS)
def test_each_node_is_labelled_with_the_smallest_of_its_component(
    pairs: list[tuple[int, int]],
) -> None:
    assert as_dict(edges_of(pairs)) == by_merging_sets(pairs)


@given(PAIRS, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_direction_nor_repeats_of_edges_matter(
    pairs: list[tuple[int, int]], chance: random.Random
) -> None:
    other = [pair[::-1] if i % 2 else pair for i, pair in enumerate(pairs)] + pairs[:3]
    chance.shuffle(other)
    assert as_dict(edges_of(pairs)) == as_dict(edges_of(other))


def test_nodes_are_ascending() -> None:
    nodes, _ = components(edges_of([(9, 3), (2**64 - 1, 5), (3, 7)]))
    assert nodes.tolist() == [3, 5, 7, 9, 2**64 - 1]


def test_an_edge_repeated_hundreds_of_times_still_connects() -> None:
    assert as_dict(edges_of([(1, 2)] * 512 + [(2, 3)] * 256)) == {1: 1, 2: 1, 3: 1}


def test_no_edges_have_no_components() -> None:
    nodes, roots = components(edges_of([]))
    assert nodes.dtype == roots.dtype == np.uint64
    assert len(nodes) == len(roots) == 0


def test_a_long_chain_is_one_component() -> None:
    chain = np.stack([np.arange(100_000), np.arange(1, 100_001)], axis=1).astype(np.uint64)
    nodes, roots = components(np.random.default_rng(0).permutation(chain))
    assert len(nodes) == 100_001
    assert (roots == 0).all()


def test_a_large_random_graph_is_cut_as_scipy_cuts_it() -> None:
    rng = np.random.default_rng(7)
    edges = rng.integers(0, 30_000, (20_000, 2), dtype=np.uint64)
    nodes, roots = components(edges)
    size = 30_000
    graph = csr_array((np.ones(len(edges)), edges.astype(np.int64).T), shape=(size, size))
    _, labels = connected_components(graph, directed=True, connection="weak")
    pairs = set(zip(labels[nodes.astype(np.int64)].tolist(), roots.tolist(), strict=True))
    assert len(pairs) == len(set(roots.tolist())) == len({label for label, _ in pairs})


BUCKETS = st.lists(st.tuples(KEYS, NODES), max_size=40)


def stars(entries: list[tuple[int, int]]) -> list[tuple[int, int]]:
    keys, nodes = np.array(entries, dtype=np.uint64).reshape(-1, 2).T
    edges = star_edges(keys, nodes)
    assert edges.dtype == np.uint64
    assert edges.shape == (len(edges), 2)
    return [(low, high) for low, high in edges.tolist()]


@given(BUCKETS)
def test_a_bucket_becomes_a_star_around_its_smallest_node(entries: list[tuple[int, int]]) -> None:
    buckets = defaultdict(set)
    for key, node in entries:
        buckets[key].add(node)
    expected = [
        (min(nodes), node) for _, nodes in sorted(buckets.items()) for node in sorted(nodes)[1:]
    ]
    assert stars(entries) == expected


@given(BUCKETS)
def test_stars_connect_what_all_pairs_of_a_bucket_would(entries: list[tuple[int, int]]) -> None:
    pairs = [(a, b) for key, a in entries for other, b in entries if key == other and a != b]
    assert as_dict(edges_of(stars(entries))) == by_merging_sets(pairs)


def test_a_hot_bucket_costs_one_star() -> None:
    assert len(stars([(5, node) for node in range(10_000)])) == 9_999
