"""Writes the generated pages of docs/; with --check, tells whether they are up to date."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.arguments import make_parser
from pipeline.cleaning import ROWS
from pipeline.config import Config
from pipeline.families import FAMILIES
from pipeline.personal import KINDS
from pipeline.rules import RULES

os.environ["COLUMNS"] = "100"  # argparse wraps its help to the terminal
DOCS = Path(__file__).resolve().parent.parent / "docs"
_NOTE = "<!-- Written by scripts/docs.py; do not edit. -->\n"


_FILTERS = """
A document is kept when every statistic lies within its bounds, ends included. A rule's name is its
key under `[filter.rules]`, its drop reason and its column. Bounds come from the families that
`filter.families` names, all of which must keep the page, and from the rule itself; a bound in a
table `{low = …, high = …}` under `[filter.rules]` takes the place of both, and `"none"` there lifts
it. A language may have a least `language_score` of its own under `[filter.min_language_scores]`. A
statistic that has no meaning for a page, as stop words in a language without a table, is null and
drops nothing.
"""


def filters() -> str:
    """docs/filters.md, from the tables of rules, families, edits and personal data."""
    lines = ["# Filter rules", _NOTE, _FILTERS.strip(), "", "## Statistics", ""]
    lines += ["| rule | statistic | bound of its own |", "|---|---|---|"]
    for rule in RULES.values():
        lines.append(f"| `{rule.name}` | {rule.meaning} | {_bound(rule.low, rule.high)} |")
    lines += ["", "## Families", ""]
    for name, family in FAMILIES.items():
        lines += [f"### `{name}`", "", f"Source: {family.source}. {family.differences}".strip(), ""]
        lines += ["| rule | bound |", "|---|---|"]
        lines += [f"| `{rule}` | {_bound(*bounds)} |" for rule, bounds in family.bounds.items()]
        lines.append("")
    lines += ["## Edits", ""]
    lines += ["Under `[filter.edits]`, in this order, before anything is measured.", ""]
    lines += ["| edit | finds | source |", "|---|---|---|"]
    for row in ROWS:
        title = f"`{row.name}`" + (" (counted, nothing is taken out)" if row.marks else "")
        lines.append(f"| {title} | {row.meaning} | {row.source} |")
    lines += ["", "## Personal data", ""]
    lines += ["Kinds under `filter.personal_data`; placeholders stand in their place.", ""]
    lines += ["| kind | placeholder | what is taken | source |", "|---|---|---|---|"]
    for kind in KINDS.values():
        lines.append(f"| `{kind.name}` | `{kind.placeholder}` | {kind.meaning} | {kind.source} |")
    return "\n".join(lines) + "\n"


def _bound(low: float | None, high: float | None) -> str:
    """Bounds in words."""
    said = [
        f"{word} {number:g}"
        for word, number in (("at least", low), ("at most", high))
        if number is not None
    ]
    return ", ".join(said)


def configuration() -> str:
    """docs/configuration.md, from the models of the configuration."""
    lines = ["# Configuration", _NOTE, "A TOML file; unknown keys are refused.", ""]
    for name, field in Config.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        lines += [f"## `[{name}]`", "", (model.__doc__ or "").split("\n\n")[0].strip(), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [*_keys(model, ""), ""]
    return "\n".join(lines)


def _keys(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for key, field in model.model_fields.items():
        derived = field.default_factory_takes_validated_data
        default: Any = None if derived else field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from _keys(type(default), f"{prefix}{key}.")
            continue
        shown = "required" if default is PydanticUndefined else f"`{_toml(default)}`"
        shown = "" if default is None else shown
        kind = _kind(field.annotation)
        meaning = " ".join((field.description or "").split())
        yield f"| `{prefix}{key}` | {kind} | {shown} | {meaning} |"


def _kind(annotation: Any) -> str:
    """A type as the user of a TOML file would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated or type(None) in arguments:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table of {_kind(arguments[1])}"
    names = {str: "string", int: "integer", float: "number", bool: "true or false"}
    fields = getattr(annotation, "model_fields", None)
    return f"`{{{', '.join(fields)}}}`" if fields else names[annotation]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def commands() -> str:
    """docs/cli.md, from the parser of the command line."""
    parser = make_parser()
    lines = ["# Commands", _NOTE, "```", parser.format_help().strip(), "```", ""]
    for command in _below(parser):
        lines += [f"## `{command.prog}`", "", "```", command.format_help().strip(), "```", ""]
    return "\n".join(lines)


def _below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands of a parser, and theirs; of those that have some, itself if it does anything."""
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        for command in (action.choices or {}).values():  # type: ignore[union-attr]
            if command.get_default("call"):
                yield command
            yield from _below(command)


def main() -> int:
    """Write the pages, or check them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    pages = {"filters.md": filters(), "configuration.md": configuration(), "cli.md": commands()}
    status = 0
    for name, text in pages.items():
        path = DOCS / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{path}: out of date; run scripts/docs.py\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
