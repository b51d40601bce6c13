"""How many bytes of each language and domain training sees: factors, target shares, caps.

A cell is a language and a domain. Its documents' bytes times its factors are its mass, and all
masses together the total. Target shares then move mass, but leave the total as it is, until
`max_repeats` stops them. All of it is exact arithmetic on rational numbers: the same everywhere.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from pipeline.weightconfig import WeightSection

UNKNOWN = "unknown"
"""The domain of documents whose host no table names, and no classifier knows."""

# Decimal's powers are the same on every machine, which the C library's need not be.
_DECIMAL = Context(prec=34)

_Name = TypeVar("_Name", bound=Hashable)


class Cell(NamedTuple):
    """A language and a domain."""

    language: str
    domain: str


@dataclass(frozen=True)
class Shortfall:
    """A target share that the cap, or a lack of documents, kept from being reached.

    Attributes:
        axis: `languages` or `domains`.
        name: The language or domain.
        asked: The share that was asked for.
        reached: Its share of the mixture.
    """

    axis: str
    name: str
    asked: float
    reached: float


@dataclass(frozen=True)
class _Axis:
    """Target shares along one of a cell's coordinates; `alpha` is the exponent of the others."""

    coordinate: int
    shares: Mapping[str, Fraction]
    alpha: Decimal


def domain_of(host: str, table: Mapping[str, str], judged: str = UNKNOWN) -> str:
    """The domain of a document, such as `news` or `code`: its host's, if the host has one.

    Args:
        host: A lower-case host name.
        table: Domain by host or suffix of hosts: `wikipedia.org` also stands for
            `en.wikipedia.org`, but not for `notwikipedia.org`. The longest that fits decides.
        judged: The domain of a document whose host no table names.
    """
    while host:
        if host in table:
            return table[host]
        _, _, host = host.partition(".")
    return judged


def certain(domain: str | None, score: float | None, min_score: float) -> str:
    """A classifier's domain, or `unknown` where its probability is less than `min_score`."""
    return domain if domain and score is not None and score >= min_score else UNKNOWN


def factor(cell: Cell, section: "WeightSection") -> Fraction:
    """The product of a cell's factors, 1 where none is given; 0 if its target share is 0."""
    product = Fraction(1)
    for name, factors, shares in (
        (cell.language, section.languages, section.shares.languages),
        (cell.domain, section.domains, section.shares.domains),
    ):
        rest = 1 - sum(map(exact, shares.values()))
        if not shares.get(name, rest):
            return Fraction(0)
        product *= exact(factors.get(name, 1.0))
    return product


def targets(sizes: Mapping[Cell, int], section: "WeightSection") -> dict[Cell, int]:
    """How many bytes of each cell training is to see, repeats included.

    Shares of languages, or `language_alpha`, divide the total. Shares of domains divide each
    language's bytes where languages have targets, and the total where they have none. Within, each
    cell has what its mass is of the masses together.

    What a share cannot use under the cap goes to the names without a share, in proportion to their
    masses; and what these cannot use, to the other shares, in proportion to them.

    Args:
        sizes: The UTF-8 bytes of the documents of each cell, each once.
        section: Factors, shares and cap.

    Returns:
        Bytes by cell, rounded down: at most `max_repeats` times its size. Together they are the
        total, less what no cell could use, and less than a byte a cell.
    """
    masses = {cell: size * factor(cell, section) for cell, size in sizes.items()}
    caps = {cell: Fraction(section.max_repeats * sizes[cell]) for cell in sizes if masses[cell]}
    wanted = {cell: masses[cell] for cell in caps}
    found = _divide(sum(wanted.values(), Fraction()), wanted, caps, list(_axes(section)))
    return {cell: int(found.get(cell, 0)) for cell in sizes}


def shortfalls(seen: Mapping[Cell, int], section: "WeightSection") -> list[Shortfall]:
    """The target shares that were missed, by more than a thousandth of the mixture.

    Args:
        seen: Bytes that training sees, by cell.
        section: The shares asked for.
    """
    total, found = sum(seen.values()), []
    for axis, shares in (
        ("languages", section.shares.languages),
        ("domains", section.shares.domains),
    ):
        for name, asked in shares.items():
            own = sum(size for cell, size in seen.items() if cell[axis == "domains"] == name)
            reached = own / total if total else 0.0
            if asked - reached > 0.001:
                found.append(Shortfall(axis, name, asked, reached))
    return found


def exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(repr(number))


def allocate(
    total: Fraction, wants: Mapping[_Name, Fraction], caps: Mapping[_Name, Fraction]
) -> dict[_Name, Fraction]:
    """Divide a total in proportion to wants; what is above a cap goes to the others, likewise.

    Returns:
        By name, 0 where nothing is wanted. Together they are the total, or all caps if these are
        less.
    """
    found = dict.fromkeys(wants, Fraction())
    hungry = {name: want for name, want in wants.items() if want}
    while hungry:
        scale = total / sum(hungry.values())
        full = [name for name, want in hungry.items() if want * scale >= caps[name]]
        if not full:
            return found | {name: want * scale for name, want in hungry.items()}
        for name in full:
            found[name] = caps[name]
            total -= caps[name]
            del hungry[name]
    return found


def _axes(section: "WeightSection") -> Iterator[_Axis]:
    """The coordinates that have targets, in the order in which they divide."""
    own = Decimal(1)
    if section.language_alpha is not None:
        yield _Axis(0, {}, Decimal(repr(section.language_alpha)))
    elif section.shares.languages:
        yield _Axis(0, _exact(section.shares.languages), own)
    if section.shares.domains:
        yield _Axis(1, _exact(section.shares.domains), own)


def _divide(
    total: Fraction,
    masses: Mapping[Cell, Fraction],
    caps: Mapping[Cell, Fraction],
    axes: list[_Axis],
) -> dict[Cell, Fraction]:
    """Divide a total among cells, by one axis after the other."""
    if not axes:
        return allocate(total, masses, caps)
    axis, *deeper = axes
    groups: dict[str, dict[Cell, Fraction]] = {}
    for cell, mass in masses.items():
        groups.setdefault(cell[axis.coordinate], {})[cell] = mass
    limits = {
        name: sum((caps[cell] for cell in group), Fraction()) for name, group in groups.items()
    }
    sums = {name: sum(group.values(), Fraction()) for name, group in groups.items()}
    shared = _share_out(total, sums, limits, axis)
    found: dict[Cell, Fraction] = {}
    for name, group in groups.items():
        found |= _divide(shared[name], group, caps, deeper)
    return found


def _share_out(
    total: Fraction, masses: Mapping[str, Fraction], caps: Mapping[str, Fraction], axis: _Axis
) -> dict[str, Fraction]:
    """Divide a total by target shares."""
    shares = {name: share for name, share in axis.shares.items() if name in masses}
    named = {name: min(share * total, caps[name]) for name, share in shares.items()}
    others = {name: _power(m, axis.alpha) for name, m in masses.items() if name not in shares}
    rest = allocate(total - sum(named.values()), others, caps)
    left = total - sum(named.values()) - sum(rest.values())
    room = {name: caps[name] - got for name, got in named.items()}
    more = allocate(left, shares, room)
    return rest | {name: got + more[name] for name, got in named.items()}


def _power(mass: Fraction, alpha: Decimal) -> Fraction:
    if alpha == 1:
        return mass
    base = _DECIMAL.divide(Decimal(mass.numerator), Decimal(mass.denominator))
    return Fraction(_DECIMAL.power(base, alpha))


def _exact(shares: Mapping[str, float]) -> dict[str, Fraction]:
    return {name: exact(share) for name, share in shares.items()}
