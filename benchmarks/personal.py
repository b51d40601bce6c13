"""How much personal data is found in labelled texts, and how much in pages is taken by mistake.

    python benchmarks/personal.py --labelled TEXTS.json --clean PAGES.jsonl.gz --json

`--labelled` are texts of presidio-research: a JSON list of objects with `full_text` and `spans`,
which have `entity_type`, `start_position` and `end_position`. A label is *found* if a span of its
kind overlaps it, *whole* if the span is the label. Labels that no check could accept are counted
apart as *invalid*: card numbers without the right check digit, telephone numbers that no country
assigns. A span that overlaps no label of its kind is a *false* one, or a label is missing: `--show`
prints them all.

`--clean` are ordinary pages, JSON lines with a text in `text` or `truth`, in the language given by
`--language`. What is found there is counted by page, and `--show N` prints N spans of each kind
between their surroundings, to be judged by eye.

The peer is DataTrove's PIIFormatter, which knows e-mail and IP addresses. It runs in its own
virtual environment (see `end_to_end.py`); without one, it is left out.
"""

import argparse
import gzip
import json
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

from measure import in_turns, machine, summary
from phonenumbers import SUPPORTED_REGIONS, PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.us import ssn

from pipeline import personal
from pipeline.personal import KINDS, find

HERE = Path(__file__).resolve().parent
LABELS = {
    "CREDIT_CARD": "credit_card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "PHONE_NUMBER": "phone",
    "US_SSN": "us_ssn",
}
REPEAT = 5
_AROUND = 40
# Run by the peer's Python: texts on the standard input, spans and seconds on the standard output.
_PEER = """
import json, sys, time
from datatrove.pipeline.formatters import PIIFormatter
formatter, texts, spans = PIIFormatter(), json.load(sys.stdin), []
replacers = {"email": formatter.emails_replacer, "ip_address": formatter.ip_replacer}
for text in texts:
    found = [
        (match.start(), match.end(), kind)
        for kind, replacer in replacers.items()
        for match in replacer.regex.finditer(text)
        if not replacer.validator or replacer.validator(match[0])
    ]
    spans.append(found)
seconds = []
for _ in range(int(sys.argv[1])):
    begun = time.process_time()
    for text in texts:
        formatter.format(text)
    seconds.append(time.process_time() - begun)
json.dump({"spans": spans, "seconds": seconds}, sys.stdout)
"""

Span: TypeAlias = tuple[int, int, str]


@dataclass(frozen=True)
class Labelled:
    """A text, and the labels on it of the kinds that we know."""

    text: str
    labels: list[Span]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--labelled", nargs="*", default=[], type=Path, metavar="PATH")
    parser.add_argument("--clean", nargs="*", default=[], type=Path, metavar="PATH")
    parser.add_argument("--language", default="eng_Latn", help="of all texts (default: eng_Latn)")
    parser.add_argument(
        "--peer", type=Path, default=HERE / ".venv-datatrove/bin/python", metavar="PYTHON"
    )
    parser.add_argument("--show", type=int, default=0, metavar="N", help="spans of a kind to print")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    labelled = [text for path in given.labelled for text in read_labelled(path)]
    pages = {path.name: list(read_pages(path)) for path in given.clean}
    report = {
        "labelled": measure_labelled(labelled, given.language, given.peer),
        "clean": {
            name: measure_clean(texts, given.language, given.peer) for name, texts in pages.items()
        },
        "machine": machine(),
    }
    print(json.dumps(report, indent=1, ensure_ascii=False)) if given.json else show(report)
    if given.show:
        show_spans(labelled, pages, given.language, given.show)


def read_labelled(path: Path) -> Iterator[Labelled]:
    """Texts of presidio-research with the labels of the kinds that we know."""
    for row in json.loads(path.read_text(encoding="utf-8")):
        spans = [
            (span["start_position"], span["end_position"], LABELS[span["entity_type"]])
            for span in row["spans"]
            if span["entity_type"] in LABELS
        ]
        yield Labelled(row["full_text"], spans)


def read_pages(path: Path) -> Iterator[str]:
    """The texts of JSON lines, compressed or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = row.get("truth", row.get("text"))
            # A page may have marked snippets instead.
            if isinstance(text, str) and text:
                yield text


def ours(texts: Sequence[str], language: str, kinds: Collection[str]) -> list[list[Span]]:
    """Our spans of each text."""
    return [
        [(edit.start, edit.stop, edit.kind) for edit in find(text, language, kinds)]
        for text in texts
    ]


def peer(python: Path, texts: Sequence[str], repeat: int = 1) -> dict[str, Any] | None:
    """DataTrove's `spans` of each text and the CPU `seconds` of each run; None if not installed."""
    if not python.exists():
        return None
    command = [str(python), "-c", _PEER, str(repeat)]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    return {**told, "spans": [[tuple(span) for span in spans] for spans in told["spans"]]}


def measure_labelled(labelled: Sequence[Labelled], language: str, python: Path) -> dict[str, Any]:
    """By tool and kind: labels, those found, whole, invalid, false spans; precision and recall."""
    texts = [one.text for one in labelled]
    found = {"curate": ours(texts, language, KINDS)}
    if other := peer(python, texts):
        found["datatrove"] = other["spans"]
    return {tool: _scores(labelled, spans) for tool, spans in found.items()}


