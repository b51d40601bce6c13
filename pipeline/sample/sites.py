"""The invented hosts of the sample, all under the reserved top-level domain `.example`."""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.sample.articles import Article


@dataclass(frozen=True)
class Site:
    """A host.

    Attributes:
        host: Its name.
        name: What it calls itself.
        design: The template its pages wear.
        path: Pattern of its paths: `{slug}` and `{month}` are filled in.
    """

    host: str
    name: str
    design: str
    path: str


REFERENCE = Site("www.lumen-reference.example", "Lumen Reference", "wiki", "/wiki/{slug}")
FIGURES = Site("plain-figures.example", "Plain Figures", "blog", "/{slug}/")
HERALD = Site(
    "www.harbour-herald.example", "The Harbour Herald", "newspaper", "/2024/{month}/{slug}.html"
)
WEEKLY = Site("valley-weekly.example", "Valley Weekly", "plain", "/issues/{month}/{slug}.htm")
KITCHEN = Site("www.kitchen-ledger.example", "Kitchen Ledger", "blog", "/recipes/{slug}/")
MANUALS = Site("docs.tidewrench.example", "Tidewrench Docs", "manual", "/en/latest/{slug}.html")
BENCH = Site("ask.copperbench.example", "Copperbench", "board", "/threads/{slug}")
FIELDGUIDE = Site("fieldguide.moss-and-fen.example", "Moss and Fen", "wiki", "/guide/{slug}")
MIRROR = Site("mirror.second-shelf.example", "Second Shelf", "plain", "/copy/{slug}.htm")
SPAM = Site("best-cheap-offers.example", "Best Cheap Offers", "newspaper", "/{slug}.php")
SHOP = Site("www.warehouse-counter.example", "Warehouse Counter", "shop", "/catalogue/{slug}")
PARKED = tuple(
    Site(f"{name}.example", name, "parked", "/{slug}")
    for name in ("amberfold", "northquay-media", "tealbarn")
)

_ENGLISH = {
    "encyclopedia": REFERENCE,
    "math": FIGURES,
    "table": FIGURES,
    "news": HERALD,
    "recipe": KITCHEN,
    "documentation": MANUALS,
    "forum": BENCH,
    "essay": HERALD,
}
_RECIPES = {
    "de": Site("www.kochheft-nordau.example", "Kochheft Nordau", "blog", "/rezepte/{slug}/"),
    "fr": Site("carnet-de-cocotte.example", "Carnet de cocotte", "plain", "/recettes/{slug}.htm"),
    "es": Site("cuaderno-de-cocina.example", "Cuaderno de cocina", "blog", "/recetas/{slug}/"),
}
_OTHERS = {
    "ar": Site("www.al-nakhla.example", "النخلة", "newspaper", "/2024/{month}/{slug}.html"),
    "de": Site("www.morgenblatt-nordau.example", "Morgenblatt Nordau", "newspaper", "/2024/{month}/{slug}.html"),
    "el": Site("to-fylladio.example", "Το Φυλλάδιο", "blog", "/{slug}/"),
    "es": Site("www.diario-del-llano.example", "Diario del Llano", "plain", "/noticias/{slug}.htm"),
    "fr": Site("www.courrier-du-val.example", "Le Courrier du Val", "newspaper", "/2024/{month}/{slug}.html"),
    "hi": Site("hamara-angan.example", "हमारा आँगन", "blog", "/{slug}/"),
    "ja": Site("komorebi-techo.example", "こもれび手帖", "plain", "/note/{slug}.htm"),
    "ko": Site("maeul-sosik.example", "마을소식", "newspaper", "/2024/{month}/{slug}.html"),
    "pt": Site("folha-da-ribeira.example", "Folha da Ribeira", "blog", "/{slug}/"),
    "ru": Site("www.tihaya-pristan.example", "Тихая пристань", "newspaper", "/2024/{month}/{slug}.html"),
    "sw": Site("habari-za-bonde.example", "Habari za Bonde", "blog", "/{slug}/"),
    "th": Site("suan-akson.example", "สวนอักษร", "wiki", "/wiki/{slug}"),
    "tr": Site("mahalle-postasi.example", "Mahalle Postası", "plain", "/yazi/{slug}.htm"),
    "uk": Site("visnyk-verbivky.example", "Вісник Вербівки", "wiki", "/wiki/{slug}"),
    "zh": Site("laojie-shiguang.example", "老街时光", "newspaper", "/2024/{month}/{slug}.html"),
}  # fmt: skip


def home_of(article: Article) -> Site:
    """The site that publishes articles of this language and kind."""
    if article.language == "en":
        return _ENGLISH[article.kind]
    if article.kind == "recipe" and article.language in _RECIPES:
        return _RECIPES[article.language]
    return _OTHERS[article.language]


def url_of(site: Site, article: Article, month: int) -> str:
    """The article's address there: its title in ASCII, or its slug where that leaves nothing."""
    ascii_title = unicodedata.normalize("NFKD", article.title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_title.lower())
    slug = "-".join(words) if len("".join(words)) > 5 else article.slug
    return f"https://{site.host}{site.path.format(slug=slug, month=f'{month:02d}')}"
