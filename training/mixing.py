"""How many sequences of each domain a round has, in whole numbers."""

from collections.abc import Mapping
from fractions import Fraction
from math import inf

from pipeline.errors import UserError


def target_shares(
    weights: Mapping[str, float], predicted: Mapping[str, int]
) -> dict[str, Fraction]:
    """The share of all tokens that each domain is to have.

    Domains that are not named divide the rest in proportion to their own tokens. Where all are
    named the shares are made to add up to 1.

    Args:
        weights: Shares by domain, as configured.
        predicted: Tokens an epoch of each domain.

    Raises:
        UserError: A domain does not exist or has no tokens, or the shares exceed 1 or are all 0.
    """
    for domain, weight in weights.items():
        if not 0 <= weight < inf:
            raise UserError(f"train.weights.{domain} = {weight}: must be a number from 0 on")
    exact = {domain: Fraction(repr(float(weight))) for domain, weight in weights.items()}
    for domain, share in exact.items():
        if domain not in predicted:
            raise UserError(
                f"train.weights.{domain}: no shards of this domain; there are "
                f"{', '.join(predicted)}"
            )
        if share and not predicted[domain]:
            raise UserError(f"train.weights.{domain}: the domain has no tokens; set it to 0")
    named = sum(exact.values())
    others = {domain: count for domain, count in predicted.items() if domain not in exact}
    total = sum(others.values())
    if named > 1 and total:
        raise UserError(f"train.weights: the shares add up to {float(named):g}, more than 1")
    if not named and not total:
        raise UserError("train.weights: all shares are 0; raise one")
    if not total:
        return {domain: exact.get(domain, Fraction(0)) / named for domain in predicted}
    return {
        domain: exact[domain] if domain in exact else (1 - named) * Fraction(count, total)
        for domain, count in predicted.items()
    }


def quotas(
    shares: Mapping[str, Fraction], predicted: Mapping[str, int], sequences: Mapping[str, int]
) -> dict[str, int]:
    """Sequences of each domain in a round of as many as all domains have together.

    By largest remainder, with the first of equals; a domain's sequences count for the tokens that
    they have on average. So no domain is a whole sequence away from its share.

    Raises:
        UserError: A share is not 0 and comes to no sequence.
    """
    size = sum(sequences.values())
    wants = {
        domain: share * sequences[domain] / predicted[domain] if share else Fraction(0)
        for domain, share in shares.items()
    }
    scale = size / sum(wants.values())
    exact = {domain: want * scale for domain, want in wants.items()}
    found = {domain: int(want) for domain, want in exact.items()}
    largest = sorted(exact, key=lambda domain: found[domain] - exact[domain])
    for domain in largest[: size - sum(found.values())]:
        found[domain] += 1
    for domain, share in shares.items():
        if share and not found[domain]:
            raise UserError(
                f"train.weights.{domain}: {float(share):.2g} of the tokens is less than one of the "
                f"{size} sequences of a round; raise it or set it to 0"
            )
    return found
