"""Builds the sample crawl: archives, a MediaWiki dump that cites them, and the truth about them.

The truth has one JSON object a response record, in the order of the archives:

- `url`, `warc` (the archive's name), `record_id` (without brackets): which record it is.
- `language`: ISO 639-1 code of the text; null for files that are no page.
- `kind`: encyclopedia, news, recipe, documentation, math, table, forum or essay; of bad pages spam,
  thin (under 50 words), parked, shop, redirect, not_found, noindex, pdf, image, json, truncated.
- `duplicate_of`, `near_duplicate_of`: the address of the page whose main text this one repeats, or
  repeats but for a date line or a sentence; else null.
- `personal_data`: list of `type` (email, phone, ip) and `text`.
- `status`, `mime`: of the HTTP response.
- `charset`, `charset_declared`: the charset of the bytes, and where the page names it: `header`,
  `meta`, `none`, or `wrong` (it names another one); null for files that are no page.
- `coding`: identity, chunked, gzip, chunked+gzip, deflate or br.
- `expect`: what extraction and filtering should do: `kept`, `dropped` or `failed`. Duplicates are
  kept there.
- `cited`: whether the dump cites the page.
- `article`: the slug of the article file that the text is from; null for other texts.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from pipeline.sample import drafts as planning
from pipeline.sample.archive import Response, record_id, write_archive
from pipeline.sample.articles import load_articles
from pipeline.sample.chrome import Sheet
from pipeline.sample.drafts import Draft
from pipeline.sample.encodings import (
    CODINGS,
    Charset,
    Coding,
    choose_charset,
    encode_body,
    encode_text,
)
from pipeline.sample.junk import draft_junk, draft_truncated
from pipeline.sample.templates import dress
from pipeline.sample.tex import MathStyle
from pipeline.sample.wikipedia import choose_cited, write_dump

ARTICLES = Path(__file__).parent / "articles"
ARCHIVES = 4
DUMP = "wiki-sample.xml.bz2"
TRUTH = "truth.jsonl"

_FETCHED = datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
_MATH: tuple[MathStyle, ...] = ("mathml", "katex", "image")


@dataclass(frozen=True)
class SampleSummary:
    """What was built.

    Attributes:
        responses: Response records, the truncated one among them.
        hosts: Hosts they come from.
        languages: Languages of their texts.
        cited: Pages the dump cites.
        expect: Pages by what should become of them: `kept`, `dropped`, `failed`.
        kinds: Pages by kind.
        bytes: Size of all files.
    """

    responses: int
    hosts: int
    languages: int
    cited: int
    expect: Mapping[str, int]
    kinds: Mapping[str, int]
    bytes: int


@dataclass(frozen=True)
class _Placed:
    """A draft and how it travels."""

    draft: Draft
    warc: str
    charset: Charset
    coding: Coding
    response: Response


def build_sample(folder: Path) -> SampleSummary:
    """Writes the sample crawl to `folder`, the same bytes every time.

    The files are `crawl-0000N.warc.gz` (4), `wiki-sample.xml.bz2`, and `truth.jsonl` with one line
    for each response record; its fields are listed above.

    Args:
        folder: Where to write; made if absent.

    Raises:
        ValueError: If an article is malformed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drafts, cited = plan_sample()
    placed = _place(drafts)
    for number in range(ARCHIVES):
        name = _archive_name(number)
        responses = [page.response for page in placed if page.warc == name]
        write_archive(folder / name, number, responses, cut=number == ARCHIVES - 1)
    write_dump(folder / DUMP, cited)
    cited_urls = {draft.url for draft in cited}
    lines = [json.dumps(_truth(page, cited_urls), ensure_ascii=False) + "\n" for page in placed]
    (folder / TRUTH).write_text("".join(lines), encoding="utf-8", newline="\n")
    return _summarize(folder, drafts, len(cited_urls))


