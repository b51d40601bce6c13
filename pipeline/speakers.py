"""How many people speak a language, and what it is called."""

import langcodes
from language_data.population_data import LANGUAGE_SPEAKING_POPULATION

SOURCE = (
    "speakers: Unicode CLDR territory and language data (first and second language), by the "
    "package language_data; world: United Nations, World Population Prospects 2024, mid-2024"
)
WORLD = 8_161_973_000
"""People in the world, mid-2024. Shares of it add up to more than 1: many speak two languages."""


def speakers(code: str) -> int | None:
    """People who speak a language, as a first or second one; None if CLDR gives no number."""
    people: int | None = LANGUAGE_SPEAKING_POPULATION.get(_standard(code))
    return people or None


def name(code: str) -> str:
    """The language's English name; the code itself if it has none."""
    if code == "und":
        return "undetermined"
    return str(langcodes.Language.get(code).display_name())


def _standard(code: str) -> str:
    """The BCP 47 form of a code, as CLDR uses it: `sh` is `sr-Latn`, `no` is `nb`."""
    return str(langcodes.standardize_tag(code, macro=True)).split("-")[0]
