"""List what happens to each table and to each reference to a person. Tests compare these lists with the models."""

from enum import StrEnum
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.db.models import Model

from accounts import models as accounts
from billing import models as billing
from studio import models as studio

# Tables that belong to an organization, in the order of deletion: each after the tables that point to it.
OF_AN_ORGANIZATION: tuple[type[Model], ...] = (
    studio.ChunkLine,
    studio.Chunk,
    studio.SheetRow,
    studio.Sheet,
    studio.BatchLine,
    studio.Batch,
    studio.BatchFile,
    studio.Capture,
    studio.Consent,
    studio.Event,
    studio.SharedPicture,
    studio.Share,
    studio.CollectionItem,
    studio.Collection,
    studio.Tagging,
    studio.Tag,
    studio.Comment,
    studio.BrandedPicture,
    studio.Composite,
    studio.RunInput,
    studio.Turn,
    studio.Thread,
    studio.StyleVersion,
    studio.Style,
    studio.Input,
    studio.Partial,
    studio.Output,
    studio.RunEvent,
    studio.Slot,
    studio.Run,
    studio.Draft,
    studio.Preset,
    studio.Rewrite,
    studio.Rewriter,
    studio.Retention,
    billing.Export,
    billing.Subscription,
    billing.DayUse,
    billing.DimensionUse,
    billing.UseCursor,
    billing.FlatPrice,
    billing.Snapshot,
    billing.Entry,
    billing.ClosedMonth,
    accounts.Hold,
    accounts.Budget,
    accounts.Quota,
    accounts.Ask,
    accounts.SeenAlert,
    accounts.LimitAlert,
    accounts.Threshold,
    accounts.ApiKey,
    accounts.Delivery,
    accounts.Webhook,
    accounts.Invitation,
    accounts.ProviderConnection,
    accounts.Membership,
    accounts.AuditEntry,
    accounts.Counter,
)
# Tables for all organizations together, whose rows name one by `org_id` without a foreign key.
BY_ID: tuple[type[Model], ...] = (
    studio.Ticket,
    studio.BatchTicket,
    studio.ChunkTicket,
    studio.CompositeTicket,
    studio.PreviewTicket,
    studio.CaptureTicket,
    studio.SheetTicket,
    studio.RewriteTicket,
    studio.SearchEntry,
    studio.DiscardedFile,  # after the organization's files themselves
    accounts.DeliveryTicket,
    billing.ExportTicket,
)
# Tables with such an `org_id` that stay, because they limit what a person does across organizations.
STAYS_BY_ID: tuple[type[Model], ...] = (accounts.Founding,)
# The organization's row is deleted last, and circuits before their connections.
BY_HAND: tuple[type[Model], ...] = (accounts.Organization, accounts.Circuit)
# Tables of Darkroom itself or of people.
OF_NO_ORGANIZATION = frozenset(
    {
        "accounts.founding",
        "accounts.mail",  # mails to a person are deleted when the person is erased
        "accounts.pastloan",
        "accounts.user",
        "accounts.user_groups",
        "accounts.user_user_permissions",
        "billing.price",
        "studio.imagemodel",
        "admin.logentry",
        "auth.group",
        "auth.group_permissions",
        "auth.permission",
        "contenttypes.contenttype",
        "sessions.session",
        "account.emailaddress",
        "account.emailconfirmation",
        "socialaccount.socialapp",
        "socialaccount.socialaccount",
        "socialaccount.socialtoken",
        "mfa.authenticator",
    }
)


class Fate(StrEnum):
    """What happens to a row that names an erased person."""

    GOES = "goes"
    STAYS = "stays with the anonymous person"
    BY_HAND = "has a step of its own"


