"""What making a table of references came to, in a line."""

from dataclasses import dataclass
from typing import Self

from rich.console import Console

from pipeline.ledger import Manifest


@dataclass(frozen=True)
class ReferenceTable:
    """A finished table of the web pages that Wikipedia cites.

    Attributes:
        output: Its folder.
        pages: Pages of the dumps.
        articles: Those that are articles.
        dropped: The others, by reason.
        failed: Pages, and ends of dumps, that could not be read, by kind.
        citations: How often the articles cite a web page.
        urls: Distinct web pages.
        rows: Rows of the table: a web page that two Wikipedias cite has two.
        pages_per_second: None if some were read before.
    """

    output: str
    pages: int
    articles: int
    dropped: dict[str, int]
    failed: dict[str, int]
    citations: int
    urls: int
    rows: int
    pages_per_second: float | None

    @classmethod
    def of(cls, output: str, manifest: Manifest, seconds: float | None) -> Self:
        """What the manifest of a table tells.

        Args:
            output: The table's folder.
            manifest: Its manifest.
            seconds: How long it took; None if it was begun before.
        """
        counts, facts = manifest.counts, manifest.facts
        return cls(
            output=output,
            pages=counts.read,
            articles=counts.kept,
            dropped=dict(counts.dropped),
            failed=dict(counts.failed),
            citations=facts["citations"],
            urls=facts["urls"],
            rows=facts["rows"],
            pages_per_second=counts.read / seconds if seconds else None,
        )

    def show(self, console: Console) -> None:
        """Print it for a person."""
        rate = self.pages_per_second
        console.print(
            f"{self.output}: {self.articles:,} articles of {self.pages:,} pages cite "
            f"{self.urls:,} web pages {self.citations:,} times"
            + (f"; {rate:,.0f} pages a second" if rate else ""),
            soft_wrap=True,
        )
        for reason, count in self.failed.items():
            console.print(f"failed: {reason}: {count:,}; see its dropped files", soft_wrap=True)
