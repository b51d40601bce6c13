"""From archives to token shards: the stages of `curate` and the plain modules beneath them."""

import logging

# Without its gcp extra Beam warns at import that it lacks a BigQuery client, which nothing here
# uses. The warning goes to the root logger, so that is where it is stopped.
logging.getLogger().addFilter(lambda record: "apitools not found" not in str(record.msg))
