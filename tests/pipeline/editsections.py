"""The line edits of C4 and RefinedWeb, as tests configure them."""

from pipeline.config import EditsSection

C4 = EditsSection(
    long_word_lines=1000,
    citation_marks=True,
    unterminated_lines=True,
    short_lines=3,
    javascript_lines=True,
    policy_lines=True,
)
REFINED_WEB = EditsSection(
    short_lines=2,
    uppercase_lines=0.5,
    numeric_lines=True,
    counter_lines=True,
    button_lines=True,
)
ALL = EditsSection.model_validate(
    {**C4.model_dump(), **REFINED_WEB.model_dump(exclude_defaults=True), "citation_marks": True}
)
CITATIONS = EditsSection(citation_marks=True)