def _scores(labelled: Sequence[Labelled], found: Sequence[list[Span]]) -> dict[str, Any]:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for one, spans in zip(labelled, found, strict=True):
        for label in one.labels:
            row = counts[label[2]]
            valid = is_valid(one.text[label[0] : label[1]], label[2])
            hit = any(_overlap(label, span) for span in spans)
            row["labels"] += 1
            row["valid"] += valid
            row["found"] += hit
            row["found valid"] += valid and hit
            row["whole"] += label in spans
        for span in spans:
            counts[span[2]]["spans"] += 1
            counts[span[2]]["false"] += not any(_overlap(span, label) for label in one.labels)
    return {kind: _shares(row) for kind, row in counts.items() if row}


def _shares(row: Counter[str]) -> dict[str, float | None]:
    def share(part: str, whole: str) -> float | None:
        return row[part] / row[whole] if row[whole] else None

    return {
        **{name: row[name] for name in ("labels", "valid", "found", "whole", "spans", "false")},
        "recall": share("found", "labels"),
        "recall of valid": share("found valid", "valid"),
        "precision": 1 - row["false"] / row["spans"] if row["spans"] else None,
    }


def _overlap(one: Span, other: Span) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def is_valid(value: str, kind: str) -> bool:
    """Whether a label can be what it says, judged by the checks of libraries alone."""
    match kind:
        case "credit_card":
            return luhn.is_valid(value.replace(" ", "").replace("-", ""))
        case "iban":
            return iban.is_valid(value)
        case "ip_address":
            return ip_address(value).is_global
        case "phone":
            return any(
                match.raw_string
                for r in SUPPORTED_REGIONS
                for match in PhoneNumberMatcher(value, r)
            )
        case "us_ssn":
            return ssn.is_valid(value)
    return True


def measure_clean(texts: Sequence[str], language: str, python: Path) -> dict[str, Any]:
    """By tool: spans and pages with any by kind, and the cost."""
    characters = sum(map(len, texts))
    other = peer(python, texts, REPEAT)
    same = ("email", "ip_address")
    seconds = in_turns(
        {
            "curate": lambda: _seconds(texts, language, KINDS),
            "curate, the peer's kinds": lambda: _seconds(texts, language, same),
        },
        REPEAT,
    )
    found = {"curate": ours(texts, language, KINDS)}
    if other:
        found["datatrove"], seconds["datatrove"] = other["spans"], other["seconds"]
    costs = {name: [1e3 * 5_000 * one / characters for one in s] for name, s in seconds.items()}
    return {
        "pages": len(texts),
        "characters": characters,
        "spans": {
            name: dict(Counter(s[2] for spans in f for s in spans)) for name, f in found.items()
        },
        "pages_with": {
            name: dict(Counter(kind for spans in f for kind in {s[2] for s in spans}))
            for name, f in found.items()
        },
        "ms_per_5000_characters": {name: summary(values) for name, values in costs.items()},
    }


def _seconds(texts: Sequence[str], language: str, kinds: Collection[str]) -> float:
    # A number that was judged in the last turn is not to be cheap in this one.
    for member in vars(personal).values():
        if hasattr(member, "cache_clear"):
            member.cache_clear()
    begun = time.process_time()
    ours(texts, language, kinds)
    return time.process_time() - begun


def show(report: Mapping[str, Any]) -> None:
    """Print tables for a person."""
    columns = ("labels", "valid", "found", "whole", "spans", "false")
    shares = ("recall", "recall of valid", "precision")
    for tool, kinds in report["labelled"].items():
        print(f"{tool:14}" + "".join(f"{name:>9}" for name in columns), *shares, sep="  ")
        for kind, row in kinds.items():
            cells = ("–" if row[name] is None else f"{row[name]:.3f}" for name in shares)
            print(f"  {kind:12}" + "".join(f"{row[name]:9}" for name in columns), *cells, sep="   ")
    for name, clean in report["clean"].items():
        print(f"\n{name}: {clean['pages']} pages, {clean['characters']:,} characters")
        for tool, counts in clean["spans"].items():
            print(f"  {tool:12} spans {counts}, pages {clean['pages_with'][tool]}")
        for tool, (median, (least, most)) in clean["ms_per_5000_characters"].items():
            print(f"  {tool:26} {median:.3f} ms ({least:.3f} to {most:.3f}) a 5,000 characters")


def show_spans(
    labelled: Sequence[Labelled], pages: Mapping[str, Sequence[str]], language: str, most: int
) -> None:
    """Print missed and false spans in labelled texts, and spans in pages, evenly sampled."""
    for one in labelled:
        (spans,) = ours([one.text], language, KINDS)
        for name, these, those in (("missed", one.labels, spans), ("false", spans, one.labels)):
            for span in these:
                if not any(_overlap(span, other) for other in those):
                    print(name, span[2], _shown(one.text, span), sep="\t")
    for name, texts in pages.items():
        hits = [
            (t, s) for t, ss in zip(texts, ours(texts, language, KINDS), strict=True) for s in ss
        ]
        for kind in KINDS:
            rows = [(text, span) for text, span in hits if span[2] == kind]
            for text, span in rows[:: max(1, len(rows) // most)][:most]:
                print(name, kind, _shown(text, span), sep="\t")


def _shown(text: str, span: Span) -> str:
    before, after = text[max(0, span[0] - _AROUND) : span[0]], text[span[1] : span[1] + _AROUND]
    return f"{before}⟦{text[span[0] : span[1]]}⟧{after}".replace("\n", "⏎")


if __name__ == "__main__":
    main()
