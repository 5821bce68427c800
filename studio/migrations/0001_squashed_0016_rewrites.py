"""What 0001 to 0016 come to, for a database that begins: each table as it is in the end, and then what is no table
(walls, functions, triggers, rows), taken from those migrations in their order. Django renders all models anew for each
change of a table, so that a first start took twice as long. A database that has those migrations has this one."""

import uuid
from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

OLD = (
    "0001_catalogue",
    "0002_image_models",
    "0003_runs",
    "0004_walls",
    "0005_where_runs_come_from",
    "0006_the_upload_door",
    "0007_composites",
    "0008_end_user",
    "0009_gallery",
    "0010_gallery_walls",
    "0011_who_was_asked",
    "0012_stop_at_once",
    "0013_presets_and_drafts",
    "0014_unfinished_slots",
    "0015_cost_of_pictures",
    "0016_rewrites",
)
REST = [
    operation
    for name in OLD
    for operation in import_module(f"studio.migrations.{name}").Migration.operations
    if isinstance(operation, migrations.RunSQL | migrations.RunPython)
]


class Migration(migrations.Migration):
    replaces = [("studio", name) for name in OLD]
    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0015_audit_entries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="CompositeTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("output_code", models.UUIDField(unique=True)),
                ("org_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="RewriteTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rewrite_code", models.UUIDField(unique=True)),
                ("org_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ImageModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=80)),
                ("purpose", models.CharField(max_length=200)),
                ("is_default", models.BooleanField(default=False)),
                ("available_from", models.DateTimeField()),
                ("available_until", models.DateTimeField(blank=True, null=True)),
                (
                    "qualities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                (
                    "formats",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                (
                    "backgrounds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                (
                    "moderations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                (
                    "input_fidelities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                ("size_rule", models.JSONField()),
                ("size_presets", models.JSONField(default=list)),
                ("reasons", models.JSONField(default=dict)),
                ("prompt_limit_characters", models.PositiveIntegerField()),
                ("n_max", models.PositiveSmallIntegerField()),
                ("partial_images_max", models.PositiveSmallIntegerField()),
                ("references_max", models.PositiveSmallIntegerField()),
                ("can_edit", models.BooleanField(default=False)),
                ("can_mask", models.BooleanField(default=False)),
                ("can_respond", models.BooleanField(default=False)),
                ("can_stream", models.BooleanField(default=False)),
                ("auto_quality", models.CharField(max_length=20)),
                ("auto_size", models.CharField(max_length=20)),
                ("token_bases", models.JSONField(blank=True, null=True)),
                ("tokens_per_partial", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-is_default", "available_from", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "available_from"), name="one_image_model_per_name_and_start"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("available_until", None)),
                        fields=("name",),
                        name="one_open_image_model_per_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("available_until", None), ("is_default", True)),
                        fields=("is_default",),
                        name="one_open_default_image_model",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("available_until", None),
                            ("available_until__gt", models.F("available_from")),
                            _connector="OR",
                        ),
                        name="image_model_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("can_edit", True), models.Q(("can_mask", False), ("references_max", 0)), _connector="OR"
                        ),
                        name="image_model_takes_pictures_only_to_edit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Output",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("file", models.CharField(max_length=200)),
                ("preview", models.CharField(max_length=200)),
                ("thumbnail", models.CharField(max_length=200)),
                ("format", models.CharField(max_length=10)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("revised_prompt", models.TextField(blank=True)),
                ("is_keeper", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "visibility",
                    models.CharField(
                        choices=[("team", "The team's"), ("private", "Only its maker's")], default="team", max_length=10
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("generate", "Generate"), ("edit", "Edit"), ("respond", "Respond")], max_length=10
                    ),
                ),
                ("model", models.CharField(max_length=80)),
                ("quality", models.CharField(blank=True, max_length=20)),
                ("cost_micros", models.BigIntegerField(default=0)),
                ("stars", models.PositiveSmallIntegerField(default=0)),
                ("binned_at", models.DateTimeField(null=True)),
                ("purged_at", models.DateTimeField(null=True)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "binned_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outputs",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Input",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("file", models.CharField(max_length=200)),
                ("sent_file", models.CharField(max_length=200)),
                ("sent_mime", models.CharField(max_length=20)),
                ("preview", models.CharField(max_length=200)),
                ("thumbnail", models.CharField(max_length=200)),
                ("is_mask", models.BooleanField(default=False)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("strokes", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inputs", to="accounts.organization"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="inputs",
                        to="studio.output",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="collections",
                        to="accounts.organization",
                    ),
                ),
                (
                    "cover",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="studio.output"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("org"), django.db.models.functions.text.Lower("name"), name="one_collection_per_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Preset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("is_shared", models.BooleanField(default=False)),
                ("values", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="presets", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_shared", False)),
                        fields=("org", "maker", "name"),
                        name="one_own_preset_per_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_shared", True)),
                        fields=("org", "name"),
                        name="one_shared_preset_per_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Retention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField(default=False)),
                ("days", models.PositiveSmallIntegerField(default=90)),
                ("spares_starred", models.BooleanField(default=True)),
                ("spares_tagged", models.BooleanField(default=True)),
                ("spares_collected", models.BooleanField(default=True)),
                ("held_at", models.DateTimeField(null=True)),
                ("hold_reason", models.CharField(blank=True, max_length=200)),
                (
                    "held_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retention",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("days__range", (1, 3650))), name="retention_days")
                ],
            },
        ),
        migrations.CreateModel(
            name="Rewrite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("model", models.CharField(max_length=80)),
                ("prompt", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("ready", "Ready"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("suggestion", models.TextField(blank=True)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_sentence", models.CharField(blank=True, max_length=300)),
                ("request_key", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("sent_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.providerconnection",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rewrites", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "maker", "-id"], name="studio_rewr_org_id_96362d_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("request_key", ""), _negated=True),
                        fields=("org", "maker", "request_key"),
                        name="one_rewrite_per_request_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rewriter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField(default=True)),
                ("model", models.CharField(blank=True, max_length=80)),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.providerconnection",
                    ),
                ),
                (
                    "org",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rewriter", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("generate", "Generate"), ("edit", "Edit"), ("respond", "Respond")], max_length=10
                    ),
                ),
                ("model", models.CharField(max_length=80)),
                ("prompt", models.TextField()),
                ("asked", models.JSONField()),
                ("count", models.PositiveSmallIntegerField()),
                (
                    "visibility",
                    models.CharField(
                        choices=[("team", "The team's"), ("private", "Only its maker's")], default="team", max_length=10
                    ),
                ),
                ("project", models.CharField(blank=True, max_length=80)),
                ("end_user", models.CharField(blank=True, max_length=200)),
                (
                    "relation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "On its own"),
                            ("remix", "Remix"),
                            ("edit", "Edit"),
                            ("print", "Print of a proof"),
                        ],
                        max_length=10,
                    ),
                ),
                ("request_key", models.CharField(blank=True, editable=False, max_length=64)),
                ("request_hash", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Developing"),
                            ("succeeded", "Finished"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("last_seq", models.PositiveIntegerField(default=0)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.providerconnection",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="accounts.organization"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="children",
                        to="studio.run",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["org", "-id"], name="studio_run_org_id_dda019_idx"),
                    models.Index(fields=["org", "maker", "-id"], name="studio_run_org_id_616bde_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["queued", "running", "succeeded", "failed", "refused", "cancelled", "unknown"],
                            )
                        ),
                        name="run_state_exists",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__range", (1, 10))), name="run_has_one_to_ten_slots"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("request_key", ""), _negated=True),
                        fields=("org", "maker", "request_key"),
                        name="one_run_per_request_key",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="output",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="outputs", to="studio.run"
            ),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.CharField(max_length=2000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="accounts.organization"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="studio.run"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RunEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("type", models.CharField(max_length=12)),
                ("slot_index", models.PositiveSmallIntegerField(null=True)),
                ("data", models.JSONField(default=dict)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="run_events",
                        to="accounts.organization",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="studio.run"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "seq"), name="one_event_per_sequence")],
            },
        ),
        migrations.CreateModel(
            name="RunInput",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "input",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="studio.input"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="run_inputs",
                        to="accounts.organization",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inputs", to="studio.run"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "number"), name="one_input_per_number")],
            },
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("output_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("org_id", models.BigIntegerField()),
                ("words", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["words"], name="search_words"),
                    models.Index(fields=["org_id", "-output_id"], name="search_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=60)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("sealed_token", models.TextField()),
                ("password", models.CharField(blank=True, max_length=200)),
                ("with_prompt", models.BooleanField(default=False)),
                ("views", models.PositiveIntegerField(default=0)),
                ("viewed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "collection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="shares",
                        to="studio.collection",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SharedPicture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_pictures",
                        to="accounts.organization",
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shared_pictures", to="studio.output"
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="studio.share",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("share", "output"), name="one_shared_picture_per_link")
                ],
            },
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("index", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Developing"),
                            ("succeeded", "Finished"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("tries_before", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("first_partial_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "charged",
                    models.CharField(
                        choices=[("no", "Not charged"), ("yes", "Charged"), ("perhaps", "May have been charged")],
                        default="no",
                        max_length=10,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_sentence", models.CharField(blank=True, max_length=300)),
                ("request_id", models.CharField(blank=True, max_length=120)),
                ("used", models.JSONField(default=dict)),
                ("usage", models.JSONField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.providerconnection",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="accounts.organization"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="studio.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "succeeded"), _negated=True),
                        fields=["org", "state", "-id"],
                        name="slots_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "index"), name="one_slot_per_index"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["queued", "running", "succeeded", "failed", "refused", "cancelled", "unknown"],
                            )
                        ),
                        name="slot_state_exists",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Partial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("index", models.PositiveSmallIntegerField()),
                ("tried", models.PositiveSmallIntegerField()),
                ("file", models.CharField(max_length=200)),
                ("preview", models.CharField(max_length=200)),
                ("size_bytes", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="partials", to="accounts.organization"
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="partials", to="studio.slot"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("slot", "tried", "index"), name="one_partial_per_index")
                ],
            },
        ),
        migrations.AddField(
            model_name="output",
            name="slot",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="output", to="studio.slot"
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("org"), django.db.models.functions.text.Lower("name"), name="one_tag_per_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tagging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="accounts.organization"
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="studio.output"
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="studio.tag",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "tag", "-output"], name="tagged_newest")],
                "constraints": [models.UniqueConstraint(fields=("tag", "output"), name="one_tagging_per_picture")],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot_code", models.UUIDField(unique=True)),
                ("org_id", models.BigIntegerField()),
                ("maker_id", models.BigIntegerField()),
                ("connection_id", models.BigIntegerField()),
                ("org_limit", models.PositiveSmallIntegerField()),
                ("connection_limit", models.PositiveSmallIntegerField()),
                ("not_before", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("worker", models.UUIDField(null=True)),
                ("is_stopping", models.BooleanField(default=False)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("worker", None)), fields=["id"], name="waiting_tickets"),
                    models.Index(
                        condition=models.Q(("worker", None), _negated=True), fields=["lease_until"], name="held_tickets"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("values", models.JSONField()),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("org", "maker"), name="one_draft_per_person")],
            },
        ),
        migrations.CreateModel(
            name="Composite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Being put together"), ("made", "Kept exactly"), ("failed", "As it came")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("feather", models.PositiveSmallIntegerField()),
                ("sentence", models.CharField(blank=True, max_length=300)),
                ("file", models.CharField(blank=True, max_length=200)),
                ("preview", models.CharField(blank=True, max_length=200)),
                ("thumbnail", models.CharField(blank=True, max_length=200)),
                ("heat", models.CharField(blank=True, max_length=200)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("size_bytes", models.PositiveIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("changed_ppm", models.PositiveIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="composites",
                        to="accounts.organization",
                    ),
                ),
                (
                    "output",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="composite", to="studio.output"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "made", "failed"])), name="composite_state"
                    ),
                    models.CheckConstraint(condition=models.Q(("feather__lte", 64)), name="composite_feather"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                (
                    "collection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="studio.collection",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="collection_items",
                        to="accounts.organization",
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="collection_items", to="studio.output"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["collection", "position", "id"], name="collection_order"),
                    models.Index(fields=["org", "collection", "-output"], name="collected_newest"),
                ],
                "constraints": [models.UniqueConstraint(fields=("collection", "output"), name="one_place_per_picture")],
            },
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(condition=models.Q(("binned_at", None)), fields=["org", "-id"], name="wall"),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "maker", "-id"], name="wall_by_maker"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "model", "-id"], name="wall_by_model"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "kind", "-id"], name="wall_by_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "quality", "-id"], name="wall_by_quality"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None), ("api_key__isnull", False)),
                fields=["org", "api_key", "-id"],
                name="wall_by_key",
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None), ("stars__gt", 0)), fields=["org", "-id"], name="wall_of_stars"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "cost_micros", "-id"], name="wall_by_cost"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(fields=["org", "-created_at"], name="output_by_time"),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at__isnull", False)), fields=["org", "-binned_at"], name="bin"
            ),
        ),
        migrations.AddConstraint(
            model_name="output",
            constraint=models.CheckConstraint(
                condition=models.Q(("stars__range", (0, 5))), name="output_has_up_to_five_stars"
            ),
        ),
        migrations.AddConstraint(
            model_name="output",
            constraint=models.CheckConstraint(
                condition=models.Q(("purged_at", None), ("binned_at__isnull", False), _connector="OR"),
                name="output_is_binned_before_it_is_purged",
            ),
        ),
        *REST,
    ]
