"""Blocks to Markdown-like lines, one newline between blocks.

Headings begin with `#`, list items with their marker, indented by depth, quotations with `>`; code
stands between fences, a table's row between `|`. Nothing is escaped: the text is for reading and
for training on, not for rendering.
"""

from pipeline.maintext.blocks import Block


def render(blocks: list[Block]) -> str:
    """The text of blocks."""
    return "\n".join(map(_line, blocks))


def _line(block: Block) -> str:
    match block.kind:
        case "heading":
            return f"{'#' * block.level} {block.text}"
        case "item":
            return f"{'  ' * (block.level - 1)}{block.marker} {block.text}"
        case "quote":
            return f"> {block.text}"
        case "code":
            return f"```\n{block.text}\n```"
    return block.text
