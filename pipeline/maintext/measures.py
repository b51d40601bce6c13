"""The blocks of a page as numbers, by which its main text is told from the rest.

All are counts, shares and distances within one page: nothing is remembered between pages. Sources:
length and link density of a block and its neighbours (Kohlschütter et al. 2010, Boilerplate
Detection using Shallow Text Features); words that boilerplate is made of (Pomikálek 2011, jusText).
"""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from pipeline.maintext import context
from pipeline.maintext.blocks import KINDS, Block
from pipeline.maintext.containers import PURPOSES, TAGS, Containers

_TERMINAL = frozenset(".!?。！？…।؟")
_CLOSERS = "\"'”’»)]"
# Marks between clauses, sentences, and the entries of a line.
_MARKS = (",;،，、；", (". ", "! ", "? ", "。", "！", "？", "।", "؟"), "|/>»›·•→")
_ASCII_MARKS = (",;", (". ", "! ", "? "), "|/>")
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\b(?:19|20)\d\d\b|\d{1,2}:\d\d")
_LINE_CHARS = 250

_CUE_WORDS = {
    "rights": "copyright rights reserved terms privacy imprint disclaimer powered impressum "
    "datenschutz agb rechte vorbehalten droits derechos policy conditions",
    "notice": "cookie cookies javascript browser consent flash plugin enable adblock einwilligung",
    "share": "share shares sharing tweet tweets facebook twitter print email mail pin pinterest "
    "whatsapp rss bookmark follow instagram linkedin reddit google digg delicious stumbleupon "
    "like likes teilen drucken empfehlen merken compartir partager",
    "account": "login log sign signup subscribe subscription newsletter register account password "
    "member members anmelden registrieren abonnieren abo passwort konto",
    "comment": "comment comments commented reply replies respond response responses trackback "
    "trackbacks permalink kommentar kommentare antwort antworten discuss report",
    "more": "more continue reading click here full mehr weiterlesen weiter lesen lire leer suite",
    "related": "related also recommended popular trending latest stories ähnliche auch thema "
    "archive archives previous articles posts similar most",
    "byline": "by von par por posted published updated written author autor reporter staff stand "
    "quelle uhr editor contributor source",
    "date": "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober "
    "dezember monday tuesday wednesday thursday friday saturday sunday ago am pm",
    "ad": "advertisement advertise sponsored anzeige werbung publicité buy shop price cart sale "
    "offer free shipping deal deals kaufen preis",
    "tags": "tags tag filed categories category schlagworte topics topic keywords kategorie "
    "kategorien labels under",
    "step": "next prev back home top zurück vorige nächste older newer skip menu search suche page "
    "seite navigation jump sitemap contents",
    "image": "photo photos image images foto fotos bild bilder picture pictures caption credit "
    "gallery video videos watch getty reuters ap afp dpa zoom enlarge",
    "contact": "phone tel fax contact kontakt address adresse www http https telefon",
}
"""Words by which a short line tells what it is for."""

_CUES = (*_CUE_WORDS, "symbol")
_CUE_BITS = {cue: 1 << bit for bit, cue in enumerate(_CUES)}
_CUES_OF: dict[str, int] = {}
for _cue, _words in _CUE_WORDS.items():
    for _word in _words.split():
        _CUES_OF[_word] = _CUES_OF.get(_word, 0) | _CUE_BITS[_cue]

_OWN = (
    "chars words word_length link_density strong_density links commas sentences terminal colon "
    "upper_start all_upper title_case digits separators after_break level title_overlap repeats"
).split()
_NAMES = (
    *_OWN,
    *(f"kind_{kind}" for kind in KINDS),
    *(f"cue_{cue}" for cue in _CUES),
    *(f"{where}_{purpose}" for where in ("own", "around") for purpose in PURPOSES),
    *(f"in_{tag}" for tag in TAGS),
)


def measure(
    blocks: list[Block], containers: Containers, title: str
) -> tuple[list[str], NDArray[np.float32]]:
    """The names of the measures, and their values; shape (measures, blocks).

    Args:
        blocks: All blocks of a page, in order; at least one.
        containers: What stands around them.
        title: The page's `<title>`.
    """
    own, cues = _own(blocks, title)
    around = np.array([containers.rows[block.container] for block in blocks])
    dates, bylines = (cues & _CUE_BITS[cue] > 0 for cue in ("date", "byline"))
    where = context.measure(blocks, containers, own[_OWN.index("commas")], dates, bylines)
    kinds = np.array([KINDS.index(block.kind) for block in blocks])
    values = np.vstack(
        [
            own,
            kinds == np.arange(len(KINDS))[:, None],
            _bits(cues, len(_CUES)),
            _bits(around[:, 2], len(PURPOSES)),
            _bits(around[:, 3], len(PURPOSES)),
            _bits(around[:, 4], len(TAGS)),
            *where.values(),
        ],
        dtype=np.float32,
        casting="unsafe",
    )
    return [*_NAMES, *where], values


def _bits(values: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    bits: NDArray[np.int64] = values >> np.arange(width)[:, None] & 1
    return bits


def _own(blocks: list[Block], title: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The measures of each block's own text, in the order of `_OWN`, and its bits of cues."""
    counts = Counter([block.text for block in blocks])
    title_words = frozenset(_WORD.findall(title.lower()))
    values: list[float] = []
    cues: list[int] = []
    for block in blocks:
        text, chars = block.text, block.chars
        words = text.count(" ") + 1
        marks = _ASCII_MARKS if text.isascii() else _MARKS
        bare = text.rstrip(_CLOSERS)
        end = bare[-1:] or text[-1]
        bits, separators, overlap = 0, 0, 0.0
        if short := len(text) <= _LINE_CHARS:
            line = frozenset(_WORD.findall(text.lower()))
            bits = _cues(text, line)
            separators = sum(map(text.count, marks[2]))
            if shared := len(line & title_words):
                overlap = shared / len(line | title_words)
        cues.append(bits)
        values += (
            chars,
            words,
            chars / words,
            block.link_chars / chars,
            block.strong_chars / chars,
            block.links,
            sum(map(text.count, marks[0])),
            sum(map(text.count, marks[1])),
            end in _TERMINAL,
            end == ":",
            text[0].isupper(),
            text.isupper(),
            short and text.istitle(),
            sum(map(len, _DIGITS.findall(text[:_LINE_CHARS]))) / min(chars, _LINE_CHARS),
            separators,
            block.after_break,
            block.level,
            overlap,
            counts[text],
        )
    own = np.fromiter(values, np.float32, len(values)).reshape(len(blocks), len(_OWN)).T
    return own, np.array(cues)


def _cues(text: str, words: frozenset[str]) -> int:
    bits = 0
    for word in words & _CUES_OF.keys():
        bits |= _CUES_OF[word]
    if _DATE.search(text):
        bits |= _CUE_BITS["date"]
    if "©" in text:
        bits |= _CUE_BITS["rights"]
    if "@" in text:
        bits |= _CUE_BITS["contact"]
    if "$" in text or "€" in text or "£" in text:
        bits |= _CUE_BITS["symbol"]
    return bits