# Each foreign key to a person.
OF_A_PERSON: dict[tuple[type[Model], str], Fate] = {
    (accounts.ApiKey, "maker"): Fate.BY_HAND,  # revoked
    (accounts.Ask, "decided_by"): Fate.STAYS,
    (accounts.Ask, "user"): Fate.GOES,
    (accounts.AuditEntry, "actor"): Fate.BY_HAND,  # without name, address and browser
    (accounts.Founding, "user"): Fate.GOES,
    (accounts.Hold, "user"): Fate.STAYS,
    (accounts.Invitation, "invited_by"): Fate.STAYS,
    (accounts.Membership, "user"): Fate.BY_HAND,
    (accounts.ProviderConnection, "made_by"): Fate.STAYS,
    (accounts.Quota, "user"): Fate.GOES,
    (accounts.SeenAlert, "user"): Fate.GOES,
    (accounts.Webhook, "made_by"): Fate.STAYS,
    (billing.ClosedMonth, "by"): Fate.BY_HAND,
    (billing.Entry, "user"): Fate.BY_HAND,
    (billing.Export, "maker"): Fate.BY_HAND,  # with its file
    (billing.Subscription, "user"): Fate.GOES,
    (studio.Batch, "maker"): Fate.BY_HAND,  # with its tickets, so that no more of it begins
    (studio.BatchFile, "giver"): Fate.BY_HAND,  # with its file
    (studio.Collection, "maker"): Fate.STAYS,
    (studio.Comment, "author"): Fate.STAYS,
    (studio.Draft, "maker"): Fate.GOES,
    (studio.Event, "maker"): Fate.STAYS,
    (studio.Input, "giver"): Fate.BY_HAND,
    (studio.Output, "binned_by"): Fate.STAYS,
    (studio.Output, "maker"): Fate.STAYS,
    (studio.Preset, "maker"): Fate.BY_HAND,  # deleted unless it is shared
    (studio.Retention, "held_by"): Fate.STAYS,
    (studio.Rewrite, "maker"): Fate.BY_HAND,  # one that is being made ends first
    (studio.Run, "maker"): Fate.BY_HAND,  # private runs lose their pictures and words
    (studio.Share, "maker"): Fate.STAYS,
    (studio.Sheet, "maker"): Fate.GOES,  # its pictures stay as the pictures of its runs do
    (studio.Style, "maker"): Fate.STAYS,
    (studio.StyleVersion, "maker"): Fate.STAYS,
    (studio.Thread, "maker"): Fate.BY_HAND,  # private ones are deleted
    (LogEntry, "user"): Fate.STAYS,
    (accounts.User.groups.through, "user"): Fate.GOES,
    (accounts.User.user_permissions.through, "user"): Fate.GOES,
    (EmailAddress, "user"): Fate.BY_HAND,  # last, because an interrupted erasure finds the person by it
    (SocialAccount, "user"): Fate.BY_HAND,
    (Authenticator, "user"): Fate.BY_HAND,
}
# Columns that the person wrote: the person's name is removed from these. Addresses are removed from all columns.
OWN_WORDS: dict[tuple[type[Model], str], tuple[str, ...]] = {
    (accounts.AuditEntry, "actor"): ("target", "details"),
    (accounts.Hold, "user"): ("terms",),
    (billing.Entry, "user"): ("key_label", "project", "note"),
    (billing.DayUse, "user_id"): ("key_label", "project"),
    (accounts.ApiKey, "maker"): ("name",),
    (studio.Batch, "maker"): ("metadata",),
    (studio.BatchFile, "giver"): ("name",),
    (studio.Run, "maker"): ("prompt", "asked", "project", "end_user"),
    (studio.Output, "maker"): ("revised_prompt",),
    (studio.Comment, "author"): ("text",),
    (studio.Collection, "maker"): ("name",),
    (studio.Event, "maker"): ("name", "attract"),
    (studio.Share, "maker"): ("title",),
    (studio.Preset, "maker"): ("name", "values"),
    (studio.Style, "maker"): ("slug",),
    (studio.StyleVersion, "maker"): ("name", "description", "prompt", "solo", "group"),
    (studio.Thread, "maker"): ("title",),
    (studio.Input, "giver"): ("name",),
}
# References in which the person only acted on rows of others or of the organization. They are not exported.
OF_OTHERS: frozenset[tuple[type[Model], str]] = frozenset(
    {
        (accounts.Ask, "decided_by"),
        (accounts.Invitation, "invited_by"),
        (accounts.ProviderConnection, "made_by"),
        (accounts.Webhook, "made_by"),
        (studio.Output, "binned_by"),
        (studio.Retention, "held_by"),
    }
)
# Columns that are never exported: secrets, their hashes, and those that name other people.
WITHHELD: frozenset[str] = frozenset(
    {
        "sealed_key",
        "sealed_secret",
        "sealed_token",
        "password",
        "pin",
        "token_hash",
        "request_hash",
        "request_key",
        "awaited_by",
        "tariff",
        "target",
        "details",
        "by_label",
    }
)


def is_of_tenant(model: Any) -> bool:
    return model in OF_AN_ORGANIZATION or model is accounts.Organization
