"""Text in, numbers out: language, and likeness to the pages that Wikipedia cites."""
