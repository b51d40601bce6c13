"""FineWeb's filtering in DataTrove, from WARC to JSONL, on one worker.

Started by `end_to_end.py` with the Python of DataTrove's own virtual environment. Steps, order and
bounds are those by which FineWeb was made (Penedo et al. 2024; DataTrove's example `fineweb.py`),
with four differences that let it run offline and alone: the language is given as English, as
FineWeb's was by default; the language model is a file (`lid.176.ftz`, the compressed form of
the `lid.176.bin` that DataTrove downloads); the public suffix list is the one inside tldextract;
and dropped pages are counted but not written.

Usage: fineweb_recipe.py ARCHIVES OUTPUT LOGS LANGUAGE_MODEL
"""

import sys

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
    URLFilter,
)
from datatrove.pipeline.readers import WarcReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.lid import FT176LID
from tldextract import TLDExtract


def main(archives: str, output: str, logs: str, language_model: str) -> None:
    """Run the recipe on a folder of archives; the counts are written to LOGS/stats.json."""
    FT176LID.MODEL_URL = language_model
    url_filter = URLFilter()
    url_filter.tldextractor = TLDExtract(suffix_list_urls=(), cache_dir=None)
    LocalPipelineExecutor(
        [
            WarcReader(archives),
            url_filter,
            Trafilatura(favour_precision=True),
            LanguageFilter("en", language_threshold=0.65),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter(),
            JsonlWriter(output),
        ],
        logging_dir=logs,
    ).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
