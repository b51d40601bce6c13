"""What a page is to be, before it is rendered: the good pages, their copies and their variants."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from pipeline.sample import genres_de, genres_en, genres_en_howto, genres_es, genres_fr
from pipeline.sample.articles import Article, Block, Paragraph
from pipeline.sample.prose import Genre, compose, pick
from pipeline.sample.sites import FIELDGUIDE, MIRROR, WEEKLY, Site, home_of, url_of

Expect = Literal["kept", "dropped", "failed"]

EXACT_DUPLICATES = 40
NEAR_DUPLICATES = 40
PERSONAL_PAGES = 8


@dataclass(frozen=True)
class PersonalDatum:
    """Planted personal data: its type (`email`, `phone` or `ip`) and its exact text."""

    type: str
    text: str


@dataclass(frozen=True)
class Draft:
    """A page to be.

    Attributes:
        site: The host it stands on.
        url: Its address.
        article: Its text.
        kind: What it is; the article's kind, or what is wrong with it.
        design: The template it wears.
        expect: What a sound pipeline does with it in extraction and filtering.
        status: The HTTP status.
        headers: HTTP headers beyond the usual ones.
        robots: The content of a robots `meta` element; empty for none.
        source: The slug of the article file it comes from, if any.
        duplicate_of: Address of the page whose main text it repeats.
        near_duplicate_of: Address of the page whose main text it changes a little.
        personal_data: What is planted in the text.
        raw: Media type and bytes of a body that is no HTML page.
    """

    site: Site
    url: str
    article: Article
    kind: str
    design: str
    expect: Expect = "kept"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    robots: str = ""
    source: str | None = None
    duplicate_of: str | None = None
    near_duplicate_of: str | None = None
    personal_data: tuple[PersonalDatum, ...] = ()
    raw: tuple[str, bytes] | None = None


GENRES: tuple[tuple[Genre, int, Site | None], ...] = (
    (genres_en.NEWS, 30, None),
    (genres_en.TOWN, 30, WEEKLY),
    (genres_en.RIVER, 25, FIELDGUIDE),
    (genres_en.SPECIES, 30, FIELDGUIDE),
    (genres_en_howto.RECIPE, 35, None),
    (genres_en_howto.MANUAL, 30, None),
    (genres_en_howto.THREAD, 20, None),
    (genres_en_howto.EXERCISES, 10, None),
    (genres_de.NEWS, 20, None),
    (genres_de.RECIPE, 20, None),
    (genres_fr.NEWS, 20, None),
    (genres_fr.RECIPE, 20, None),
    (genres_es.NEWS, 20, None),
    (genres_es.RECIPE, 20, None),
)
"""The generated pages: genre, number of pages, and the site where it is not the language's own."""


def draft_articles(articles: Iterable[Article]) -> list[Draft]:
    """Every written article on the site of its language and kind."""
    return [
        replace(draft_page(article, home_of(article), month=index % 12 + 1), source=article.slug)
        for index, article in enumerate(articles)
    ]


def draft_generated() -> list[Draft]:
    """The pages made from sentence patterns, some of them with personal data."""
    drafts = [
        draft_page(article, site or home_of(article), month=index % 12 + 1)
        for genre, count, site in GENRES
        for index, article in enumerate(compose(genre, count))
    ]
    return _plant_personal_data(drafts)


def draft_page(article: Article, site: Site, month: int) -> Draft:
    """An article as an ordinary page of a site."""
    return Draft(site, url_of(site, article, month), article, article.kind, site.design)


def copy_exactly(originals: Sequence[Draft]) -> list[Draft]:
    """Pages with the main text of another page, under other addresses.

    Every article in no West European language is on the mirror host too; the rest are print versions,
    campaign links and mirrored pages.
    """
    others = [d for d in originals if d.source and not _is_western(d.article.language)]
    western = [d for d in originals if _is_western(d.article.language)]
    step = len(western) // (EXACT_DUPLICATES - len(others)) or 1
    rest = western[::step][: EXACT_DUPLICATES - len(others)]
    copies = [_mirrored(d) for d in others]
    return copies + [_COPIES[index % 3](d) for index, d in enumerate(rest)]


