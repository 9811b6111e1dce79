"""What the simulators read from the environment and from the demo population."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEFAULT_POPULATION = HERE.parent / "demo" / "population.json"


@dataclass(frozen=True)
class Credential:
    """A signing key held by the remote signing service: an officer's or the seal of a unit."""

    id: str
    person: bool
    name: str
    unit: str
    uid: str
    pin: str
    key: str
    public: bool = False
    """Whether a public authority issued it: a citizen's."""

    @property
    def issuer(self) -> str:
        """Who issued it."""
        return "citizens" if self.public else "people" if self.person else "units"


@dataclass(frozen=True)
class Institution:
    """A bank or payment intermediary, and who the portal is to it."""

    code: str
    name: str
    merchant: str
    secret: str = field(repr=False)
    """Signs its messages where the protocol has a shared secret; the bearer token of its files."""
    fee: int = 0
    """What it takes for one payment, in đồng."""
    account: str = ""
    """The collecting account that it keeps for the portal."""
    holder: str = ""

    @property
    def label(self) -> str:
        """Of its key and certificate in the test authority: it signs vouchers."""
        return f"pay-{self.code}"


VNPAY, MOMO, BANK, TRANSFER = "TG.vnpay", "TG.momo", "970418", "970436"
SPARE = "TG.vnpt-pay"
"""An institution that the portal does not know yet: somebody enters it on the desk. It speaks VNPAY's protocol."""


