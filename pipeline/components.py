"""Connected components of a graph given as edges, and the edges that buckets stand for."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Nodes = npt.NDArray[np.uint64]
Edges = npt.NDArray[np.uint64]


def star_edges(keys: npt.NDArray[np.uint64], nodes: Nodes) -> Edges:
    """Edges that connect the nodes of each bucket.

    A bucket of k nodes costs k - 1 edges, from its smallest node to each other, not k squared.

    Args:
        keys: The buckets' keys, shape (n,), in any order.
        nodes: The node that lies in each, shape (n,).

    Returns:
        uint64, shape (edges, 2): smaller node, other node; by key, then by node.
    """
    order = np.lexsort((nodes, keys))
    keys, nodes = keys[order], nodes[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    # A node that lies in a bucket twice has no edge twice.
    repeated = np.zeros(len(keys), dtype=bool)
    repeated[1:] = ~first[1:] & (nodes[1:] == nodes[:-1])
    centres = nodes[first][np.cumsum(first) - 1]
    outer = ~first & ~repeated
    return np.stack([centres[outer], nodes[outer]], axis=1)


def components(edges: Edges) -> tuple[Nodes, Nodes]:
    """The connected component of every node that has an edge.

    Takes up to about 90 bytes of memory an edge, the edges themselves not counted.

    Args:
        edges: uint64, shape (edges, 2), in any order and either direction, repeats allowed.

    Returns:
        The nodes, ascending, and for each the smallest node of its component.
    """
    nodes, flat = np.unique(edges, return_inverse=True)
    # A graph of at most 2^31 nodes costs half in 32 bits.
    ends = flat.reshape(edges.shape).astype(np.int32 if len(nodes) <= 2**31 else np.int64)
    weights = np.ones(len(ends), dtype=bool)
    graph = coo_array((weights, (ends[:, 0], ends[:, 1])), shape=(len(nodes), len(nodes)))
    _, labels = connected_components(graph, directed=False)
    _, smallest = np.unique(labels, return_index=True)
    return nodes, nodes[smallest[labels]]
