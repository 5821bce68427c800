"""Describe sheets, their rows and quotes in the REST API, and what a request for them holds."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import AwareDatetime, ConfigDict

from saas.text import money
from studio.api.run_bodies import FORM
from studio.api.shapes import SlotError
from studio.models import RowState, Sheet, SheetLane, SheetState
from studio.sheets import steer
from studio.sheets.quote import Quote

DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "rows": {
                            "type": "array",
                            "items": {"type": "object"},
                            "description": "One object for each row",
                        },
                        "template": {
                            "type": "string",
                            "description": "Of the prompt, such as `{product} on {surface}`",
                        },
                        "name": {"type": "string"},
                        "names": {"type": "string", "description": "Of the files, such as `{sku}_{n:02}.{ext}`"},
                        "mapping": {"type": "object", "description": "What a column is for, by its name"},
                        "lists": {"type": "object", "description": "Columns whose cells hold lists: zip or multiply"},
                        "reuse": {"type": "boolean", "description": "Take pictures that asked for the same before"},
                    },
                    "additionalProperties": True,
                }
            },
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV, TSV or XLSX"},
                        "pictures": {
                            "type": "string",
                            "format": "binary",
                            "description": "A ZIP of reference pictures",
                        },
                        "template": {"type": "string"},
                    },
                    "additionalProperties": True,
                }
            },
        },
    }
}


class RowFaultOut(Schema):
    row: int = Field(description="From 1, without the header")
    column: str = Field(description="The column, or the parameter where no column says it")
    code: str
    message: str


class QuoteOut(Schema):
    """US dollars for all rows that are still to be made."""

    rows: int
    pictures: int
    exact: str | None = Field(description="The cost, where it is known before: a flat price. Else null")
    low: str
    high: str
    upper_bound: str = Field(description="What would be held")
    fits_budget: bool
    left: str | None = Field(description="Of the limit that would refuse first; null if money is not limited")
    pictures_left: int | None
    rows_that_fit: int = Field(description="In their order")
    is_play: bool = Field(description="Sandbox play money")

    @classmethod
    def from_quote(cls, found: Quote) -> Self:
        return cls(
            rows=found.rows,
            pictures=found.pictures,
            exact=money.exact(found.high) if found.is_exact else None,
            low=money.exact(found.low),
            high=money.exact(found.high),
            upper_bound=money.exact(found.upper_bound),
            fits_budget=found.fits_budget,
            left=None if found.left is None else money.exact(found.left),
            pictures_left=found.pictures_left,
            rows_that_fit=found.rows_that_fit,
            is_play=found.is_play,
        )


class SheetSummary(Schema):
    id: UUID
    name: str
    state: SheetState
    reason: str = Field(description="Why it is paused, or what it waits for")
    lane: SheetLane
    columns: list[str]
    rows: int = Field(description="Of the table")
    maker: str
    created_at: datetime
    starts_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def said_of(cls, sheet: Sheet) -> dict[str, Any]:
        names = ("name", "reason", "columns", "created_at", "starts_at", "started_at", "ended_at")
        return {
            **{name: getattr(sheet, name) for name in names},
            "id": sheet.code,
            "state": SheetState(sheet.state),
            "lane": SheetLane(sheet.lane),
            "rows": sheet.row_count,
            "maker": sheet.maker.display_name,
        }


class SheetOut(SheetSummary):
    """`counts` has the requests by state: a row that stands for several counts as often."""

    concurrency: int = Field(description="How many rows at once; 0: as many as the connection allows")
    template: str
    names: str
    counts: dict[str, int]
    faults: list[RowFaultOut] = Field(description="The first thousand")
    quote: QuoteOut
    alike: int = Field(description="Rows that wait and that an earlier sheet has made: `reuse` takes those pictures")
    cost: str


class PictureOut(Schema):
    id: UUID
    file: str
    url: str


class SheetRowOut(Schema):
    id: UUID
    row: int
    variant: int
    state: RowState
    cells: dict[str, str]
    prompt: str
    pictures: list[PictureOut]
    run: UUID | None
    is_reused: bool
    seconds: float | None
    cost: str
    error: SlotError | None
    faults: list[RowFaultOut]


class StartIn(Schema):
    model_config = ConfigDict(extra="forbid")

    lane: SheetLane = SheetLane.NOW
    concurrency: int | None = Field(None, ge=1, le=steer.MOST_AT_ONCE, description="At most what the connection allows")
    sample: int | None = Field(None, ge=1, le=steer.MOST_SAMPLE, description="Make this many rows, and pause")
    reuse: bool = Field(False, description="Take pictures that asked for the same before")
    at: AwareDatetime | None = Field(None, description="Begin by itself at this moment")
    deadline: AwareDatetime | None = Field(None, description="Of the lane “overnight”: within 24 hours of the start")
    goes_live: bool = Field(False, description="Make what is missing at the deadline by day, at the full price")


class RowsPage(Schema):
    limit: int = Field(50, ge=1, le=500)
    cursor: UUID | None = Field(None, description="`next` of the page before")
    state: RowState | None = None
