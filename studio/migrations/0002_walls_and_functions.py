"""Enable row-level security, add the functions that do the steps of a picture, and tell PostgreSQL how to clean up after
tables that every picture changes.

The queue (`studio_ticket`) has no wall: it holds ids and limits of all organizations. The catalogue belongs to all."""

from pathlib import Path

from django.db import migrations

from saas.database.tenancy import IS_PRESENTED, Wall

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [
        ("sessions", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("billing", "0002_walls_and_functions"),
        ("studio", "0001_tables"),
    ]

    operations = [
        Wall("studio_share", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("studio_event", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("studio_capture", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("studio_batch"),
        Wall("studio_batchfile"),
        Wall("studio_batchline"),
        Wall("studio_chunk"),
        Wall("studio_chunkline"),
        Wall("studio_consent"),
        Wall("studio_brandedpicture"),
        Wall("studio_collection"),
        Wall("studio_collectionitem"),
        Wall("studio_comment"),
        Wall("studio_composite"),
        Wall("studio_draft"),
        Wall("studio_input"),
        Wall("studio_output"),
        Wall("studio_partial"),
        Wall("studio_preset"),
        Wall("studio_retention"),
        Wall("studio_rewrite"),
        Wall("studio_rewriter"),
        Wall("studio_run"),
        Wall("studio_runevent"),
        Wall("studio_runinput"),
        Wall("studio_sharedpicture"),
        Wall("studio_sheet"),
        Wall("studio_sheetrow"),
        Wall("studio_slot"),
        Wall("studio_style"),
        Wall("studio_styleversion"),
        Wall("studio_tag"),
        Wall("studio_tagging"),
        Wall("studio_thread"),
        Wall("studio_turn"),
        migrations.RunSQL((SQL / "hot_tables.sql").read_text()),
        migrations.RunSQL((SQL / "offer.sql").read_text()),
        migrations.RunSQL((SQL / "submit.sql").read_text()),
        migrations.RunSQL((SQL / "work.sql").read_text()),
        migrations.RunSQL((SQL / "keep.sql").read_text()),
        migrations.RunSQL((SQL / "answer.sql").read_text()),
    ]
