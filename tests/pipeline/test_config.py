"""The configuration: typed, frozen, and clear about what is wrong."""

from pathlib import Path

import pydantic
import pytest

from pipeline.config import Bounds, EditsSection, FilterSection, load
from pipeline.errors import UserError
from pipeline.personal import KINDS

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def write(folder: Path, text: str) -> str:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_configuration_loads(path: Path) -> None:
    assert load(str(path)).run.name


def test_a_section_left_out_has_its_defaults(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[run]\nname = "a"\n'))
    assert (config.dedup.bands, config.dedup.rows, config.dedup.ngram) == (14, 8, 5)
    assert config.filter.languages == ()
    assert config.filter.edits == EditsSection()
    assert not any(config.filter.edits.model_dump().values())
    assert config.filter.respect_opt_out
    assert set(config.filter.personal_data) == set(KINDS)


def test_families_edits_and_bounds_are_read(tmp_path: Path) -> None:
    text = """
        [run]
        name = "a"
        [filter]
        families = ["c4_tfds", "mc4"]
        [filter.edits]
        citation_marks = true
        uppercase_lines = 0.5
        short_lines = 3
        [filter.rules]
        bad_words = { high = 0 }
        long_lines = { low = "none" }
    """
    section = load(write(tmp_path, text)).filter
    assert section.families == ("c4_tfds", "mc4")
    edits = EditsSection(citation_marks=True, uppercase_lines=0.5, short_lines=3)
    assert section.edits == edits
    assert section.rules == {"bad_words": Bounds(high=0), "long_lines": Bounds(low="none")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[run]\nname="a"\n[dedup]\nband = 3', ["dedup.band", "unknown key", "'bands'"]),
        ('[run]\nname="a"\n[dedupe]\nbands = 3', ["dedupe", "unknown key", "'dedup'"]),
        ('[run]\nname="a"\n[dedup]\nbands = "3"', ["dedup.bands", "integer", "'3'"]),
        ('[run]\nname="a"\n[dedup]\nbands = 0', ["dedup.bands", "greater than 0"]),
        ('[run]\nname="a"\n[filter]\nlanguages = "en"', ["filter.languages", "'en'"]),
        (
            '[run]\nname="a"\n[filter.rules]\nword_counts = {low = 3}',
            ["filter.rules.word_counts", "'word_count'"],
        ),
        (
            '[run]\nname="a"\n[filter.rules]\nword_count = {lo = 3}',
            ["filter.rules.word_count.lo", "'low'"],
        ),
        (
            '[run]\nname="a"\n[filter]\nlanguages = ["english"]',
            ["filter.languages", "'english' is no language code", "mean 'eng_Latn'"],
        ),
        ('[run]\nname="a"\n[filter]\nlanguages = ["deu_Lant"]', ["mean 'deu_Latn'"]),
        (
            '[run]\nname="a"\n[filter]\nlanguages = ["zul"]',
            ["filter.languages", "lid.176 never finds 'zul_Latn'"],
        ),
        (
            '[run]\nname="a"\n[weight]\nlanguages = {en = 2.0, eng_Latn = 1.0}',
            ["weight.languages", "eng_Latn once"],
        ),
        (
            '[run]\nname="a"\n[filter]\nmin_language_scores = {en = 1.5}',
            ["filter.min_language_scores", "1.5"],
        ),
        ('[run]\nname="a"\n[language]\nsecond = "lid.176"', ["language.second", "another"]),
        (
            '[run]\nname="a"\n[language]\non_disagreement = "und"',
            ["language.on_disagreement", "language.second"],
        ),
        ('[run]\nname="a"\n[filter]\nfamilies = ["gopher_qualty"]', ["'gopher_quality'"]),
        ('[run]\nname="a"\n[filter]\nfamilies = "c4_tfds"', ["filter.families", "'c4_tfds'"]),
        ('[run]\nname="a"\n[filter]\npersonal_data = ["mail"]', ["personal_data", "'email'"]),
        ('[run]\nname="a"\n[filter]\ncontaminated = "pages"', ["filter.contaminated", "'span'"]),
        (
            '[run]\nname="a"\n[filter.edits]\njavascript_line = true',
            ["filter.edits.javascript_line", "unknown key", "'javascript_lines'"],
        ),
        ('[run]\nname="a"\n[filter.edits]\nshort_lines = 0', ["short_lines", "greater than 0"]),
        ('[run]\nname="a"\n[filter.edits]\nuppercase_lines = 2', ["uppercase_lines", "1"]),
        ('[run]\nname="a"\n[filter.rules]\nword_count = {low = 5, high = 3}', ["above high"]),
        ('[run]\nname="a"\n[filter.rules]\nword_count = {low = nan}', ["word_count.low", "finite"]),
        (
            '[run]\nname="a"\n[filter.rules]\nword_count = {high = "no"}',
            ["word_count.high", "number", "'none'", "'no'"],
        ),
        (
            '[run]\nname="a"\n[filter.rules]\nmean_word_length = 3',
            ["filter.rules.mean_word_length", "should be a table", "3"],
        ),
        ('[run]\nname="a"\n[weight]\ndomains = {news = 2.0}', ["weight.domains.news"]),
        (
            '[run]\nname="a"\n[weight.shares]\ndomains = {news = 0.2}',
            ["weight.shares.domains.news"],
        ),
        ('[run]\nname="a"\n[weight.shares]\ndomain = {news = 0.2}', ["did you mean 'domains'"]),
        (
            '[run]\nname="a"\n[weight.shares]\nlanguages = {en = 0.7, de = 0.31}',
            ["weight.shares", "languages add up to 1.01"],
        ),
        ('[run]\nname="a"\n[weight.shares]\nlanguages = {xx = 0.7}', ["'xx' is no language code"]),
        (
            '[run]\nname="a"\n[weight]\nlanguages = {en = 0.7}\nshares.languages = {en = 0.7}',
            ["weight.languages and weight.shares.languages", "remove one"],
        ),
        (
            '[run]\nname="a"\n[weight]\nlanguages = {en = 0.7}\nlanguage_alpha = 0.3',
            ["weight.language_alpha and weight.languages", "remove one"],
        ),
        (
            '[run]\nname="a"\n[weight]\nshares.languages = {en = 0.7}\nlanguage_alpha = 0.3',
            ["weight.language_alpha and weight.shares.languages", "remove one"],
        ),
        (
            '[run]\nname="a"\n[weight]\nlanguages = {en = 3.0}\ndomains = {unknown = 2.0}',
            ["weight.max_repeats", "3 x 2", "raise it"],
        ),
        (
            '[run]\nname="a"\n[quality]\ndumps = ["x"]\nmodel = "x"',
            ["quality", "dumps and model stand in place of each other"],
        ),
        (
            '[run]\nname="a"\n[quality]\nreferences = "x"\nmodel = "x"',
            ["quality", "references and model stand in place of each other"],
        ),
        (
            '[run]\nname="a"\n[quality]\nnegatives_per_positive = inf',
            ["quality.negatives_per_positive"],
        ),
        ('[run]\nname="a"\n[quality]\nlearning_rate = [inf]', ["quality.learning_rate"]),
        (
            '[run]\nname="a"\n[quality]\nmatch = "host"',
            ["quality.match", "no classifier is trained", "quality.dumps"],
        ),
        (
            '[run]\nname="a"\n[quality]\nmodel = "m.bin"\nepochs = [5]',
            ["quality.epochs", "no classifier is trained"],
        ),
        (
            '[run]\nname="a"\n[filter]\ncontaminated = "span"',
            ["filter.contaminated", "filter.benchmarks"],
        ),
        ('[run]\nname="a"\n[weight.quality]\nmode = "threshold"', ["needs min_score"]),
        (
            '[run]\nname="a"\n[weight.quality]\nmode = "soft"\nkeep_share = 0.5',
            ["keep_share is for mode = 'quantile'"],
        ),
        ('[run]\nname="a"\n[weight.quality]\npareto_alpha = 5.0', ["is for mode = 'soft'"]),
        (
            '[run]\nname="a"\n[weight.quality]\nmode = "soft"',
            ["weight.quality.mode", "no quality", "quality.model"],
        ),
        ('[run]\nname="a"\n[weight.anneal]\nshare = 0.1', ["weight.anneal.share", "no quality"]),
        ('[run]\nname="a"\n[weight.anneal]\nshare = 1.0', ["weight.anneal.share"]),
        ('[run]\nname="a"\n[weight]\nhosts = {"www.A.example" = "x"}', ["weight.hosts"]),
        (
            '[run]\nname="a"\n[weight]\nhosts = {"bücher.de" = "x"}',
            ["weight.hosts", "xn--bcher-kva.de"],
        ),
        ('[run]\nname="a"\n[weight]\nhosts = {"a.example" = ""}', ["weight.hosts"]),
        ('[run]\nname="a"\n[weight.quality]\nunscored = "drop"', ["unscored", "mode = 'off'"]),
        ('[run]\nname="a"\n[weight.quality]\nwithin = "all"', ["weight.quality.within"]),
        ('[run]\nname="a"\n[domain]\nmin_score = 0.5', ["domain.min_score", "domain.model"]),
        (
            '[run]\nname="a"\n[filter]\nlanguages = ["en"]\n[weight.shares]\n'
            "languages = {zh = 0.7}",
            ["weight.shares.languages", "'cmn_Hani'", "filter.languages"],
        ),
        ('[run]\nname="a"\n[train]\nsteps = "3"', ["train.steps", "'3'"]),
        ('[run]\nname="a"\noutput=""', ["run.output"]),
        ('[run]\nname="a"\n[tokenizer]\nspecial_tokens = ["END"]', ["special_tokens", "<|END|>"]),
        ('[run]\nname="a"\n[tokenizer]\nspecial_tokens = ["ĠâĢĵ"]', ["special_tokens", "spell"]),
        (
            '[run]\nname="a"\n[tokenizer]\nvocab_size = 257\nspecial_tokens = ["<|a|>", "<|b|>"]',
            ["tokenizer.vocab_size", "258"],
        ),
        ('[run]\nname="a"\n[tokenizer]\ncount_mib = 2000', ["count_mib", "8000 MiB"]),
        ('[run]\nname="a"\n[lines]\nmin_words = 100000', ["lines.min_words"]),
        ('[run]\nname="a"\n[dedup]\nearlier = ["x", "x"]', ["dedup.earlier", "x 2 times"]),
        (
            '[run]\nname="a"\n[tokenizer]\nspecial_tokens = ["<|a|>", "<|a|>"]',
            ["special_tokens", "twice"],
        ),
        ("[dedup]\nbands = 3", ["run", "missing"]),
        ('[run]\nname="../x"', ["run.name"]),
        ('[run]\nname="a"\n[train]\nstep = 3', ["train.step", "'steps'"]),
        ("[run", ["not TOML"]),
    ],
)
def test_a_mistake_is_named_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in [path, *words]:
        assert word in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml: cannot be read"):
        load(str(tmp_path / "nowhere.toml"))


