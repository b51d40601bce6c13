"""Weight: the repeats of every document of a part."""

import numpy as np

from pipeline import mixture
from pipeline.config import WeightSection
from pipeline.files import join
from pipeline.ledger import Counts, Part
from pipeline.parts import PartWriter, finished, read_table
from pipeline.sandbox import Guard
from pipeline.schema import WEIGHTS

PREFIXES = ("part",)


def weigh_part(
    guard: Guard,
    source: str,
    dedup: str,
    name: str,
    section: WeightSection,
    min_score: float,
    folder: str,
) -> Part:
    """Write a row of weights for each row of one part of `lines`, in the same order."""
    if not finished(folder, name, PREFIXES):
        columns = ["id", "host", "language", "domain", "domain_score"]
        table = read_table(join(source, f"part-{name}.parquet"), columns)
        copies = read_table(join(dedup, f"duplicates-{name}.parquet"), ["row", "kept_id"])
        duplicate_of = dict(zip(*copies.to_pydict().values(), strict=True))
        ids, hosts, languages, judged, scores = table.to_pydict().values()
        domains = [
            mixture.domain_of(host, section.hosts, mixture.certain(domain, score, min_score))
            for host, domain, score in zip(hosts, judged, scores, strict=True)
        ]
        factors = mixture.Weights(section.languages, section.domains)
        pairs = zip(languages, domains, strict=True)
        weights = np.array([factors.weight(*pair) for pair in pairs], dtype=np.float64)
        weights[list(duplicate_of)] = 0.0
        repeats = mixture.repeats(ids, weights)
        with PartWriter(join(folder, f"part-{name}.parquet"), WEIGHTS) as part:
            for row, (key, domain, language) in enumerate(
                zip(ids, domains, languages, strict=True)
            ):
                part.write(
                    {
                        "id": key,
                        "domain": domain,
                        "language": language,
                        "duplicate_of": duplicate_of.get(row),
                        "weight": float(weights[row]),
                        "repeats": int(repeats[row]),
                    }
                )
            read, kept = len(ids) - len(duplicate_of), int((repeats > 0).sum())
            dropped = {"weight": read - kept} if kept < read else {}
            part.describe(Counts(read, kept, dropped), {"documents": int(repeats.sum())})
    done = finished(folder, name, PREFIXES)
    assert done is not None
    return done
