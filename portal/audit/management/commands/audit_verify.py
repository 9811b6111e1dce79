"""``manage.py audit_verify``: is the audit trail as it was written? Exit status 1 when it is not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit import services


class Command(BaseCommand):
    help = "Check the chain and the signatures of the audit trail; name the first altered row; report the unsealed tail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", metavar="SEQ:HASH", help="a head known from the logs (audit_seq, audit_head)")

    def handle(self, *args: Any, **options: Any) -> None:
        seq, _, head = options["head"].partition(":")
        if options["head"] and (not seq.isdigit() or len(head) != 64):
            raise CommandError("--head is SEQ:HASH, for example 120:9f86d0…")
        report = services.verify(expected_seq=int(seq or 0), expected_head=head)
        tail = f"; {report.unsealed} not sealed yet"
        if report.oldest_unsealed is not None:
            tail += f", oldest of {report.oldest_unsealed:%Y-%m-%d %H:%M:%S %Z}"
        if report.first_altered is None:
            self.stdout.write(f"Unaltered: {report.sealed} acts sealed{tail}.")
            return
        fault = report.first_altered
        act = f", act {fault.act_id}" if fault.act_id is not None else ""
        self.stderr.write(f"ALTERED at link {fault.seq}{act}: {fault.reason}. {report.sealed} acts before it are sound{tail}.")
        sys.exit(1)
