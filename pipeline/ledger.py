"""Counts that must add up, and the manifest that records what a stage did.

Every record read ends in exactly one place: kept, dropped by a rule, or failed with an error. The
counts of a part stand in the footer of the part itself, so that a run that was killed takes up its
finished parts without reading them again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pipeline import files
from pipeline.errors import UserError

FORMAT = 5
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Counts:
    """Records by what became of them.

    Attributes:
        read: Records read.
        kept: Records passed on.
        dropped: Records a rule dropped, by rule.
        failed: Records that could not be processed, by kind of failure.
    """

    read: int = 0
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: int, rejected: Mapping[tuple[str, str], int]) -> "Counts":
        """The counts of records kept, and of others by outcome (`dropped`, `failed`) and reason."""
        by_outcome: dict[str, dict[str, int]] = {"dropped": {}, "failed": {}}
        for (outcome, reason), count in rejected.items():
            by_outcome[outcome][reason] = count
        return cls(kept + sum(rejected.values()), kept, **by_outcome)

    def __add__(self, other: Self) -> "Counts":
        return Counts(
            self.read + other.read,
            self.kept + other.kept,
            dict(Counter(self.dropped) + Counter(other.dropped)),
            dict(Counter(self.failed) + Counter(other.failed)),
        )

    def check(self, where: str) -> None:
        """Refuse counts that lost or invented a record.

        Raises:
            AssertionError: `read` differs from kept + dropped + failed.
        """
        placed = self.kept + sum(self.dropped.values()) + sum(self.failed.values())
        if self.read != placed:
            raise AssertionError(f"{where}: read {self.read} records but placed {placed}")

    def to_json(self) -> dict[str, Any]:
        """As plain values, keys sorted."""
        return {
            "read": self.read,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "failed": dict(sorted(self.failed.items())),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Counts":
        """The inverse of `to_json`."""
        return cls(content["read"], content["kept"], content["dropped"], content["failed"])


@dataclass(frozen=True)
class Part:
    """One finished piece of a stage's output: its files and its counts.

    Attributes:
        name: The part's name, taken from the split it was made of.
        counts: What became of the records of that split.
        files: For each file name: rows, bytes and SHA-256.
        facts: Numbers a stage adds up over its parts, such as tokens.
    """

    name: str
    counts: Counts
    files: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "counts": self.counts.to_json(),
            "files": {name: dict(entry) for name, entry in sorted(self.files.items())},
            "facts": dict(sorted(self.facts.items())),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Part":
        """The inverse of `to_json`."""
        counts = Counts.from_json(content["counts"])
        return cls(content["name"], counts, content["files"], content["facts"])


def fingerprint(stage: str, settings: Mapping[str, Any], upstream: Mapping[str, str]) -> str:
    """A hash of everything that decides a stage's output bytes.

    Args:
        stage: The stage's name.
        settings: Its configuration, its inputs and the versions of the libraries that decide.
        upstream: The fingerprints of the stages it reads.
    """
    return _sha256({"format": FORMAT, "stage": stage, "settings": settings, "upstream": upstream})


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def changed_keys(old: Any, new: Any, prefix: str = "") -> list[str]:
    """The dotted keys in which two settings differ, with both values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found: list[str] = []
        for key in sorted({*old, *new}):
            found += changed_keys(old.get(key), new.get(key), f"{prefix}.{key}" if prefix else key)
        return found
    return [] if old == new else [f"{prefix} (was {_brief(old)}, is {_brief(new)})"]


def _brief(value: Any, limit: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True)
class Manifest:
    """What a finished stage wrote, and from what.

    Attributes:
        stage: The stage's name.
        fingerprint: See `fingerprint`.
        settings: What the fingerprint was taken of.
        upstream: The fingerprints of the stages read.
        counts: The sum over the parts.
        parts: The parts, by name.
        facts: Whatever else the stage found out.
    """

    stage: str
    fingerprint: str
    settings: Mapping[str, Any]
    upstream: Mapping[str, str]
    counts: Counts
    parts: tuple[Part, ...]
    facts: Mapping[str, Any]

    @classmethod
    def of_parts(
        cls,
        stage: str,
        settings: Mapping[str, Any],
        upstream: Mapping[str, str],
        parts: Iterable[Part],
        facts: Mapping[str, Any] | None = None,
    ) -> "Manifest":
        """Add up the parts and check that no record was lost.

        Raises:
            AssertionError: The counts of a part do not add up.
        """
        ordered = tuple(sorted(parts, key=lambda part: part.name))
        total = Counts()
        sums: Counter[str] = Counter()
        for part in ordered:
            part.counts.check(f"{stage}, part {part.name}")
            total += part.counts
            sums.update(part.facts)
        print_ = fingerprint(stage, settings, upstream)
        return cls(stage, print_, settings, upstream, total, ordered, {**sums, **(facts or {})})

    def write(self, folder: str) -> None:
        """Write `manifest.json`, the mark of a finished stage, last of all."""
        content = {
            "format": FORMAT,
            "stage": self.stage,
            "fingerprint": self.fingerprint,
            "settings": self.settings,
            "upstream": self.upstream,
            "counts": self.counts.to_json(),
            "parts": [part.to_json() for part in self.parts],
            "facts": self.facts,
        }
        content["sha256"] = _sha256(content)
        files.write_json(files.join(folder, MANIFEST), content)

    @classmethod
    def read(cls, folder: str, access: files.Access = files.DEFAULT_ACCESS) -> "Manifest | None":
        """The manifest of a stage folder, or None if the stage is not finished.

        Raises:
            UserError: The file is not a manifest of this version, or not as it was written.
        """
        path = files.join(folder, MANIFEST)
        if not files.exists(path, access):
            return None
        content = files.read_json(path, access)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise UserError(f"{path}: not a manifest of this version; delete {folder}")
        if content.pop("sha256", None) != _sha256(content):
            raise UserError(f"{path}: changed since it was written; delete {folder}")
        return cls(
            content["stage"],
            content["fingerprint"],
            content["settings"],
            content["upstream"],
            Counts.from_json(content["counts"]),
            tuple(Part.from_json(part) for part in content["parts"]),
            content["facts"],
        )
