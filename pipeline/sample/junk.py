"""The pages a pipeline must not keep: spam, shops, parked domains, errors, files that are no text."""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from pipeline.sample.articles import Article, Block, Items, Paragraph
from pipeline.sample.drafts import Draft, draft_page
from pipeline.sample.genres_en import NEWS
from pipeline.sample.labels import LABELS
from pipeline.sample.prose import compose, pick
from pipeline.sample.sites import HERALD, PARKED, SHOP, SPAM, Site
from pipeline.sample.words_en import WORDS

SPAM_PAGES = 20
THIN_PAGES = 25
PARKED_PAGES = 15
SHOP_PAGES = 20
REDIRECTS = 15
MISSING = 15

_GOODS = (
    "kettle", "desk lamp", "rucksack", "wall clock", "garden hose", "step ladder", "rain jacket", "bread knife",
    "office chair", "bike pump", "wool blanket", "tool box", "picnic rug", "door mat", "coffee mill", "head torch",
)  # fmt: skip
_BAIT = (
    "cheap", "buy", "discount", "online", "best price", "free shipping", "sale", "coupon", "outlet", "wholesale",
    "replica", "no prescription", "fast loan", "casino bonus", "jackpot", "download", "cracked", "hot deal",
)  # fmt: skip
_ADVERTS = Items(
    ("Car insurance", "Cheap flights", "Web hosting", "Credit cards", "Hotels", "Jobs")
)
_GREETINGS = (
    "Gallery of the summer fair, twelve pictures.",
    "Coming soon: a map of all footpaths.",
    "Our opening hours are being revised.",
    "Photograph: the old ferry at low tide.",
    "No entries match these dates.",
    "This list is empty for now.",
    "Login is required for members' pages.",
)


def draft_junk(good: Sequence[Draft]) -> list[Draft]:
    """All bad pages but the truncated one.

    Args:
        good: The pages worth keeping; redirects lead to them, and errors stand on their hosts.
    """
    hosts = sorted({draft.site.host: draft for draft in good}.items())
    neighbours = [draft for _, draft in hosts]
    return [
        *(_spam(number) for number in range(SPAM_PAGES)),
        *(_thin(number, neighbours[number % len(neighbours)]) for number in range(THIN_PAGES)),
        *(_parked(number) for number in range(PARKED_PAGES)),
        *(_shop(number) for number in range(SHOP_PAGES)),
        *(_redirect(number, good[number * 17 % len(good)]) for number in range(REDIRECTS)),
        *(_missing(number, neighbours[number % len(neighbours)]) for number in range(MISSING)),
        *(_noindex(number, article) for number, article in enumerate(compose(NEWS, 64)[60:])),
        *_files(neighbours),
    ]


def draft_truncated() -> Draft:
    """The page in the record that the last archive ends in the middle of."""
    page = draft_page(compose(NEWS, 65)[64], HERALD, 12)
    return replace(page, kind="truncated", expect="failed")


def _draft(
    site: Site, slug: str, kind: str, title: str, *blocks: Block, language: str = "en"
) -> Draft:
    article = Article(slug, language, title, kind, kind, blocks)
    url = f"https://{site.host}{site.path.format(slug=slug, month='06')}"
    return Draft(site, url, article, kind, site.design, expect="dropped")


def _spam(number: int) -> Draft:
    """Keywords without sentences: lists, hash tags, dots or bare repetition."""
    random = Random(f"spam {number}")
    words = [f"{pick(random, _BAIT)} {pick(random, _GOODS)}" for _ in range(70)]
    lines = [words[start : start + 10] for start in range(0, 70, 10)]
    match number % 4:
        case 0:
            texts = [", ".join(line) for line in lines]
        case 1:
            texts = [" ".join(f"#{word.replace(' ', '')}" for word in line) for line in lines]
        case 2:
            texts = [" ... ".join(line) + " ..." for line in lines]
        case _:
            texts = [" ".join([line[0]] * 12) for line in lines]
    slug = f"{words[0].replace(' ', '-')}-{number}"
    return _draft(SPAM, slug, "spam", words[0].title(), *map(Paragraph, texts))


