"""What is wrong with a configuration, in one line: key, value and nearest known key."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from classifiers import domain_scheme
from pipeline import mixture, urls
from pipeline.families import FAMILIES
from pipeline.personal import KINDS
from pipeline.rules import RULES

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.weightconfig import WeightSection


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that a model found wrong: key, what it should be, what it is."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        *parents, name = (str(step) for step in first["loc"])
        return f"{key}: unknown key{_nearest(name, _keys_of(parents, model))}"
    if first["type"] == "missing":
        return f"{key}: missing; add it"
    if first["type"] == "model_type":
        return f"{key}: should be a table, but is {first['input']!r}"
    message = reason(first)
    return f"{key}: {message[0].lower()}{message[1:]}, but is {first['input']!r}"


def reason(error: ErrorDetails) -> str:
    """An error's message without what pydantic puts before those that a validator raised."""
    return error["msg"].removeprefix("Value error, ")


def problems(config: "Config") -> Iterator[str]:
    """Names that no rule, language or domain has, which would silently do nothing."""
    for name in config.filter.rules:
        if name not in RULES:
            yield f"filter.rules.{name}: unknown key{_nearest(name, RULES)}"
    tables: dict[str, tuple[Iterable[str], Iterable[str]]] = {
        "families": (config.filter.families, FAMILIES),
        "personal_data": (config.filter.personal_data, KINDS),
    }
    for key, (names, known) in tables.items():
        for name in names:
            if name not in known:
                yield f"filter.{key}: there is no {name!r}{_nearest(name, known)}"
    yield from config.language.problems(languages_named(config))
    for run, times in Counter(config.dedup.earlier).items():
        if times > 1:
            yield f"dedup.earlier: names {run} {times} times; once is enough"
    yield from config.tokenizer.problems()
    if (needed := 4 * config.tokenizer.count_mib) > config.workers.memory_mib:
        yield (
            f"tokenizer.count_mib: a process needs {needed} MiB for it; lower it, or raise "
            "workers.memory_mib"
        )
    yield from _idle(config)
    if config.train.anneal_share and not config.weight.anneal.share:
        yield (
            "train.anneal_share: no documents are set aside for it; set weight.anneal.share, or "
            "this to 0"
        )
    judged = domain_scheme.names("domain") if config.domain.model else ()
    yield from _domain_problems(config.weight, judged)
    yield from _languages_dropped(config)
    yield from _weight_problems(config)


def languages_named(config: "Config") -> dict[str, tuple[str, ...]]:
    """The tags of the languages that a configuration names, by key."""
    return {
        "filter.languages": config.filter.languages,
        "filter.min_language_scores": tuple(config.filter.min_language_scores),
        "weight.languages": tuple(config.weight.languages),
        "weight.shares.languages": tuple(config.weight.shares.languages),
    }


def _idle(config: "Config") -> Iterator[str]:
    """Settings that are given while what they are for is not."""
    quality = config.quality
    for key in sorted(quality.model_fields_set - {"dumps", "references", "model"}):
        if not quality.trains:
            yield (
                f"quality.{key}: no classifier is trained; set quality.dumps or references, or "
                "remove it"
            )
    if "contaminated" in config.filter.model_fields_set and not config.filter.benchmarks:
        yield "filter.contaminated: there are no filter.benchmarks to find; name some, or remove it"
    if not config.domain.model and "min_score" in config.domain.model_fields_set:
        yield "domain.min_score: there is no domain.model that it is for; set one, or remove it"


def _domain_problems(section: "WeightSection", judged: Iterable[str]) -> Iterator[str]:
    for host in section.hosts:
        if (written := urls.host(f"http://{host}/")) != host:
            yield f"weight.hosts: {host!r} is no host as pages have it; write {written!r}"
    known_domains = {*section.hosts.values(), *judged, mixture.UNKNOWN}
    for key, names in (("domains", section.domains), ("shares.domains", section.shares.domains)):
        for domain in names:
            if domain not in known_domains:
                close = _nearest(domain, sorted(known_domains))
                yield f"weight.{key}.{domain}: no document can have it{close}"


def _languages_dropped(config: "Config") -> Iterator[str]:
    """Weights of languages that the filter does not keep."""
    kept = {tag.partition("_")[0] for tag in config.filter.languages}
    for key in ("weight.languages", "weight.shares.languages"):
        for tag in languages_named(config)[key]:
            # A code without a script stands for all of them.
            if kept and tag.partition("_")[0] not in kept:
                yield f"{key}: the filter keeps no {tag!r}; name it in filter.languages"


def _weight_problems(config: "Config") -> Iterator[str]:
    """Settings that contradict each other."""
    section, quality = config.weight, config.quality
    for key, factors, shares in (
        ("languages", section.languages, section.shares.languages),
        ("domains", section.domains, section.shares.domains),
    ):
        if factors and shares:
            yield f"weight.{key} and weight.shares.{key}: factors or shares; remove one of them"
    if section.quality.within == "all" and not section.ranks:
        yield (
            "weight.quality.within: compares scores for a quantile or the anneal split; set one "
            "of them, or remove it"
        )
    if section.language_alpha is not None:
        for key, table in (
            ("languages", section.languages),
            ("shares.languages", section.shares.languages),
        ):
            if table:
                yield f"weight.language_alpha and weight.{key}: both are set; remove one of them"
    greatest = [max([1.0, *table.values()]) for table in (section.languages, section.domains)]
    if greatest[0] * greatest[1] > section.max_repeats:
        yield (
            f"weight.max_repeats: factors ask for {greatest[0]:g} x {greatest[1]:g} repeats, more "
            f"than {section.max_repeats}; lower them or raise it"
        )
    if not (quality.model or quality.trains):
        for key, asked in (
            ("weight.quality.mode", section.quality.mode != "off"),
            ("weight.anneal.share", section.anneal.share > 0),
        ):
            if asked:
                yield f"{key}: documents have no quality; set quality.model, references or dumps"


def _keys_of(parents: list[str], model: Any) -> Iterator[str]:
    """The keys of a table below a model; a rule's bounds have no model on the way to them."""
    for name in parents:
        field = model.model_fields.get(name) if hasattr(model, "model_fields") else None
        model = field.annotation if field else None
    yield from getattr(model, "model_fields", {"low": None, "high": None})


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(names)}"
