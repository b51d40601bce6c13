"""The designs of the sample's sites: one function each, from a sheet to an HTML document."""

from collections.abc import Callable, Mapping
from html import escape

from pipeline.sample.articles import Article, Items
from pipeline.sample.chrome import (
    Sheet,
    breadcrumbs,
    cookie_banner,
    document,
    footer,
    navigation,
    related_links,
    share_bar,
)
from pipeline.sample.markup import render_blocks, split_posts


def dress(sheet: Sheet, design: str) -> str:
    """The page as an HTML document in one of the designs."""
    return _DESIGNS[design](sheet)


def _newspaper(sheet: Sheet) -> str:
    body = f"""{cookie_banner(sheet)}
<header class="site-header">{navigation(sheet)}</header>
{breadcrumbs(sheet)}
<main><article class="story">
<h1>{escape(sheet.article.title)}</h1>
<p class="dateline"><time datetime="{sheet.date}">{sheet.date}</time></p>
{share_bar(sheet)}
<div class="article-body">
{_content(sheet)}
</div>
</article>
<aside class="sidebar">{related_links(sheet)}</aside></main>
{footer(sheet)}"""
    return document(sheet, body, linked_data=True)


def _wiki(sheet: Sheet) -> str:
    body = f"""<div id="panel" class="sidebar">{navigation(sheet)}{related_links(sheet)}</div>
<div id="content" role="main">
<h1 id="heading">{escape(sheet.article.title)}</h1>
<div id="body-content">
{_content(sheet)}
</div>
</div>
{cookie_banner(sheet)}
{footer(sheet)}"""
    return document(sheet, body)


def _blog(sheet: Sheet) -> str:
    body = f"""<div class="page-wrap">
<div class="masthead">{navigation(sheet)}</div>
<div class="post hentry"><h1 class="entry-title">{escape(sheet.article.title)}</h1>
<div class="entry-meta"><span class="date">{sheet.date}</span></div>
<div class="entry-content">
{_content(sheet)}
</div>
{share_bar(sheet)}
</div>
<div id="secondary" class="widget-area sidebar">{related_links(sheet)}</div>
</div>
{footer(sheet)}
{cookie_banner(sheet)}"""
    return document(sheet, body, linked_data=True)


def _manual(sheet: Sheet) -> str:
    body = f"""<div class="wy-nav sidebar">{navigation(sheet)}{related_links(sheet)}</div>
<section class="content-wrap">{breadcrumbs(sheet)}
<div role="main" class="document"><div class="body">
<h1>{escape(sheet.article.title)}<a class="headerlink" href="#top">&para;</a></h1>
{_content(sheet)}
</div></div></section>
{footer(sheet)}"""
    return document(sheet, body)


def _board(sheet: Sheet) -> str:
    posts = "\n".join(
        f'<div class="message" id="m{number}"><div class="message-user"><a class="username" href="/u/{name}">{name}</a></div>'
        f'<div class="message-body">\n{render_blocks(blocks, sheet.math)}\n</div>'
        f'<div class="signature">-- <br>{sheet.site.name} #{len(name) * 37 + number}</div></div>'
        for number, (name, blocks) in enumerate(split_posts(sheet.article), 1)
    )
    body = f"""{navigation(sheet)}
{breadcrumbs(sheet)}
<main class="thread"><h1>{escape(sheet.article.title)}</h1>
{posts}
</main>
<aside class="sidebar">{related_links(sheet)}</aside>
{cookie_banner(sheet)}
{footer(sheet)}"""
    return document(sheet, body)


def _plain(sheet: Sheet) -> str:
    body = f"""<center>{navigation(sheet)}</center>
<table width="760" border="0" align="center"><tr>
<td width="160" valign="top" class="menu">{related_links(sheet)}</td>
<td valign="top"><h1>{escape(sheet.article.title)}</h1>
<div class="text">
{_content(sheet)}
</div></td></tr></table>
<hr><center>{footer(sheet)}</center>"""
    return document(sheet, body, modern=False)


def _print(sheet: Sheet) -> str:
    title = escape(sheet.article.title)
    return document(sheet, f'<div class="print-page"><h1>{title}</h1>\n{_content(sheet)}\n</div>')


def _shop(sheet: Sheet) -> str:
    tiles = "\n".join(
        f'<li class="product">{escape(item)}</li>'
        for block in sheet.article.blocks
        if isinstance(block, Items)
        for item in block.items
    )
    body = f"""{cookie_banner(sheet)}{navigation(sheet)}{breadcrumbs(sheet)}
<h1>{escape(sheet.article.title)}</h1>
<ul class="product-grid">
{tiles}
</ul>
<div class="pager"><a href="?p=1">1</a> <a href="?p=2">2</a> <a href="?p=3">3</a></div>
{footer(sheet)}"""
    return document(sheet, body)


def _parked(sheet: Sheet) -> str:
    title = escape(sheet.article.title)
    return document(sheet, f'<div id="parking"><h1>{title}</h1>\n{_content(sheet)}\n</div>')


def _content(sheet: Sheet) -> str:
    article: Article = sheet.article
    if article.kind != "forum":
        return render_blocks(article.blocks, sheet.math)
    return "\n".join(
        f"<h4>{escape(name)}</h4>\n{render_blocks(blocks, sheet.math)}"
        for name, blocks in split_posts(article)
    )


_DESIGNS: Mapping[str, Callable[[Sheet], str]] = {
    "newspaper": _newspaper,
    "wiki": _wiki,
    "blog": _blog,
    "manual": _manual,
    "board": _board,
    "plain": _plain,
    "print": _print,
    "shop": _shop,
    "parked": _parked,
}
