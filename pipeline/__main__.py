"""`python -m pipeline` is `curate`."""

from pipeline.cli import command

command()
