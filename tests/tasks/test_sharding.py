"""Which shard a document stands in."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.tasks.sharding import is_valid, kind_of


@given(st.text(), st.booleans(), st.floats(0.01, 0.99))
def test_validation_is_a_sample_of_all_documents_the_best_among_them(
    doc_id: str, anneal: bool, fraction: float
) -> None:
    kind = kind_of({"id": doc_id, "anneal": anneal}, fraction)
    assert (kind == "valid") == is_valid(doc_id, fraction)
    assert kind in ("valid", "anneal" if anneal else "train")
