"""The statistics of a run as tables on a screen."""

from rich.console import Console
from rich.table import Table

from pipeline.richtable import number_table
from pipeline.stats import Stats
from pipeline.statslanguages import LanguageWay
from pipeline.statsmixture import MANY_EPOCHS, MixtureRow
from pipeline.statsquality import QualityRow

_ROWS = 20
_MISSED = (
    "  A share is missed where too few documents are left (see weight.quality and max_repeats), in "
    "some languages if these have targets too, or where documents are large."
)
_TENTHS = [f"{number}0%" for number in range(1, 11)]


def show(stats: Stats, console: Console) -> None:
    """Print the funnel, the languages, the top hosts, the mixture and the quality score."""
    for path in stats.gone:
        console.print(f"{path} is gone: what is counted from it is left out", soft_wrap=True)
    console.print(_funnel(stats))
    console.print(_languages(stats))
    console.print(_ways(stats.language_ways))
    console.print(_counts("Top hosts", "host", stats.hosts))
    if stats.edits:
        console.print(_counts("Edits of kept documents", "kind", stats.edits))
    if stats.domains:
        console.print(_mixture("Domains", "domain", stats.domains))
        console.print(_mixture("Languages, before and after weights", "language", stats.mixture))
    for missed in stats.shortfalls:
        console.print(
            f"weight.shares.{missed['axis']}: {missed['name']} has {missed['reached']:.2%}, not "
            f"{missed['asked']:.2%}"
        )
    if stats.shortfalls:
        console.print(_MISSED, soft_wrap=True)
    if unseen := [row.name for row in stats.mixture if not row.bytes_after + row.anneal_bytes]:
        removed = sum(row.quality_documents for row in stats.mixture if row.name in unseen)
        console.print(
            f"training sees nothing of {', '.join(unseen)}: of their documents, the quality score "
            f"removed {removed:,}"
        )
    if stats.quality:
        console.print(_quality(stats))
        console.print(_seen(stats))


def _ways(ways: list[LanguageWay]) -> Table:
    heads = ("extracted", "filtered", "deduplicated", "weighted", "tokens", "speakers")
    table = number_table("Languages from stage to stage (shares)", "language", *heads)
    for way in ways[:_ROWS]:
        shares = (way.extracted, way.filtered, way.deduplicated, way.weighted, way.tokens)
        table.add_row(f"{way.name} ({way.language})", *map(_share, shares), _share(way.speakers))
    if len(ways) > _ROWS:
        table.caption = f"and {len(ways) - _ROWS} languages more"
    return table


def _mixture(title: str, first: str, rows: list[MixtureRow]) -> Table:
    heads = ("documents", "quality", "MB", "share", "anneal MB", "MB after", "share after")
    table = number_table(title, first, *heads, "weight", "epochs", "unique tokens", "tokens")
    for row in rows[:_ROWS]:
        table.add_row(
            row.name,
            f"{row.documents:,}",
            "" if row.mean_quality is None else f"{row.mean_quality:.2f}",
            f"{row.bytes / 1e6:,.2f}",
            f"{row.share:.2%}",
            f"{row.anneal_bytes / 1e6:,.2f}" if row.anneal_bytes else "",
            f"{row.bytes_after / 1e6:,.2f}",
            f"{row.share_after:.2%}",
            f"{row.weight:.2f}",
            f"{row.epochs:.2f}" + ("!" if row.overdone else ""),
            "" if row.unique_tokens is None else f"{row.unique_tokens:,}",
            "" if row.tokens is None else f"{row.tokens:,}",
        )
    notes = [f"and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else []
    if any(row.overdone for row in rows):
        notes.append(
            f"! seen more than {MANY_EPOCHS} times; beyond that, repeats help less and less "
            "(Muennighoff et al. 2023)"
        )
    table.caption = "\n".join(notes)
    return table


def _quality(stats: Stats) -> Table:
    table = number_table(
        "Quality score (highest of each tenth of the documents)",
        "language",
        *("documents", "mean", *_TENTHS),
    )
    for row in _scored(stats):
        scores = (f"{score:.2f}" for score in row.highest)
        table.add_row(row.language, f"{row.documents:,}", f"{row.mean:.3f}", *scores)
    notes = []
    if stats.quality_auc and None not in stats.quality_auc:
        value, low, high = stats.quality_auc
        notes.append(f"AUC of the classifier on unseen domains {value:.3f} [{low:.3f}, {high:.3f}]")
        if not stats.quality_better:
            notes[0] += "; it is not shown to be better than simple baselines (quality/card.md)"
    if len(stats.quality) > len(_scored(stats)):
        notes.append("languages with fewer than ten scored documents are left out")
    table.caption = "\n".join(notes)
    return table


def _seen(stats: Stats) -> Table:
    table = number_table("Share of them that training sees", "language", *_TENTHS)
    for row in _scored(stats):
        table.add_row(row.language, *(f"{share:.1%}" for share in row.seen))
    return table


def _scored(stats: Stats) -> list[QualityRow]:
    """The languages with a document in each tenth."""
    return [row for row in stats.quality if len(row.highest) == len(_TENTHS)][:_ROWS]


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _funnel(stats: Stats) -> Table:
    table = number_table("Funnel", "stage", "records", "share of read")
    for row in stats.funnel:
        table.add_row(row.stage, f"{row.read:,}", "read", style="bold")
        ends = [(f"  dropped: {reason}", count) for reason, count in _by_count(row.dropped)]
        ends += [(f"  failed: {reason}", count) for reason, count in _by_count(row.failed)]
        for label, count in [*ends, ("  kept", row.kept)]:
            table.add_row(label, f"{count:,}", f"{count / row.read:.1%}" if row.read else "")
    if stats.transitive_closure is not None:
        table.caption = (
            f"dedup by plain transitive closure would have dropped {stats.transitive_closure:,}"
        )
    return table


def _languages(stats: Stats) -> Table:
    table = number_table(
        "Languages (share: of characters; speakers: share of the world's population; "
        "below 1, the ratio says under-represented)",
        "language",
        "documents",
        "characters",
        "tokens",
        "share",
        "speakers",
        "ratio",
    )
    for row in stats.languages:
        table.add_row(
            f"{row.name} ({row.language})" + ("" if row.has_table else "*"),
            f"{row.documents:,}",
            f"{row.characters:,}",
            "" if row.tokens is None else f"{row.tokens:,}",
            f"{row.share:.2%}",
            "unknown" if row.speakers_share is None else f"{row.speakers_share:.2%}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
        )
    table.caption = stats.speakers_source
    if not all(row.has_table for row in stats.languages):
        table.caption += "\n* judged by the rules that need no table of its language"
    return table


def _counts(title: str, column: str, counts: dict[str, int]) -> Table:
    table = number_table(title, column, "count")
    for key, count in counts.items():
        table.add_row(key, f"{count:,}")
    return table


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
