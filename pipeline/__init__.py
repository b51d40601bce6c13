"""From archives to token shards: the stages of `curate` and the plain modules beneath them."""
