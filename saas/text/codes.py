"""Read codes, the UUIDs that name things in addresses and forms."""

from uuid import UUID


def code_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
