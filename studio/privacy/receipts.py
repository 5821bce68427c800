"""Count what an erasure or export did. A receipt contains no names, so it may be kept as proof as long as needed."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone


@dataclass
class Receipt:
    what: str
    code: UUID  # of the organization; for a person a random one that is stored nowhere else
    counts: Counter[str] = field(default_factory=Counter)
    stays: Counter[str] = field(default_factory=Counter)
    began_at: datetime = field(default_factory=timezone.now)
    number: UUID = field(default_factory=uuid4)

    def lines(self) -> list[str]:
        done = [f"  {name}: {count:,}" for name, count in sorted(self.counts.items()) if count]
        kept = [f"  stays: {name}: {count:,}" for name, count in sorted(self.stays.items()) if count]
        return [*done, *kept] or ["  nothing"]

    def to_json(self) -> dict[str, Any]:
        """Return the receipt with a checksum over all else, as JSON with sorted keys and no spaces."""
        said: dict[str, Any] = {
            "receipt": str(self.number),
            "what": self.what,
            "code": str(self.code),
            "began_at": self.began_at.isoformat(),
            "finished_at": timezone.now().isoformat(),
            "counts": {name: count for name, count in sorted(self.counts.items()) if count},
            "stays": {name: count for name, count in sorted(self.stays.items()) if count},
        }
        return {**said, "sha256": checksum(said)}


def checksum(said: dict[str, Any]) -> str:
    rest = {name: value for name, value in said.items() if name != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
