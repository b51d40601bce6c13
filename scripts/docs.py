"""Writes the generated pages of docs/; with --check, tells whether they are up to date."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.cli import make_parser
from pipeline.config import Config
from pipeline.rules import RULES

os.environ["COLUMNS"] = "100"  # argparse wraps its help to the terminal
DOCS = Path(__file__).resolve().parent.parent / "docs"
_NOTE = "<!-- Written by scripts/docs.py; do not edit. -->\n"


def filters() -> str:
    """docs/filters.md, from the table of rules."""
    lines = [
        "# Filter rules",
        _NOTE,
        "A document is kept when every rule's statistic lies within its bounds, ends included. The",
        "name of a rule is its key under `[filter.rules]`, its drop reason and its column. A table",
        "`{low = …, high = …}` in the configuration takes the place of both bounds; a bound left",
        "out does not limit. A statistic that has no meaning for a language is null and keeps.",
        "",
        "| rule | statistic | low | high | source of the bounds |",
        "|---|---|---|---|---|",
    ]
    for rule in RULES.values():
        low, high = ("" if bound is None else f"{bound:g}" for bound in (rule.low, rule.high))
        lines.append(f"| `{rule.name}` | {rule.meaning} | {low} | {high} | {rule.source} |")
    return "\n".join(lines) + "\n"


def configuration() -> str:
    """docs/configuration.md, from the models of the configuration."""
    lines = ["# Configuration", _NOTE, "A TOML file; unknown keys are refused.", ""]
    for name, field in Config.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        lines += [f"## `[{name}]`", "", (model.__doc__ or "").split("\n\n")[0].strip(), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [*_keys(model), ""]
    return "\n".join(lines)


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for key, field in model.model_fields.items():
        default: Any = field.get_default(call_default_factory=True)
        shown = "required" if default is PydanticUndefined else f"`{_toml(default)}`"
        yield f"| `{key}` | {_kind(field.annotation)} | {shown} | {field.description} |"


def _kind(annotation: Any) -> str:
    """A type as the user of a TOML file would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table of {_kind(arguments[1])}"
    names = {str: "string", int: "integer", float: "number", bool: "true or false"}
    return names.get(annotation, "`{low, high}`")


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
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        for name, command in (action.choices or {}).items():  # type: ignore[union-attr]
            lines += [f"## `curate {name}`", "", "```", command.format_help().strip(), "```", ""]
    return "\n".join(lines)


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
