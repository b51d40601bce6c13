"""`curate classifier train domain`: a model and its card from labelled pages and host lists."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from classifiers import (
    domain,
    domain_card,
    domain_pages,
    domain_scheme,
    domain_training,
    labelled,
)
from pipeline import files
from pipeline.blocklists import BlockLists
from pipeline.errors import UserError

CARD = "card.json"
CARD_PAGE = "card.md"


@dataclass(frozen=True)
class DomainTraining:
    """What was trained.

    Attributes:
        address: What `domain.model` is to be.
        card: See `classifiers.domain_card`.
    """

    address: str
    card: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"address": self.address, "card": self.card}

    def show(self, console: Console) -> None:
        """Print how good it is, for a person."""
        title = "on pages of unseen sites"
        table = Table("labels", "pages", "macro-F1", "95% interval", "accuracy", title=title)
        for scheme, found in self.card["schemes"].items():
            row = found["test"]
            interval = f"{row['low']:.3f} to {row['high']:.3f}"
            numbers = (f"{row['macro_f1']:.3f}", interval, f"{row['accuracy']:.3f}")
            table.add_row(scheme, f"{found['pages']['test']:,}", *numbers)
        console.print(table)
        console.print("[domain]", f'model = "{self.address}"', sep="\n", soft_wrap=True)


def train(
    patterns: tuple[str, ...], hosts: str, folder: str, note: Callable[[str], None]
) -> DomainTraining:
    """Train a model and write it with its card.

    Args:
        patterns: Files of labelled pages, see `classifiers.labelled`; paths, globs, URLs.
        hosts: A folder of host lists in the layout of UT1; empty for none.
        folder: Where to write.
        note: Told what happens.

    Raises:
        UserError: A file is missing or wrong, there are too few labels, or a model stands there.
    """
    model = files.join(folder, domain.MODEL)
    if files.exists(model):
        raise UserError(f"{model}: there already; name another --output, or delete it")
    paths = files.expand(patterns)
    pages = domain_pages.prepare(labelled.read(paths), listed_in(hosts))
    trained = domain_training.train(pages, folder, note)
    note("measuring it on unseen sites")
    sources = [{"path": path, "sha256": files.sha256(path)} for path in paths]
    card = domain_card.card_of(trained, pages, sources)
    with files.open_atomic(files.join(folder, CARD_PAGE)) as out:
        out.write(domain_card.markdown(card).encode())
    files.write_json(files.join(folder, CARD), card)
    domain_training.write(trained, folder)
    return DomainTraining(f"{model}#sha256={files.sha256(model)}", card)


def listed_in(folder: str) -> Callable[[str], str | None]:
    """The domain that host lists give a URL, if they agree on one."""
    if not folder:
        return lambda url: None
    lists = BlockLists.load([folder])

    def domain_of(url: str) -> str | None:
        found = {domain_scheme.domain_of_list(category) for category in lists.match(url)} - {None}
        return found.pop() if len(found) == 1 else None

    return domain_of
