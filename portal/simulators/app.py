"""The outside world for a copy of the portal on one machine: ONE process, real HTTP, nothing of ours imported.

Start: ``gunicorn -w 1 --threads 8 -b 127.0.0.1:8001 portal.simulators.app:app`` (keys and certificates are made before
serving; ``python -m portal.simulators.pki`` makes them ahead).

Environment: VAR (state under $VAR/simulators, root certificate in $VAR/demo/test-root.pem, officers' keys in
$VAR/demo/<id_number>.p12 with the PIN as password), SIMULATORS_URL (default http://localhost:8001; stands inside the
certificates), SITE_URL (default http://localhost:8000; where remote signing may send people back) or
REMOTE_SIGNING_REDIRECT_URIS (comma separated, exact), SMS_GATEWAY_TOKEN, POPULATION_REGISTRY_TOKEN,
BUSINESS_REGISTRY_TOKEN, INSURANCE_, TAX_, TELECOM_, IMMIGRATION_, CIVIL_STATUS_, LAND_ and VEHICLE_REGISTRY_TOKEN, PUBLIC_POST_TOKEN,
MAIL_USER, MAIL_PASSWORD, MAIL_BOUNCE_TOKEN, SIMULATORS_MAIL_PORT (none: no mail server),
REMOTE_SIGNING_CLIENT_ID, REMOTE_SIGNING_CLIENT_SECRET, DEMO_PROVIDER_SECRET (seed of the
secrets between the portal and identity providers),
DEMO_PAYMENT_SECRET (seed of the secrets of payment institutions: that of one
is the SHA-256 of "<seed>:<institution code>" in hexadecimal), DEMO_POPULATION (default portal/demo/population.json).

What is mounted where, and which setting of the portal points to it:

    /                                            index page (Vietnamese);  /health  "ok"
    /sms                     SMS_GATEWAY_URL          GSMA OneAPI outbound SMS
    /sms/outbox/?to=         (a page for people)      messages sent, newest first;  /sms/outbox.json?to=
    SMTP on SIMULATORS_MAIL_PORT   MAIL_SERVER_URL    STARTTLS and sign-in; bounces go to SITE_URL/vao/thu-tra-lai/
    $VAR/simulators/clamd.sock     CLAMAV_ADDRESS=unix:…   clamd's INSTREAM; finds one signature of our own (`clamd.SIGNATURE`)
    /mail/outbox/?to=        (a page for people)      letters sent, newest first;  /mail/outbox.json?to=,  /mail/<number>/
    /population              POPULATION_REGISTRY_URL  POST /population/v1/verify, GET /population/v1/people/<id_number>, …/kin
    /business                BUSINESS_REGISTRY_URL    GET /business/v1/enterprises/<tax_code>
    /insurance               INSURANCE_REGISTRY_URL   GET /insurance/v1/insured/<number>, …/v1/people/<id_number>
    /tax                     TAX_REGISTRY_URL         GET /tax/v1/taxpayers/<tax_code>
    /telecom                 TELECOM_REGISTRY_URL     POST /telecom/v1/subscribers/verify
    /immigration             IMMIGRATION_REGISTRY_URL POST /immigration/v1/documents/holder
    /civil-status            CIVIL_STATUS_REGISTRY_URL GET /civil-status/v1/people/<id_number>
    /land                    LAND_REGISTRY_URL        GET /land/v1/owners/<number>
    /vehicle                 VEHICLE_REGISTRY_URL     GET /vehicle/v1/owners/<number>
    /post                    PUBLIC_POST_URL          GET /post/v1/tariffs, POST /post/v1/parcels, GET …/parcels/<number>, POST …/cancel
    /sms/inbound, /mail/inbound   (POST; forms on the two outboxes)   an SMS, a letter to the portal, handed on to its doors
    /hotline/                (a page for people; POST /hotline/call)   a telephone that reads the portal's VoiceXML and takes keys
    /post/parcels/           (a page for people)      parcels, moved on by buttons
    /partner                 a partner's system: signed, sealed messages (`partner`); /partner/received/ for people
    /partner/axis            NDXP_SERVER_URL          the portal's security server on the national axis
    /axis                    DOCUMENT_AXIS_URL        the national document axis (edXML); /axis/documents.json what it carried
    /csc/v2                  REMOTE_SIGNING_URL and REMOTE_SIGNING_PUBLIC_URL    Cloud Signature Consortium API v2.0
    /oidc/<code>             identity providers (vneid, post, insurance, foreign): rows of the portal's; passcode of everybody: 123456
                             POST …/rotate: it signs with a new key from now on
    /pki/test/tsa/time       TIMESTAMP_URL            RFC 3161
    /pki/test/ocsp/<ca>, /pki/test/crls/<ca>/latest.crl, /pki/test/certs/<ca>/ca.crt      addresses inside certificates
    /payments/vnpay          VNPAY 2.1.0: …/paymentv2/vpcpay.html, …/merchant_webapi/api/transaction
                             calls back (IPN) SITE_URL/vao/thanh-toan/TG.vnpay/, as registered with it
    /payments/vnpt-pay       the same protocol, spoken by TG.vnpt-pay: an institution that somebody enters on the desk
    /payments/momo           MoMo v2: …/v2/gateway/api/create, query, refund, refund/query
    /payments/bank/970418    a bank that speaks JWS: …/v1/orders, orders/query, refunds, refunds/query
    /payments/transfer/      (a page for people)      a banking app that reads VietQR texts
    /payments/files/<institution>/statements/<merchant>/<day>.csv|.xml, vouchers/<merchant>/<reference>.pdf|.xml   (bearer: the secret)
    /payments/beneficiary/<account>/<day>.xml         camt.053 of an agency's account
    /data-services/<code>    rows of the desk ("Dịch vụ dữ liệu"): vehicle_inspection, budget_unit, criminal_record, invoices
    /province/payplat/       (a page for people)      a one-stop system that has its payers pay here: PayPlat 1.0.6, hears at …/confirm
    /control/payments/       page with switches;  /control/payments (GET, POST), …/plant, …/close, …/movements,
                             …/beneficiaries, …/payout, …/return
    /control/                page with switches;  POST /control/faults, /control/revoke, /control/reset (JSON or form)
    $VAR/demo/test-root.pem  TRUSTED_ROOTS;  $VAR/demo/public-root.pem  PUBLIC_TRUSTED_ROOTS (citizens' keys: <id_number>.cong-dan.p12);
     $VAR/demo/mail-root.pem  MAIL_ROOTS
    $VAR/demo/payments/970418.pem (the bank's certificate of messages), portal.key.pem and portal.pem (ours)
"""

