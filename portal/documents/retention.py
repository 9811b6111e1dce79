"""Classes of retention of documents (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Document": "dossier_content",
    "FormerFile": "dossier",
    "SigningAttempt": "dossier_content",
    "SigningBatch": "dossier",
    "ProofTry": "fleeting",
}