def vary(originals: Sequence[Draft]) -> list[Draft]:
    """Pages that differ from another page by a date line or a sentence."""
    written = [d for d in originals if d.source and d.article.kind not in ("forum", "math")]
    others = [d for d in written if not _is_western(d.article.language)]
    firsts = {d.article.language: d for d in reversed(others)}
    known = [d for d in written if d.article.language in _SENTENCES]
    chosen = ([*firsts.values(), *known])[:NEAR_DUPLICATES]
    return [_varied(draft, index) for index, draft in enumerate(chosen)]


def _mirrored(draft: Draft) -> Draft:
    url = url_of(MIRROR, draft.article, 1).replace("/copy/", f"/copy/{draft.article.language}/")
    return replace(draft, site=MIRROR, url=url, design=MIRROR.design, duplicate_of=draft.url)


def _printed(draft: Draft) -> Draft:
    return replace(draft, url=f"{draft.url}?view=print", design="print", duplicate_of=draft.url)


def _campaign(draft: Draft) -> Draft:
    url = f"{draft.url}?utm_source=newsletter&utm_medium=email"
    return replace(draft, url=url, duplicate_of=draft.url)


_COPIES = (_printed, _campaign, _mirrored)

_SENTENCES = {
    "en": "This text was first published in spring and has been checked again since.",
    "de": "Dieser Text erschien zuerst im Frühjahr und wurde seitdem noch einmal geprüft.",
    "fr": "Ce texte a paru au printemps et il a été relu depuis.",
    "es": "Este texto se publicó en primavera y se ha revisado desde entonces.",
}


def _varied(draft: Draft, index: int) -> Draft:
    mark = "-update" if index % 2 else "-2"
    url = re.sub(r"(\.html?|/)?$", rf"{mark}\1", draft.url, count=1)
    article = replace(draft.article, blocks=_vary_blocks(draft.article, index))
    return replace(draft, url=url, article=article, near_duplicate_of=draft.url)


def _vary_blocks(article: Article, index: int) -> tuple[Block, ...]:
    date = Paragraph(f"2024-{index % 12 + 1:02d}-{index % 27 + 1:02d}")
    sentence = _SENTENCES.get(article.language)
    if sentence is None:
        return (date, *article.blocks)
    match index % 3:
        case 0:
            return (date, *article.blocks)
        case 1:
            return (*article.blocks, Paragraph(sentence))
    first, *rest = article.blocks
    return (first, Paragraph(sentence), *rest)


def _is_western(language: str) -> bool:
    return language in ("de", "en", "es", "fr", "pt", "sw")


def _plant_personal_data(drafts: list[Draft]) -> list[Draft]:
    """Adds a sentence with personal data to every n-th English news page or thread."""
    fit = [
        i
        for i, d in enumerate(drafts)
        if d.article.language == "en" and d.kind in ("news", "forum")
    ]
    planted = list(drafts)
    for number, index in enumerate(fit[:: len(fit) // PERSONAL_PAGES][:PERSONAL_PAGES]):
        planted[index] = _with_personal_data(drafts[index], number)
    return planted


def _with_personal_data(draft: Draft, number: int) -> Draft:
    random = Random(draft.url)
    name = pick(
        random, ("anna.field", "j_quarry", "marta-lindqvist", "press.office", "tom.okafor2")
    )
    phone = pick(
        random, ("(202) 555-01{n}", "+1 415-555-01{n}", "312-555-01{n}", "+1 (617) 555-01{n}")
    )
    email = PersonalDatum("email", f"{name}@{pick(random, ('example.com', 'mail.example.org'))}")
    call = PersonalDatum("phone", phone.replace("{n}", f"{10 + number * 7}"))
    address = PersonalDatum("ip", f"192.0.2.{17 + number * 23}")
    sentence, data = (
        (f"Questions go to {email.text} or, on working days, to {call.text}.", (email, call)),
        (f"The camera on the roof answers at {address.text}, and {email.text} knows the password.", (address, email)),
        (f"If nobody picks up at {call.text}, try again after lunch.", (call,)),
    )[number % 3]  # fmt: skip
    article = replace(draft.article, blocks=(*draft.article.blocks, Paragraph(sentence)))
    return replace(draft, article=article, personal_data=data)
