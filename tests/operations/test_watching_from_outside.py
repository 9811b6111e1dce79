"""What Prometheus and Grafana are given: rules that hold by their own tests, and names of figures that there are (O-09)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from portal.operations import figures, metrics, watching

DEPLOY = Path(__file__).resolve().parent.parent.parent / "portal" / "operations" / "deploy"


@pytest.mark.requirement("O-09")
def test_the_alert_rules_hold_by_promtool() -> None:
    for asked in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(["promtool", *asked], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    rules = set(re.findall(r"alert: (\w+)", (DEPLOY / "prometheus" / "alerts.yml").read_text()))
    assert rules == set(re.findall(r"alertname: (\w+)", (DEPLOY / "prometheus" / "alerts_test.yml").read_text()))


@pytest.mark.django_db
def test_rules_and_dashboard_ask_for_figures_that_there_are() -> None:
    metrics.requests.labels("GET", "/", "200").inc()
    metrics.latency.labels("/").observe(0.1)
    watching.look(timezone.now())
    there = set(re.findall(r"^(portal_\w+)", metrics.render().decode(), re.M))
    dashboard = json.loads((DEPLOY / "grafana" / "portal.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += re.findall(r"expr: (.*)", (DEPLOY / "prometheus" / "alerts.yml").read_text())
    assert {name for one in asked for name in re.findall(r"portal_\w+", one)} <= there
    names = {name for one in asked for name in re.findall(r'name="([^"]+)"', one)}
    assert names <= set(figures.known()) and len(dashboard["panels"]) >= 15
