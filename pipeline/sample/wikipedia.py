"""A small MediaWiki dump whose articles cite pages of the sample, as Wikipedia's articles do.

Format: https://www.mediawiki.org/xml/export-0.11.xsd
"""

import bz2
import hashlib
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.sample.drafts import Draft
from pipeline.sample.genres_en import RIVER, SPECIES
from pipeline.sample.prose import compose

ARTICLES = 25
CITATIONS_EACH = 3
CITABLE = frozenset({"encyclopedia", "news", "essay", "documentation", "math", "table"})
"""Kinds of pages that get cited; recipes, threads and anything bad do not."""

_NAMESPACE = "http://www.mediawiki.org/xml/export-0.11/"


def choose_cited(originals: Sequence[Draft]) -> list[Draft]:
    """The pages the dump cites: written articles first, then generated pages, evenly spread."""
    count = ARTICLES * CITATIONS_EACH
    fit = [draft for draft in originals if draft.kind in CITABLE]
    written = [draft for draft in fit if draft.source]
    generated = [draft for draft in fit if not draft.source]
    rest = count - len(written)
    step = max(1, len(generated) // rest) if rest > 0 else 1
    return [*written, *generated[::step]][:count]


def write_dump(path: Path, cited: Sequence[Draft]) -> None:
    """Writes the dump: articles in namespace 0, a redirect, a talk page and a template."""
    pages = [
        ("Talk:Main", 1, "Please add sources to the articles on rivers. ~~~~"),
        ("Template:Stub", 10, "<small>This article is short.</small>"),
        ("Rivers", 0, "#REDIRECT [[River]]"),
    ]
    titles_and_texts = _texts()
    for number, (title, paragraphs) in enumerate(titles_and_texts):
        sources = cited[number :: len(titles_and_texts)]
        pages.append((title, 0, _wikitext(title, paragraphs, sources)))
    body = "".join(_page(number, *page) for number, page in enumerate(pages, 1))
    path.write_bytes(bz2.compress(_SITE_INFO.encode() + body.encode() + b"</mediawiki>\n"))


def _texts() -> list[tuple[str, list[str]]]:
    """Titles and paragraphs of the dump's articles; other rivers and animals than the crawl has."""
    rivers = compose(RIVER, 31)[25:]
    animals = compose(SPECIES, 30 + ARTICLES - len(rivers))[30:]
    return [
        (article.title, article.text.split("\n")[:3])
        for article in sorted([*rivers, *animals], key=lambda article: article.title)
    ]


def _wikitext(title: str, paragraphs: Sequence[str], sources: Sequence[Draft]) -> str:
    text = [
        "{{Short description|Article of the sample encyclopedia}}",
        f"{{{{Infobox|name={title}|image=Nothing.jpg}}}}",
        f"'''{title}''' is described here.<ref name=book>{{{{cite book |last=Yates |title=Old Maps |year=1987}}}}</ref>",
    ]
    for index, paragraph in enumerate(paragraphs):
        reference = _cite(sources[index], index) if index < len(sources) - 1 else ""
        text.append(f"{paragraph}{reference}<ref name=book />")
    text.append("<!-- A table of tributaries is still missing. -->")
    text.append("== References ==\n{{reflist}}")
    if sources:
        last = sources[-1]
        text.append(f"== External links ==\n* [{last.url} {last.article.title}]")
    text.append("[[Category:Sample articles]]")
    return "\n\n".join(text)


def _cite(draft: Draft, index: int) -> str:
    """A footnote; every second one goes through the Internet Archive."""
    title = draft.article.title.replace("|", "-")
    archived = f"https://web.archive.org/web/20200{len(title) % 9 + 1}14093000/{draft.url}"
    if index % 2 == 0:
        return f"<ref>{{{{cite web |url={draft.url} |title={title} |website={draft.site.name} |access-date=2024-05-02}}}}</ref>"
    if len(title) % 2:
        return f"<ref>{{{{cite web|title={title}|url={archived}}}}}</ref>"
    return f"<ref>{{{{Cite news | title = {title} | url = {draft.url} | archive-url = {archived} | url-status = live }}}}</ref>"


def _page(number: int, title: str, namespace: int, text: str) -> str:
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{namespace}</ns>\n    <id>{number}</id>\n"
        + ('    <redirect title="River" />\n' if text.startswith("#REDIRECT") else "")
        + f"    <revision>\n      <id>{1000 + number}</id>\n      <timestamp>2024-06-01T12:00:00Z</timestamp>\n"
        f"      <contributor>\n        <username>Sampler</username>\n        <id>1</id>\n      </contributor>\n"
        f"      <origin>{1000 + number}</origin>\n      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(text.encode())}" xml:space="preserve">{escape(text)}</text>\n'
        f"      <sha1>{_base36_sha1(text)}</sha1>\n    </revision>\n  </page>\n"
    )


def _base36_sha1(text: str) -> str:
    """MediaWiki's spelling of a SHA-1: 31 digits in base 36."""
    number, digits = int(hashlib.sha1(text.encode()).hexdigest(), 16), ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits.rjust(31, "0")


_SITE_INFO = f"""<mediawiki xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{_NAMESPACE} http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="en">
  <siteinfo>
    <sitename>Sample Encyclopedia</sitename>
    <dbname>samplewiki</dbname>
    <base>https://wiki.sample-encyclopedia.example/wiki/Main</base>
    <generator>curate sample builder</generator>
    <case>first-letter</case>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">Talk</namespace>
      <namespace key="10" case="first-letter">Template</namespace>
    </namespaces>
  </siteinfo>
"""