class Config:
    """Read once at start; nothing here changes while the process runs."""

    here = HERE

    def __init__(self, environ: dict[str, str] | None = None) -> None:
        env = dict(os.environ) if environ is None else environ
        self.var = Path(env.get("VAR") or HERE.parent.parent / "var").resolve()
        self.url = (env.get("SIMULATORS_URL") or "http://localhost:8001").rstrip("/")
        self.site_url = (env.get("SITE_URL") or "http://localhost:8000").rstrip("/")
        self.redirect_uris = [uri.strip() for uri in env.get("REMOTE_SIGNING_REDIRECT_URIS", "").split(",") if uri.strip()]
        self.sms_token = env.get("SMS_GATEWAY_TOKEN") or "demo-sms-token"
        self.mail_port = int(env.get("SIMULATORS_MAIL_PORT") or 0)
        """Where the mail server listens; 0: there is none."""
        self.mail_user = env.get("MAIL_USER") or "demo-portal"
        self.mail_password = env.get("MAIL_PASSWORD") or "demo-mail-password"
        self.bounce_url = f"{self.site_url}/vao/thu-tra-lai/"
        self.support_mail_url = f"{self.site_url}/vao/thu-ho-tro/"
        self.sms_inbound_url = f"{self.site_url}/vao/tin-nhan-den/{env.get('SMS_REPORT_TOKEN') or 'demo-report-token'}/"
        """Where the gateway hands on what people send to the portal's number, as registered with it."""
        self.bounce_token = env.get("MAIL_BOUNCE_TOKEN") or "demo-bounce-token"
        self.population_token = env.get("POPULATION_REGISTRY_TOKEN") or "demo-population-token"
        self.business_token = env.get("BUSINESS_REGISTRY_TOKEN") or "demo-business-token"
        names = ("insurance", "tax", "telecom", "immigration", "civil_status", "land", "vehicle")
        self.registry_tokens = {name: env.get(f"{name.upper()}_REGISTRY_TOKEN") or f"demo-{name}-token" for name in names}
        self.partner_secret = env.get("DEMO_PARTNER_SECRET") or "demo-partner-secret"
        """Seed of the demo partner's keys."""
        self.axis_secret = env.get("DOCUMENT_AXIS_SECRET") or "demo-axis-secret"
        """By which the portal's system proves itself on the document axis."""
        self.post_token = env.get("PUBLIC_POST_TOKEN") or "demo-post-token"
        self.client_id = env.get("REMOTE_SIGNING_CLIENT_ID") or "demo-portal"
        self.client_secret = env.get("REMOTE_SIGNING_CLIENT_SECRET") or "demo-portal-secret"
        self.provider_secret = env.get("DEMO_PROVIDER_SECRET") or "demo-provider-secret"
        """Seed of what the portal proves itself by at each identity provider."""
        self.payment_secret = env.get("DEMO_PAYMENT_SECRET") or "demo-payment-secret"
        """Seed of every payment institution's secrets."""
        self.population_file = Path(env.get("DEMO_POPULATION") or DEFAULT_POPULATION)

    @property
    def state(self) -> Path:
        """Folder of everything that must outlive the process."""
        return self.var / "simulators"

    @property
    def demo(self) -> Path:
        """Folder the portal's people look into: root certificate, officers' keys."""
        return self.var / "demo"

    @cached_property
    def population(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.population_file.read_text(encoding="utf-8"))
        return data

    @cached_property
    def people(self) -> dict[str, dict[str, Any]]:
        return {person["id_number"]: person for person in self.population["people"]}

    @cached_property
    def organisations(self) -> dict[str, dict[str, Any]]:
        return {organisation["tax_code"]: organisation for organisation in self.population["organisations"]}

    @cached_property
    def insured(self) -> dict[str, dict[str, Any]]:
        """By social insurance number: who they are, and the phone they gave."""
        return {row["number"]: row | {"person": self.people[row["id_number"]]} for row in self.population.get("insured", [])}

    @cached_property
    def subscribers(self) -> dict[str, str]:
        """Phone → identity number of the subscriber; where nothing else is written, whose phone the population registry has."""
        own = {person["phone"]: number for number, person in self.people.items() if person["phone"]}
        return own | {row["phone"]: row["id_number"] for row in self.population.get("subscribers", [])}

    @cached_property
    def documents(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """By kind, issuing country and number."""
        return {(row["kind"], row["country"], row["number"]): row for row in self.population.get("documents", [])}

    def _registered(self, register: str) -> dict[str, dict[str, Any]]:
        """A register's rows by the number of the person or organisation they are about."""
        return {row["number"]: row for row in self.population.get(register, [])}

    @cached_property
    def civil_status(self) -> dict[str, dict[str, Any]]:
        """What is registered of people."""
        return self._registered("civil_status")

    @cached_property
    def land(self) -> dict[str, dict[str, Any]]:
        """Who has which parcels."""
        return self._registered("land")

    @cached_property
    def vehicles(self) -> dict[str, dict[str, Any]]:
        """Who has which vehicles and licences."""
        return self._registered("vehicles")

    @cached_property
    def unit_names(self) -> dict[str, str]:
        return {seal["unit"]: seal["name"] for seal in self.population["seals"]}

    @cached_property
    def credentials(self) -> dict[str, Credential]:
        """By credential id: officers (asked for their PIN) and seals of units (no person)."""
        found: dict[str, Credential] = {}
        for officer in self.population["officers"]:
            id_number = officer["id_number"]
            found[officer["credential_id"]] = Credential(
                id=officer["credential_id"],
                person=True,
                name=self.people[id_number]["full_name"],
                unit=officer["unit"],
                uid=f"CCCD:{id_number}",
                pin=officer["pin"],
                key=officer.get("key", "RSA"),
            )
        for one in self.population.get("certificates", []):
            # Of citizens, and of organisations, whose own people know the PIN.
            number = one.get("id_number") or one["tax_code"]
            company = self.organisations.get(number)
            found[one["credential_id"]] = Credential(
                id=one["credential_id"],
                person=True,
                name=company["name"] if company is not None else self.people[number]["full_name"],
                unit=company["name"] if company is not None else "",
                uid=f"{'MST' if company is not None else 'CCCD'}:{number}",
                pin=one["pin"],
                key=one.get("key", "EC"),
                public=True,
            )
        for seal in self.population["seals"]:
            found[seal["credential_id"]] = Credential(
                id=seal["credential_id"],
                person=False,
                name=seal["name"],
                unit=seal["unit"],
                uid=f"MDD:{seal['unit']}",
                pin="",
                key=seal.get("key", "RSA"),
            )
        return found

    def payment_access(self, code: str) -> str:
        """The public name that goes with an institution's secret (MoMo's accessKey)."""
        return hashlib.sha256(f"{self.payment_secret}:access:{code}".encode()).hexdigest()[:16]

    @cached_property
    def institutions(self) -> dict[str, Institution]:
        """By their code in the portal's catalogue of payment institutions."""
        accounts = {account["institution"]: account for account in self.population.get("collecting_accounts", [])}

        def institution(code: str, name: str, merchant: str, fee: int) -> Institution:
            return Institution(
                code=code,
                name=name,
                merchant=merchant,
                secret=hashlib.sha256(f"{self.payment_secret}:{code}".encode()).hexdigest(),
                fee=fee,
                account=accounts.get(code, {}).get("number", ""),
                holder=accounts.get(code, {}).get("holder", ""),
            )

        return {
            VNPAY: institution(VNPAY, "VNPAY", "DVCQG001", 1_100),
            MOMO: institution(MOMO, "Ví điện tử MoMo", "DVCQG", 0),
            BANK: institution(BANK, "BIDV", "DVCQG", 0),
            TRANSFER: institution(TRANSFER, "Vietcombank", "DVCQG", 0),
            SPARE: institution(SPARE, "VNPT Pay", "DVCQG002", 0),
        }
