"""Whether shards are still as they were written, byte for byte."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger import MANIFEST, Manifest
from pipeline.tasks.sharding import ANNEAL_MANIFEST, anneal_manifest
from tokenizer.shards import Shard


@dataclass(frozen=True)
class ShardCheck:
    """What was found.

    Attributes:
        folder: The folder of shards.
        files: The files that the manifest names.
        n_bytes: Their bytes.
        problems: For each that is not as it was written, what is wrong, and where if that is known.
    """

    folder: str
    files: int
    n_bytes: int
    problems: dict[str, str]


def check(run: str) -> ShardCheck:
    """Read all shards of a run, and compare them with the manifest's SHA-256.

    Raises:
        UserError: The run has no shards, or their manifest was changed.
    """
    folder = files.join(run, "shards")
    manifest = Manifest.read(folder)
    if manifest is None:
        raise UserError(f"{run}: no shards; run `curate shard` first")
    entries = {name: entry for part in manifest.parts for name, entry in part.files.items()}
    hashes = {name: entry["sha256"] for name, entry in entries.items()}
    problems = dict(_problems(folder, hashes, manifest.facts["shards"]))
    stray = set(files.names(folder)) - entries.keys() - {MANIFEST, "settings.json"}
    if manifest.facts["anneal"]:
        anneal = anneal_manifest(manifest.parts)
        stray -= {ANNEAL_MANIFEST}
        if not _holds(files.join(folder, ANNEAL_MANIFEST), anneal):
            problems[ANNEAL_MANIFEST] = "missing, or changed since it was written"
    problems |= dict.fromkeys(sorted(stray), "the manifest does not name it")
    return ShardCheck(
        folder, len(entries), sum(entry["bytes"] for entry in entries.values()), problems
    )


def _problems(
    folder: str, hashes: dict[str, str], shards: Container[str]
) -> Iterator[tuple[str, str]]:
    present = set(files.names(folder))
    for name, sha256 in sorted(hashes.items()):
        if name not in present:
            yield name, "missing"
        elif files.sha256(path := files.join(folder, name)) != sha256:
            yield name, _where(path) if name in shards else "changed since it was written"


def _holds(path: str, content: object) -> bool:
    try:
        return files.exists(path) and files.read_json(path) == content
    except UserError:
        return False


def _where(path: str) -> str:
    """Where a shard is damaged, as far as its own checksums tell; elsewhere nobody looks."""
    if not files.is_local(path):
        return "changed since it was written"
    _, inner = files.filesystem(path)
    try:
        Shard(inner).verify()
    except UserError as error:
        return str(error).removeprefix(f"{inner} ")
    return "changed since it was written, in no token and no row"
