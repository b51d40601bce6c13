"""The main text of an HTML page.

- `markup`: bytes of HTML to a tree, hostile markup refused.
- `containers`: what the elements around a block say it is for.
- `blocks`: the tree to blocks: paragraphs, headings, items, rows, listings.
- `measures`: a block's own text and marks as numbers.
- `context`: the same for where it stands: neighbours, containers, position.
- `choice`: which blocks are the main text.
- `markdown`: those blocks as lines.
"""
