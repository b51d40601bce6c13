"""What surrounds the text on a web page: head, navigation, banners, share bars, footers, scripts."""

import json
from dataclasses import dataclass
from html import escape

from pipeline.sample.articles import Article
from pipeline.sample.labels import LABELS, Labels
from pipeline.sample.sites import Site
from pipeline.sample.tex import MathStyle

_STYLE = """body{margin:0;font:16px/1.5 Georgia,serif;color:#222}a{color:#075a8c}
.nav li{display:inline-block;margin-right:1em}.sidebar{float:right;width:240px}
.cookie-banner{position:fixed;bottom:0;left:0;right:0;background:#333;color:#fff;padding:1em}
.share a{display:inline-block;width:2em;height:2em}@media(max-width:700px){.sidebar{float:none}}"""
_SCRIPT = """(function(w,d){w.queue=w.queue||[];w.queue.push(["page",d.title]);
var b=d.querySelector(".cookie-banner");if(b&&w.localStorage&&w.localStorage.getItem("consent"))
{b.parentNode.removeChild(b)}d.addEventListener("click",function(e){if(e.target.id==="accept")
{w.localStorage.setItem("consent","1")}})})(window,document);"""


@dataclass(frozen=True)
class Sheet:
    """All that a page shows.

    Attributes:
        site: Where it stands.
        url: Its address.
        article: Its text.
        date: The day it was published, ISO 8601.
        math: How it shows formulas.
        related: Address and title of other pages of the site.
        charset: What a `meta` element declares; empty for no declaration.
        robots: The content of a robots `meta` element; empty for none.
    """

    site: Site
    url: str
    article: Article
    date: str
    math: MathStyle
    related: tuple[tuple[str, str], ...]
    charset: str
    robots: str

    @property
    def labels(self) -> Labels:
        """The site's words in the article's language."""
        return LABELS[self.article.language]


def document(sheet: Sheet, body: str, linked_data: bool = False, modern: bool = True) -> str:
    """A whole HTML document around a body.

    Args:
        sheet: What the page shows.
        body: The content of the `body` element.
        linked_data: Whether the head describes the article in JSON-LD.
        modern: Whether to write HTML 5 or the HTML of twenty years ago.
    """
    language = sheet.article.language
    direction = ' dir="rtl"' if language == "ar" else ""
    doctype = (
        "<!DOCTYPE html>"
        if modern
        else '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">'
    )
    return (
        f'{doctype}\n<html lang="{language}"{direction}>\n<head>\n{_head(sheet, linked_data, modern)}'
        f"</head>\n<body>\n{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def navigation(sheet: Sheet) -> str:
    """The site's menu."""
    labels = sheet.labels
    links = [("/", labels.home), ("/archive", labels.archive), ("/about", labels.about), ("/contact", labels.contact)]  # fmt: skip
    items = "".join(f'<li><a href="{path}">{escape(text)}</a></li>' for path, text in links)
    return (
        f'<nav class="nav" role="navigation"><a class="logo" href="/">{escape(sheet.site.name)}</a>'
        f'<ul>{items}</ul><form class="search" action="/search"><input name="q" placeholder="{labels.search}">'
        f"<button>{labels.search}</button></form></nav>"
    )


def breadcrumbs(sheet: Sheet) -> str:
    """The way from the front page."""
    return (
        f'<div class="breadcrumbs"><a href="/">{escape(sheet.labels.home)}</a> &raquo; '
        f'<a href="/archive">{escape(sheet.labels.archive)}</a> &raquo; <span>{escape(sheet.article.title)}</span></div>'
    )


def cookie_banner(sheet: Sheet) -> str:
    """The request for consent."""
    return (
        f'<div class="cookie-banner" role="dialog"><p>{escape(sheet.labels.cookies)}</p>'
        f'<button id="accept">{escape(sheet.labels.accept)}</button></div>'
    )


def share_bar(sheet: Sheet) -> str:
    """Links to invented social networks."""
    links = "".join(
        f'<a class="{name}" rel="nofollow" href="https://{name}.example/share?u={sheet.url}">{name.title()}</a> '
        for name in ("chirper", "facepage", "pinwall", "letterbox")
    )
    return (
        f'<div class="share social-share"><span>{escape(sheet.labels.share)}</span> {links}</div>'
    )


def related_links(sheet: Sheet) -> str:
    """Other pages of the site."""
    items = "".join(
        f'<li><a href="{escape(url)}">{escape(title)}</a></li>' for url, title in sheet.related
    )
    return f'<div class="related"><h3>{escape(sheet.labels.related)}</h3><ul>{items}</ul></div>'


def footer(sheet: Sheet) -> str:
    """Copyright and small print."""
    labels = sheet.labels
    return (
        f'<footer class="footer"><p>&copy; 2024 {escape(sheet.site.name)}. {escape(labels.rights)}.</p>'
        f'<ul><li><a href="/newsletter">{escape(labels.newsletter)}</a></li><li><a href="/contact">{escape(labels.contact)}</a></li></ul></footer>'
    )


def _head(sheet: Sheet, linked_data: bool, modern: bool) -> str:
    title = escape(sheet.article.title)
    lines = [f"<title>{title} - {escape(sheet.site.name)}</title>"]
    if sheet.charset:
        meta = (
            f'<meta charset="{sheet.charset}">'
            if modern
            else f'<meta http-equiv="Content-Type" content="text/html; charset={sheet.charset}">'
        )
        lines.insert(0, meta)
    if sheet.robots:
        lines.append(f'<meta name="robots" content="{sheet.robots}">')
    if modern:
        lines.append('<meta name="viewport" content="width=device-width, initial-scale=1">')
        lines.append(f'<meta property="og:title" content="{title}">')
        lines.append(f'<link rel="canonical" href="{escape(sheet.url)}">')
    if linked_data:
        facts = {
            "@context": "https://schema.org",
            "@type": "Article",
            "headline": sheet.article.title,
            "datePublished": sheet.date,
            "inLanguage": sheet.article.language,
            "publisher": {"@type": "Organization", "name": sheet.site.name},
        }
        text = json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")
        lines.append(f'<script type="application/ld+json">{text}</script>')
    lines.append(f"<style>{_STYLE}</style>")
    return "\n".join(lines) + "\n"
