"""Classes of retention of dossiers (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "FormVersion": "reference",
    "FormDesign": "reference",
    "ResultVersion": "reference",
    "ResultDesign": "reference",
    "Dossier": {
        "*": "dossier",
        "applicant_name": "dossier_content",
        "owner_name": "dossier_content",
        "owner_name_key": "dossier_content",
        "filed_by_name": "dossier_content",
        "subject_name": "dossier_content",
        "subject_name_key": "dossier_content",
        "id_blinds": "dossier_content",
        "answers": "dossier_content",
        "bill": "dossier_content",
    },
    "DossierEvent": {"*": "dossier", "note": "dossier_content"},
    "CodeCounter": "technical",
    "Draft": "draft",
    "NationalDossier": {"*": "figures", "owner_blind": "dossier_content", "phone_blind": "dossier_content"},
    "NationalStep": "dossier",
    "Paper": "dossier_content",
    "DossierDocument": "dossier",
    "PaymentDemand": "payment",
    "RegisterEntry": "dossier",
    "DossierReuse": "dossier",
    "ReuseCount": "figures",
    "StorePaper": "store",
    "StorePaperFile": "store",
    "StoreShare": "store",
    "StoreLook": "store",
    "FormPrint": "copy",
    "SignedDeclaration": "dossier_content",
    "DeclarationAttempt": "dossier_content",
    # Under the party's own key, as its papers are.
    "RegistryAnswer": "store",
    "AnswerSource": "dossier_content",
    "SupplementRequest": {"*": "dossier", "words": "dossier_content", "typed": "dossier_content", "explanation": "dossier_content"},
    "SupplementDefect": {"*": "dossier", "words": "dossier_content", "was": "dossier_content", "became": "dossier_content"},
    "CounterPlan": "reference",
    "ClosedDay": "reference",
    "CounterDay": "figures",
    "Slot": "technical",
    "Appointment": "appointment",
    "Ticket": "appointment",
    "HomeVisit": "appointment",
}
