curl -sS "$PORTAL/api/v1/dossiers/batch" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{
  "rows": [{"code": "T99.01-261201-0001", "procedure_code": "1.001193", "channel": "2", "subject": "1",
            "owner_number": "001190000991", "state": "2", "submitted_at": "2026-12-01T08:30:00+07:00",
            "received_at": "2026-12-01T08:30:00+07:00", "due_at": "2026-12-02T17:00:00+07:00"}]}'