def _thin(number: int, neighbour: Draft) -> Draft:
    greeting = _GREETINGS[number % len(_GREETINGS)]
    return replace(
        _draft(neighbour.site, f"note-{number}", "thin", f"Note {number}", Paragraph(greeting)),
        design="print" if number % 2 else neighbour.site.design.replace("board", "blog"),
    )


def _parked(number: int) -> Draft:
    site = PARKED[number % len(PARKED)]
    text = "This domain may be for sale. Make an offer today."
    slug = ("", "index.html", "home", "lander", "main")[number // len(PARKED)]
    return _draft(site, slug, "parked", f"{site.host} is for sale", Paragraph(text), _ADVERTS)


def _shop(number: int) -> Draft:
    random = Random(f"shop {number}")
    colours = WORDS["colour"]
    tiles = tuple(
        f"{pick(random, colours)} {pick(random, _GOODS)} No {1000 + int(random.random() * 8999)} "
        f"€ {10 + int(random.random() * 190)}.90 {1 + int(random.random() * 40)}x 24 h"
        for _ in range(24)
    )
    goods = _GOODS[number % len(_GOODS)].title()
    title = f"{goods} {colours[number % len(colours)]}"
    return _draft(SHOP, f"page-{number + 1}", "shop", title, Items(tiles))


def _redirect(number: int, target: Draft) -> Draft:
    title = LABELS[target.article.language].moved
    draft = _draft(
        target.site,
        f"old-{number}",
        "redirect",
        title,
        Paragraph(target.url),
        language=target.article.language,
    )
    status = 301 if number % 3 else 302
    return replace(draft, design="print", status=status, headers=(("Location", target.url),))


def _missing(number: int, neighbour: Draft) -> Draft:
    language = neighbour.article.language
    title = LABELS[language].missing
    draft = _draft(
        neighbour.site, f"lost-{number}", "not_found", title, Paragraph(title), language=language
    )
    design = neighbour.site.design.replace("board", "blog")
    return replace(draft, design=design, status=404)


def _noindex(number: int, article: Article) -> Draft:
    """A good text whose publisher wants it left alone, by `meta` element or by header."""
    page = replace(draft_page(article, HERALD, 11), kind="noindex", expect="dropped")
    if number % 2:
        return replace(page, headers=(("X-Robots-Tag", "noindex"),))
    return replace(page, robots="noindex, nofollow")


def _files(neighbours: Sequence[Draft]) -> list[Draft]:
    files = [
        ("leaflet.pdf", "pdf", "application/pdf", _pdf("Opening hours of the reading room")),
        ("timetable.pdf", "pdf", "application/pdf", _pdf("Timetable of the valley bus")),
        ("minutes.pdf", "pdf", "application/pdf", _pdf("Minutes of the March meeting")),
        ("logo.png", "image", "image/png", _png(32, 32)),
        ("banner.png", "image", "image/png", _png(120, 24)),
        ("dot.gif", "image", "image/gif", _GIF),
        ("feed.json", "json", "application/json", _feed(40)),
        ("api/search.json", "json", "application/json", _feed(12)),
    ]
    return [
        replace(
            _draft(neighbour.site, name, kind, name),
            url=f"https://{neighbour.site.host}/files/{name}",
            raw=(mime, content),
        )
        for neighbour, (name, kind, mime, content) in zip(neighbours, files, strict=False)
    ]


def _feed(count: int) -> bytes:
    items = [{"id": number, "title": f"Entry {number}"} for number in range(count)]
    return json.dumps({"items": items}).encode()


def _pdf(text: str) -> bytes:
    """A PDF of one page with one line (ISO 32000-1, section 7.5)."""
    stream = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    content, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    )
    return f"{content}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode(
        "ascii"
    )


def _png(width: int, height: int) -> bytes:
    """A grey gradient (PNG specification, third edition)."""
    rows = b"".join(b"\0" + bytes((x + y) % 256 for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


_GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