def plan_sample() -> tuple[list[Draft], list[Draft]]:
    """Every page of the sample, the truncated one last, and the pages that the dump cites."""
    articles = planning.draft_articles(load_articles(ARTICLES))
    originals = [*articles, *planning.draft_generated()]
    drafts = [
        *originals,
        *planning.copy_exactly(originals),
        *planning.vary(originals),
        *draft_junk(originals),
    ]
    # Crawls come in no order that means anything.
    drafts.sort(key=lambda draft: hashlib.sha256(draft.url.encode()).digest())
    drafts.append(draft_truncated())
    counts = Counter(draft.url for draft in drafts)
    if repeated := [url for url, count in counts.items() if count > 1]:
        raise ValueError(f"two pages have the address {repeated[0]}")
    return drafts, choose_cited(originals)


def _place(drafts: Sequence[Draft]) -> list[_Placed]:
    """Renders and encodes every page and gives it its archive: runs of equal length."""
    seen: Counter[str] = Counter()
    size = -(-len(drafts) // ARCHIVES)
    placed = []
    for index, draft in enumerate(drafts):
        language = draft.article.language
        charset = choose_charset(language, seen[language])
        # A PDF or an error page must not use up one of a language's few turns.
        seen[language] += draft.expect == "kept"
        if draft.expect != "kept":
            charset = Charset("utf-8", "header", in_header="utf-8")
        coding = CODINGS[index % len(CODINGS)]
        response = _respond(draft, index, drafts, charset, coding)
        placed.append(_Placed(draft, _archive_name(index // size), charset, coding, response))
    return placed


def _respond(
    draft: Draft, index: int, drafts: Sequence[Draft], charset: Charset, coding: Coding
) -> Response:
    if draft.raw:
        mime, content = draft.raw
    else:
        parameter = f"; charset={charset.in_header}" if charset.in_header else ""
        mime = f"text/html{parameter}"
        content = encode_text(_render(draft, index, drafts, charset), charset)
    body, how = encode_body(content, coding)
    headers = (
        ("Date", format_datetime(_FETCHED + timedelta(minutes=index), usegmt=True)),
        ("Server", "hut/1.4"),
        ("Content-Type", mime),
        *draft.headers,
        *how,
    )
    return Response(draft.url, draft.status, headers, body)


def _render(draft: Draft, index: int, drafts: Sequence[Draft], charset: Charset) -> str:
    siblings = [d for d in drafts if d.site == draft.site and d.url != draft.url and not d.raw]
    # Long lists of links would lift a page with nothing on it over the least number of words.
    links = 5 if draft.expect == "kept" else 2
    start = index % max(1, len(siblings) - links)
    sheet = Sheet(
        site=draft.site,
        url=draft.url,
        article=draft.article,
        date=f"2024-{index % 12 + 1:02d}-{index % 28 + 1:02d}",
        math=_MATH[index % len(_MATH)],
        related=tuple((d.url, d.article.title) for d in siblings[start : start + links]),
        charset=charset.in_meta,
        robots=draft.robots,
    )
    return dress(sheet, draft.design)


def _archive_name(number: int) -> str:
    return f"crawl-{number:05d}.warc.gz"


def _truth(page: _Placed, cited: set[str]) -> dict[str, object]:
    draft = page.draft
    return {
        "url": draft.url,
        "warc": page.warc,
        "record_id": record_id("response", draft.url),
        "language": None if draft.raw else draft.article.language,
        "kind": draft.kind,
        "duplicate_of": draft.duplicate_of,
        "near_duplicate_of": draft.near_duplicate_of,
        "personal_data": [{"type": d.type, "text": d.text} for d in draft.personal_data],
        "status": draft.status,
        "mime": draft.raw[0] if draft.raw else "text/html",
        "charset": None if draft.raw else page.charset.name,
        "charset_declared": None if draft.raw else page.charset.declared,
        "coding": page.coding,
        "expect": draft.expect,
        "cited": draft.url in cited,
        "article": draft.source,
    }


def _summarize(folder: Path, drafts: Sequence[Draft], cited: int) -> SampleSummary:
    names = [*map(_archive_name, range(ARCHIVES)), DUMP, TRUTH]
    return SampleSummary(
        responses=len(drafts),
        hosts=len({draft.site.host for draft in drafts}),
        languages=len({draft.article.language for draft in drafts}),
        cited=cited,
        expect=dict(Counter(draft.expect for draft in drafts)),
        kinds=dict(Counter(draft.kind for draft in drafts)),
        bytes=sum((folder / name).stat().st_size for name in names),
    )
