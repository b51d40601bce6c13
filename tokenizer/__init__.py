"""From text to token shards: pre-tokenization, byte-pair encoding and the shard format."""