from __future__ import annotations

from flask import Flask, Response, render_template

from portal.simulators import (
    authority,
    axis,
    bank,
    business,
    clamd,
    control,
    csc,
    data_services,
    hotline,
    identity,
    mail,
    momo,
    partner,
    payment_control,
    payment_files,
    payplat,
    pki,
    population,
    post,
    providers,
    registers,
    sms,
    transfer,
    vnpay,
)
from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.paying import Payments
from portal.simulators.store import Store
from portal.simulators.vouchers import Vouchers

MAX_BODY_BYTES = 1024 * 1024


def create_app(config: Config | None = None) -> Flask:
    """Keys and certificates first, then the routes."""
    config = config or Config()
    store = Store(config.state / "simulators.db")
    certificates = pki.load(config, store)
    faults = Faults(store)
    made = Flask("portal.simulators", root_path=str(config.here))
    made.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    made.json.ensure_ascii = False  # type: ignore[attr-defined]
    made.register_blueprint(sms.blueprint(config, store, faults))
    made.register_blueprint(mail.blueprint(config, store))
    made.register_blueprint(population.blueprint(config, faults))
    made.register_blueprint(post.blueprint(config, store, faults))
    made.register_blueprint(business.blueprint(config, faults))
    made.register_blueprint(partner.blueprint(config, store, faults))
    made.register_blueprint(axis.blueprint(config, store, faults))
    for pages in (*identity.blueprints(config, faults), *registers.blueprints(config, faults)):
        made.register_blueprint(pages)
    made.register_blueprint(authority.blueprint(certificates, faults))
    made.register_blueprint(csc.blueprint(config, store, certificates, faults))
    for pages in providers.blueprints(config, store, faults):
        made.register_blueprint(pages)
    made.register_blueprint(hotline.blueprint(config))
    made.register_blueprint(control.blueprint(config, store, faults))

    payments = Payments(config, store)
    files = payment_files.Files(config, store, payments)
    for code in vnpay.PATHS:
        made.register_blueprint(vnpay.blueprint(config, payments, faults, code))
    made.register_blueprint(momo.blueprint(config, payments, faults))
    made.register_blueprint(bank.blueprint(config, payments, certificates, faults))
    made.register_blueprint(transfer.blueprint(config, payments, faults))
    made.register_blueprint(payment_files.blueprint(config, files, Vouchers(config, certificates), faults))
    made.register_blueprint(data_services.blueprint(faults))
    made.register_blueprint(payplat.blueprint(config, store, faults))
    made.register_blueprint(payment_control.blueprint(config, store, payments, files))

    payments.serve()
    if config.mail_port:
        mail.serve(config, store, faults)
    clamd.serve(config, faults)

    @made.get("/")
    def index() -> str:
        return render_template("index.html", config=config, credentials=config.credentials.values())

    @made.get("/health")
    def health() -> Response:
        store.row("SELECT 1 FROM fault")
        return Response("ok\n", mimetype="text/plain")

    @made.after_request
    def guard(answer: Response) -> Response:
        answer.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        )
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "no-referrer")
        return answer

    return made


app = create_app()
