"""Registrations of the accounts app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, logins, positions."""

    name = "accounts"
    verbose_name = "Tài khoản"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in
        from allauth.mfa.signals import authenticator_added, authenticator_used
        from django.contrib.auth import signals as django_signals
        from django.utils import timezone

        from accounts import connections, demo, notice_texts, sessions, signals
        from accounts.contacts import contact_of
        from accounts.owner import complaints, front, holdings, lines
        from accounts.owner import notice_texts as owner_texts
        from accounts.provider import keys as sign_on_keys
        from accounts.queries import holders, officer_labels, organisation_names, people_meant, person_names, position_names, residence_code
        from accounts.registration import terms
        from accounts.services import contacts, erasure, otp
        from accounts.ways import demo as demo_providers
        from accounts.ways import providers
        from portal.access import Act, Assurance, register_acts
        from portal.access.actors import register_actor_resolver
        from portal.access.roles import ADMINISTRATORS, TOP_AGENCY
        from portal.audit.history import register_officer_labels
        from portal.audit.words import PERSON, POSITION, register_names, register_people_finder
        from portal.catalogues.places import register_residences
        from portal.crypto.signals import key_destroyed
        from portal.notifications.registry import register_contact_resolver
        from portal.operations.alarms import register_duty
        from portal.operations.metrics import register_gauge
        from portal.operations.preparation import register_loader

        vpcp, company = frozenset({"steering"}), frozenset({"institution_administrator"})
        register_actor_resolver(sessions.resolve_actor)
        register_contact_resolver(contact_of, bounced=contacts.email_bounced, unsubscribe=contacts.unsubscribe_address)
        register_officer_labels(officer_labels)
        register_people_finder(people_meant)
        for kind in (POSITION, "accounts.position"):
            register_names(kind, position_names)
        for kind in (PERSON, "accounts.person"):
            register_names(kind, person_names)
        register_names("accounts.organisation", organisation_names)
        register_residences(residence_code)
        notice_texts.register()
        connections.register()
        owner_texts.register()
        lines.register_account_lines(front.own_lines)
        lines.register_holdings(*holdings.own())
        lines.register_obstacle(holdings.still_needed)
        for one in holdings.watched():
            lines.register_watched(one)
        register_duty(lambda unit, roles: [one.person_id for one in holders(unit, roles)])
        register_gauge("portal_sign_in_codes", "One-time passwords asked for within ten minutes", lambda: otp.asked_lately(timezone.now()))
        register_gauge(
            "portal_provider_faults",
            "Sign-ins of the last day whose answer could not be trusted",
            lambda: providers.faults_lately(timezone.now()),
        )
        register_acts(
            Act("accounts.register_at_counter", "Mở tài khoản cho người dân tại quầy", frozenset({"reception"}), assurance=Assurance.HIGH),
            Act(
                "accounts.publish_terms",
                "Ban hành điều khoản sử dụng",
                frozenset({"steering"}),
                assurance=Assurance.HIGH,
                everywhere=True,
            ),
            Act("accounts.read_positions", "Xem chức danh trong đơn vị", ADMINISTRATORS),
            Act("accounts.give_roles", "Giao và thu hồi vai trò", ADMINISTRATORS, assurance=Assurance.HIGH),
            Act("accounts.check_guardians", "Kiểm tra giấy tờ giám hộ", frozenset({"handling"}), assurance=Assurance.HIGH),
            Act("accounts.see_accounts", "Xem tài khoản cấp cao", vpcp, everywhere=True),
            Act("accounts.grant_accounts", "Cấp và thu hồi tài khoản cấp cao", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act("accounts.read_contracts", "Xem hợp đồng quầy tiếp nhận", frozenset({"administrator"})),
            Act("accounts.keep_contracts", "Ghi hợp đồng quầy tiếp nhận", frozenset({"administrator"}), assurance=Assurance.HIGH),
            Act("accounts.staff_counters", "Cử người đến quầy theo hợp đồng", company, assurance=Assurance.HIGH),
            Act("accounts.sign_on_clients", "Xem hệ thống đăng nhập một lần của đơn vị", frozenset({"administrator", "technical"})),
            Act(
                "accounts.keep_sign_on_clients",
                "Đăng ký, sửa, tạm ngừng hệ thống đăng nhập một lần của đơn vị",
                frozenset({"administrator", "technical"}),
                assurance=Assurance.HIGH,
            ),
            Act("accounts.all_sign_on_clients", "Xem mọi hệ thống đăng nhập một lần", vpcp, everywhere=True),
            Act(
                "accounts.admit_sign_on_clients",
                "Cho hệ thống đăng nhập một lần vào chính thức, kết nối lại",
                vpcp,
                assurance=Assurance.HIGH,
                everywhere=True,
            ),
            Act(providers.SEE, "Xem nhà cung cấp định danh", vpcp, everywhere=True),
            Act(providers.KEEP, "Ghi, cho vào, tạm ngừng nhà cung cấp định danh", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act(complaints.HANDLE, "Xử lý khiếu nại về tài khoản", complaints.HANDLERS, assurance=Assurance.HIGH, at=TOP_AGENCY),
        )
        register_loader("điều khoản sử dụng", terms.load_first, order=5)
        register_loader("khóa ký đăng nhập một lần", sign_on_keys.load_first, order=6)
        register_loader("hệ thống kết nối mẫu", connections.load_demo, order=90, demo=True)
        register_loader("người và chức danh trình diễn", demo.load, order=50, demo=True)
        register_loader("nhà cung cấp định danh trình diễn", demo_providers.connect, order=51, demo=True)
        key_destroyed.connect(erasure.person_erased, dispatch_uid="accounts.erasure")
        django_signals.user_logged_in.connect(sessions.begun, dispatch_uid="accounts.session_begun")
        django_signals.user_logged_out.connect(sessions.ended, dispatch_uid="accounts.session_ended")
        user_logged_in.connect(signals.passkey_signed_in, dispatch_uid="accounts.passkey")
        authenticator_added.connect(signals.passkey_bound, dispatch_uid="accounts.passkey_bound")
        authenticator_used.connect(signals.passkey_used, dispatch_uid="accounts.passkey_used")
