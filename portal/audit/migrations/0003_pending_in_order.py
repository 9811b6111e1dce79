"""What waits for the sealer carries its place in the order, so that a run reads its own acts and no others."""

from __future__ import annotations

from django.db import migrations, models

import portal.audit.models

FORWARD = """
    UPDATE audit_pending SET xid = act.xid FROM audit_act act WHERE act.id = audit_pending.act_id;
    CREATE OR REPLACE FUNCTION audit_await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_pending (act_id, xid) VALUES (NEW.id, NEW.xid);
        RETURN NULL;
    END $$;
"""
BACKWARD = """
    CREATE OR REPLACE FUNCTION audit_await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_pending (act_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [
        migrations.AddField(model_name="pending", name="xid", field=portal.audit.models.Xid8Field(null=True)),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterField(model_name="pending", name="xid", field=portal.audit.models.Xid8Field()),
        migrations.AddIndex(model_name="pending", index=models.Index(fields=["xid", "act"], name="audit_pending_in_order")),
    ]
