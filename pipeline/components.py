"""Connected components, and the candidate pairs that LSH buckets give."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Nodes = npt.NDArray[np.uint64]


def components(edges: Nodes) -> tuple[Nodes, Nodes]:
    """The components of a graph; a component's root is its smallest node.

    Args:
        edges: Pairs of nodes, shape (n, 2), in any order and with repeats.

    Returns:
        The nodes, ascending, and for each the root of its component.
    """
    nodes, ends = np.unique(edges, return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), (len(nodes),) * 2)
    _, labels = connected_components(graph, directed=False)
    # Nodes ascend, so the first of a label is its smallest.
    _, first = np.unique(labels, return_index=True)
    return nodes, nodes[first][labels]


def star_edges(keys: Nodes, nodes: Nodes) -> Nodes:
    """For every bucket the pairs of its smallest node with each other node in it.

    A bucket of k documents costs k - 1 pairs, however large it is.

    Args:
        keys: Bucket of each entry.
        nodes: Document of each entry, shape of `keys`.

    Returns:
        Pairs (smallest, other), shape (n, 2), without repeats, ascending.
    """
    order = np.lexsort((nodes, keys))
    keys, nodes = keys[order], nodes[order]
    first = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))
    centres = np.repeat(nodes[first], np.diff(first, append=len(keys)))
    pairs = np.stack([centres, nodes], axis=1)
    return np.unique(pairs[centres != nodes], axis=0)
