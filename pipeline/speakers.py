"""How many people speak a language, and what it is called."""

from language_data.population_data import LANGUAGE_SPEAKING_POPULATION

from classifiers.languagetags import bcp47

SOURCE = (
    "speakers: Unicode CLDR territory and language data (first and second language), by the "
    "package language_data; world: United Nations, World Population Prospects 2024, mid-2024"
)
WORLD = 8_161_973_000
"""People in the world, mid-2024. Shares of it add up to more than 1: many speak two languages."""


def speakers(tag: str) -> int | None:
    """People who speak a language, in any script, as a first or second one; None if unknown."""
    people: int | None = LANGUAGE_SPEAKING_POPULATION.get(bcp47(tag))
    return people or None
