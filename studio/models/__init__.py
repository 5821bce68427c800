from studio.models.catalogue import ImageModel
from studio.models.composites import Composite, CompositeTicket
from studio.models.files import Input, Output, Partial, RunInput
from studio.models.runs import ENDS, LIVE, Charged, Kind, Relation, Run, RunEvent, State, Visibility
from studio.models.slots import Slot, Ticket, state_of

__all__ = [
    "ENDS",
    "LIVE",
    "Charged",
    "Composite",
    "CompositeTicket",
    "ImageModel",
    "Input",
    "Kind",
    "Output",
    "Partial",
    "Relation",
    "Run",
    "RunEvent",
    "RunInput",
    "Slot",
    "State",
    "Ticket",
    "Visibility",
    "state_of",
]
