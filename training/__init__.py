"""From token shards to a trained language model, with exact resume."""
