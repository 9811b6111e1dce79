"""Tables that libraries bring, and our own: the class of each, by label."""

from __future__ import annotations

TABLE = {
    "admin.LogEntry": "technical",
    "auth.Permission": "technical",
    "auth.Group_permissions": "technical",
    "auth.Group": "technical",
    "contenttypes.ContentType": "technical",
    "sessions.Session": "session",
    "pghistory.Context": "audit",
    "pghistory.Events": "audit",
    "account.EmailAddress": "account",
    "account.EmailConfirmation": "account",
    "mfa.Authenticator": "account",
    "retention.Removal": "audit",
}
