"""URLs: one spelling for comparing them, their hosts, and the domains someone registered.

`canonical_url` is a key, not an address to fetch. It follows the syntax-based normalization of
RFC 3986, section 6.2, and goes further where two spellings hardly ever name different pages:

- The scheme is `https` for `http`, `https` and none (`//host/path`); ports 80 and 443, user
  information, a leading `www.` and the fragment are dropped.
- The host is lower case, in its ASCII form (IDNA 2008 with the mapping of UTS 46), without a final
  dot.
- Percent-encoding is kept only where a character needs it, with upper-case digits; characters
  outside ASCII are encoded as UTF-8. Dot segments are resolved and final slashes dropped.
- Parameters that track visitors or carry their session are dropped. The rest is sorted by name, as
  links name them in any order; parameters of one name stay in their order, which can matter.
"""

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote, urlsplit

import idna
import tldextract

_UNRESERVED = re.compile("%(2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_PATH_SAFE = "/%:@!$&'()*+,;=~"
_QUERY_SAFE = _PATH_SAFE + "?"

# Campaign, click and session parameters that never choose a page: Google Analytics, Matomo,
# Google, Meta, Microsoft, Yandex, X, Instagram, TikTok, LinkedIn, Mailchimp, HubSpot, Marketo,
# Vero, Olytics, AT Internet, Adobe, Oracle, Salesforce, Branch; PHP, Java, ASP, ColdFusion,
# osCommerce. `sid` and `s` only with a forum's 32 digits, `ref` and `session_id` never: on many
# sites they choose a page.
_DROPPED = re.compile(
    r"utm_\w+|__utm\w*|mtm_\w+|matomo_\w+|piwik_\w+"
    r"|pk_(?:campaign|kwd|keyword|source|medium|content|cid|vid)|_ga(?:_\w+|c)?|_gid|_gl"
    r"|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|fbclid|fb_action_ids"
    r"|fb_source|msclkid|yclid|ysclid|_openstat|twclid|igshid|igsh|ttclid|li_fat_id|mc_cid|mc_eid"
    r"|hsa_\w+|_hsenc|_hsmi|__hs\w+|hsctatracking|mkt_tok|vero_id|vero_conv|oly_anon_id|oly_enc_id"
    r"|xtor|at_(?:medium|campaign)|s_kwcid|ef_id|elqtrackid|dm_i|_kx|sfmc_\w+|guce_referrer\w*"
    r"|_branch_match_id|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|oscsid|zenid"
    r"|(?:sid|s)=[0-9a-f]{32}",
    re.IGNORECASE,
)
_WWW = re.compile(r"\A(?:www\.+)+(?=[^.]+\.)")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)

# Without addresses of newer lists and without a cache, the list that the package carries is used:
# the same on every machine, and no network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def canonical_url(url: str) -> str:
    """Spell a web URL in the one way that this module describes.

    Canonical URLs stay as they are. What is no web URL, or cannot be parsed, is returned without
    surrounding white space; nothing is raised.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:
        return url
    if not name or parts.scheme not in ("http", "https", ""):
        return url
    authority = _canonical_host(name) + ("" if port in (None, 80, 443) else f":{port}")
    query = _canonical_query(parts.query)
    return f"https://{authority}{_canonical_path(parts.path)}" + (query and f"?{query}")


def host(url: str) -> str:
    """The URL's host in lower case and ASCII, without `www.`; empty if it has none."""
    try:
        name = urlsplit(url.strip()).hostname
    except ValueError:
        return ""
    return _canonical_host(name) if name else ""


@lru_cache(maxsize=1 << 16)
def registered_domain(host: str) -> str:
    """The name below a public suffix that `host` belongs to: `bbc.co.uk` for `news.bbc.co.uk`.

    Suffixes are those of registries (https://publicsuffix.org, without its private section), so
    that all blogs of one provider share one domain. A host without a known suffix, such as an IP
    address, is its own domain.
    """
    return _suffixes(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=1 << 16)
def _canonical_host(name: str) -> str:
    if ":" in name:
        return f"[{name}]"
    name = _bare(name)
    if not name.isascii():
        # A name that IDNA forbids is compared as it is written.
        with suppress(UnicodeError):
            name = _bare(idna.encode(name, uts46=True).decode())
    return name


def _bare(name: str) -> str:
    return _WWW.sub("", name.strip(".。．｡"))


def _canonical_path(path: str) -> str:
    path = _PATH_SESSION.sub("", _canonical_escapes(path, _PATH_SAFE))
    if "/." in path:
        path = _without_dot_segments(path)
    return path.rstrip("/") or "/"


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    kept = []
    for parameter in _canonical_escapes(query.replace("&amp;", "&"), _QUERY_SAFE).split("&"):
        name = parameter.partition("=")[0]
        if parameter and not (_DROPPED.fullmatch(name) or _DROPPED.fullmatch(parameter)):
            kept.append((name, parameter))
    return "&".join(parameter for _, parameter in sorted(kept, key=lambda pair: pair[0]))


def _canonical_escapes(text: str, safe: str) -> str:
    if "%" in text:
        text = _UNRESERVED.sub(lambda escape: chr(int(escape[1], 16)), text)
        text = _ESCAPE.sub(lambda escape: escape[0].upper(), text)
        text = _STRAY_PERCENT.sub("%25", text)
    return quote(text, safe=safe, errors="replace")


def _without_dot_segments(path: str) -> str:
    """RFC 3986, section 5.2.4, for a path that starts with a slash."""
    kept: list[str] = []
    *folders, last = path.split("/")[1:]
    for segment in folders:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    return "/" + "/".join([*kept, "" if last in (".", "..") else last])
