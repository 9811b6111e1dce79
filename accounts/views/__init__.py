"""Pages of sign-in, of whom one acts as, of the inbox and of passkeys: one subject a file."""

from accounts.views.account import account, capacities, inbox, open_notice
from accounts.views.citizens import sign_in, sign_in_code, sign_out
from accounts.views.contacts import contacts, unsubscribe_email, verify_email
from accounts.views.officer_tokens import officer_challenge, officer_file, officer_token
from accounts.views.officers import certificate_callback, certificate_wait, officer_sign_in, passkey_sign_in
from accounts.views.passkeys import add_passkey, passkeys, remove_passkey
from accounts.views.sessions import end_session, end_sessions, session_history, session_list, still_here

__all__ = [
    "account",
    "add_passkey",
    "capacities",
    "certificate_callback",
    "certificate_wait",
    "contacts",
    "end_session",
    "end_sessions",
    "inbox",
    "officer_challenge",
    "officer_file",
    "officer_sign_in",
    "officer_token",
    "open_notice",
    "passkey_sign_in",
    "passkeys",
    "remove_passkey",
    "session_history",
    "session_list",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "still_here",
    "unsubscribe_email",
    "verify_email",
]
