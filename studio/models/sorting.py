"""Define the tables by which a team sorts and finds pictures: tags, collections, comments, search entries. All belong
to the organization, not to a person."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from saas.database.tenancy import TenantModel
from studio.models.outputs import Output
from studio.models.runs import Run

NAME_LENGTH = 60
COMMENT_LENGTH = 2000


class SearchEntry(models.Model):
    """The words of one picture's prompt, as hashes that can be matched to words only with ENCRYPTION_KEYS.

    It is no tenant table, because behind the wall PostgreSQL would not use its index: `@>` is not leakproof, and such
    an operator is applied only to rows that have passed the wall, one by one. A search finds ids here; the pictures are
    then read from behind the wall."""

    output_id = models.BigIntegerField(primary_key=True)
    org_id = models.BigIntegerField()
    words = ArrayField(models.BigIntegerField())
    key_id = models.IntegerField(db_default=0)  # of the key that hashed them; 0: the organization's code (old entries)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words", fastupdate=False),
            models.Index(fields=["org_id", "-output_id"], name="search_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.output_id}: {len(self.words)} words"


class Tag(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="tags")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint("org", Lower("name"), name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name


class Tagging(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    output = models.ForeignKey(Output, on_delete=models.CASCADE, related_name="taggings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "output"], name="one_tagging_per_picture")]
        indexes = [models.Index(fields=["org", "tag", "-output"], name="tagged_newest")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.output_id}"


class Collection(TenantModel):
    """Pictures in a chosen order. A private picture in it is still seen only by its maker."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="collections")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cover = models.ForeignKey(Output, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint("org", Lower("name"), name="one_collection_per_name")]

    def __str__(self) -> str:
        return self.name


class CollectionItem(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="collection_items")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items", db_index=False)
    output = models.ForeignKey(Output, on_delete=models.CASCADE, related_name="collection_items")
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "output"], name="one_place_per_picture")]
        indexes = [
            models.Index(fields=["collection", "position", "id"], name="collection_order"),
            models.Index(fields=["org", "collection", "-output"], name="collected_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.output_id} in {self.collection_id}"


class Comment(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="comments")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=COMMENT_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.text[:60]
