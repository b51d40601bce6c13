"""One stage of one run: what it reads, where it writes, and what decides its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import files
from pipeline.config import Config
from pipeline.ledger import Manifest, fingerprint


@dataclass(frozen=True)
class Job:
    """Everything a stage needs to know.

    Attributes:
        stage: The stage's name, which is its folder's name.
        config: The whole configuration.
        run: The run folder.
        settings: What decides the output: configuration, inputs, versions of libraries.
        upstream: The manifests of the stages read, by stage.
        alone: Where the stage writes if it belongs to no run.
    """

    stage: str
    config: Config
    run: str
    settings: Mapping[str, Any]
    upstream: Mapping[str, Manifest]
    alone: str = ""

    @property
    def folder(self) -> str:
        """Where the stage writes."""
        return self.alone or self.folder_of(self.stage)

    def folder_of(self, stage: str) -> str:
        """Where a stage of this run writes."""
        return files.join(self.run, stage)

    @property
    def upstream_prints(self) -> dict[str, str]:
        """The fingerprints of the stages read, by stage."""
        return {name: manifest.fingerprint for name, manifest in self.upstream.items()}

    @property
    def fingerprint(self) -> str:
        """See `pipeline.ledger.fingerprint`."""
        return fingerprint(self.stage, self.settings, self.upstream_prints)

    def part_names(self, stage: str) -> list[str]:
        """The names of the parts an upstream stage wrote, sorted."""
        return [part.name for part in self.upstream[stage].parts]
