"""The bundled sample crawl: invented sites, written articles, planted faults, and the truth."""

from pipeline.sample.builder import SampleSummary, build_sample

__all__ = ["SampleSummary", "build_sample"]