def test_overrides_take_the_place_of_the_files_values(tmp_path: Path) -> None:
    path = write(tmp_path, '[run]\nname = "a"\n[input]\npaths = ["x"]\n')
    config = load(path, {"input": {"paths": ["y", "z"]}, "workers": {"count": 3}})
    assert config.input.paths == ("y", "z")
    assert config.workers.count == 3


def test_the_models_are_frozen(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[run]\nname = "a"\n'))
    with pytest.raises(pydantic.ValidationError):
        config.dedup.bands = 3


def test_languages_may_be_written_as_any_code_and_are_read_as_tags(tmp_path: Path) -> None:
    """Without a script all are meant that the language is written in."""
    path = tmp_path / "a.toml"
    path.write_text(
        '[run]\nname = "a"\n[filter]\nlanguages = ["en", "eng", "deu_Latn", "zh-TW", "sr", "no"]\n'
        "[filter.min_language_scores]\nsr-Latn = 0.3\n[weight.languages]\nno = 2.0\n"
    )
    config = load(str(path))
    assert config.filter.languages == (
        *("eng_Latn", "deu_Latn", "cmn_Hani"),
        *("srp_Cyrl", "srp_Latn", "nob_Latn"),
    )
    assert config.filter.min_language_scores == {"srp_Latn": 0.3}
    assert config.weight.languages == {"nob_Latn": 2.0}
    assert FilterSection.model_validate(config.filter.model_dump(mode="json")) == config.filter


def test_a_script_that_is_never_found_is_refused_and_others_named(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[run]\nname = "a"\n[filter]\nlanguages = ["sr-Arab"]')
    with pytest.raises(UserError, match="never finds 'srp_Arab'; of that language it finds srp_C"):
        load(str(path))
