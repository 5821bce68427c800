"""Define the studio's tables: runs, slots, tickets, outputs, and what belongs to them."""

from studio.models.batches import OPEN_BATCHES, Batch, BatchFile, BatchLine, BatchState, BatchTicket
from studio.models.booth import BrandedPicture, Capture, CaptureTicket, Consent, Event, Moderation
from studio.models.catalogue import ImageModel
from studio.models.composites import Composite, CompositeTicket
from studio.models.discarded import DiscardedFile
from studio.models.files import Input, Partial, RunInput
from studio.models.outputs import MOST_STARS, Output, PreviewTicket
from studio.models.overnight import OPEN_CHUNKS, Chunk, ChunkLine, ChunkState, ChunkTicket
from studio.models.presets_and_drafts import Draft, Preset
from studio.models.rewriting import Rewrite, Rewriter, RewriteState, RewriteTicket
from studio.models.runs import ENDS, LIVE, SHEET_KEY, Charged, Kind, Lane, Relation, Run, RunEvent, State, Visibility
from studio.models.shares import Retention, Share, SharedPicture
from studio.models.sheets import ROWS_TO_MAKE, RowState, Sheet, SheetLane, SheetRow, SheetState, SheetTicket
from studio.models.slots import Slot, Ticket, state_of
from studio.models.sorting import Collection, CollectionItem, Comment, SearchEntry, Tag, Tagging
from studio.models.styles import Style, StyleVersion
from studio.models.threads import Thread, Turn

__all__ = [
    "ENDS",
    "LIVE",
    "MOST_STARS",
    "OPEN_BATCHES",
    "OPEN_CHUNKS",
    "ROWS_TO_MAKE",
    "SHEET_KEY",
    "Batch",
    "BatchFile",
    "BatchLine",
    "BatchState",
    "BatchTicket",
    "BrandedPicture",
    "Capture",
    "CaptureTicket",
    "Charged",
    "Chunk",
    "ChunkLine",
    "ChunkState",
    "ChunkTicket",
    "Collection",
    "CollectionItem",
    "Comment",
    "Composite",
    "CompositeTicket",
    "Consent",
    "DiscardedFile",
    "Draft",
    "Event",
    "ImageModel",
    "Input",
    "Kind",
    "Lane",
    "Moderation",
    "Output",
    "Partial",
    "Preset",
    "PreviewTicket",
    "Relation",
    "Retention",
    "Rewrite",
    "RewriteState",
    "RewriteTicket",
    "Rewriter",
    "RowState",
    "Run",
    "RunEvent",
    "RunInput",
    "SearchEntry",
    "Share",
    "SharedPicture",
    "Sheet",
    "SheetLane",
    "SheetRow",
    "SheetState",
    "SheetTicket",
    "Slot",
    "State",
    "Style",
    "StyleVersion",
    "Tag",
    "Tagging",
    "Thread",
    "Ticket",
    "Turn",
    "Visibility",
    "state_of",
]
