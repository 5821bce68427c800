"""Read which stage and which categories of a provider's safety system refused, and word them. Of the provider's own
text only names that are known here are shown."""

from dataclasses import dataclass
from typing import Any

STAGES = {"input": "the prompt or a picture that came with it", "output": "the finished picture"}
CATEGORIES = {
    "sexual": "sexual content",
    "sexual/minors": "sexual content with minors",
    "violence": "violence",
    "violence/graphic": "graphic violence",
    "self-harm": "self-harm",
    "self-harm/intent": "self-harm",
    "self-harm/instructions": "self-harm",
    "hate": "hate",
    "hate/threatening": "hate and threats",
    "harassment": "harassment",
    "harassment/threatening": "harassment and threats",
    "illicit": "unlawful acts",
    "illicit/violent": "unlawful violence",
    "public_figure": "a public figure",
    "copyright": "a protected work",
}
NEVER = {"sexual/minors"}  # refused at every strictness


@dataclass(frozen=True)
class Refusal:
    stage: str = ""
    categories: tuple[str, ...] = ()

    @classmethod
    def read(cls, error: dict[str, Any]) -> "Refusal":
        """Return what an error in OpenAI's envelope says of it; empty if it says nothing that is known."""
        details = error.get("moderation_details")
        if not isinstance(details, dict):
            return cls()
        stage, named = details.get("moderation_stage"), details.get("categories")
        found = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        return cls(stage if stage in STAGES else "", tuple(dict.fromkeys(name for name in found if name in CATEGORIES)))

    @classmethod
    def noted(cls, used: dict[str, Any]) -> "Refusal":
        """Return what is kept of it beside a slot."""
        return cls(used.get("moderation_stage", ""), tuple(used.get("moderation_categories", ())))

    @property
    def note(self) -> dict[str, Any]:
        """Return what to keep of it beside the slot; nothing if nothing is known."""
        if not (self.stage or self.categories):
            return {}
        return {"moderation_stage": self.stage, "moderation_categories": list(self.categories)}

    @property
    def details(self) -> dict[str, Any]:
        """Return it as OpenAI's envelope says it; empty if nothing is known."""
        if not self.note:
            return {}
        return {"moderation_details": {"moderation_stage": self.stage or "unknown", "categories": [*self.categories]}}

    @property
    def may_pass_if_looser(self) -> bool:
        """Return whether a less strict moderation could let the same request pass."""
        return not NEVER.intersection(self.categories)

    def sentence(self, usual: str) -> str:
        """Word it, with what to do. Without anything known, return the outcome's usual sentence."""
        if not self.note:
            return usual
        what = STAGES.get(self.stage, "this")
        words = ", ".join(dict.fromkeys(CATEGORIES[name] for name in self.categories))
        advice = usual.partition(". ")[2] if self.stage != "output" else ""
        advice = advice or ("It may have been charged." if "charged" in usual else "Change the prompt or the pictures.")
        return f"The provider's safety system refused {what}{f' because of {words}' if words else ''}. {advice}"


NOT_MODERATED = Refusal()
