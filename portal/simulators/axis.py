"""The national document axis (trục liên thông văn bản quốc gia): keeps documents (edXML, QCVN 102:2016/BTTTT) until their receiver fetches
them. It reads headers alone and knows members' systems by name and secret.

POST /axis/v1/sendEdoc                        multipart: edocFile (edXML), messageType=edoc → {"success", "docId"}
GET  /axis/v1/syncReceivedEdocList            ?messageType=edoc&fromDate=YYYY/MM/DD&toDate= → {"success", "count", "data": [{docId …}]}
GET  /axis/v1/getEdoc?docId=                  → {"success", "data": {"docId", "from", "edxml"}}
POST /axis/v1/updateStatus                    {"docId", "status": "processing", "done" or "fail"}
GET  /axis/documents.json                     what it carried, without what is attached (for tests and people)

Every operation: headers X-SystemId and X-SecretKey. A no is {"success": false, "message", "data": {"errorCode", "errorDesc"}}.

Faults (service ``document_axis``): slow, down, refuse (errorCode 22), unknown (errorCode 15: name or secret), repeat (a document handed in
is delivered twice, under two numbers).
"""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request
from lxml import etree

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
PORTAL, PARTNER = "dvcqg", "motcua-mau"
ORGANS = {PORTAL: "000.00.00.G22", PARTNER: "000.00.99.H26"}
STATUSES = ("processing", "done", "fail")
MOST = 16 * 1024 * 1024


def secret_of(system: str, config: Config) -> str:
    """By what a member's system proves itself; empty for none of ours."""
    return {PORTAL: config.axis_secret, PARTNER: "demo-axis-partner-secret"}.get(system, "")


def _root(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _said(root: etree._Element, path: str) -> str:
    found = root.findtext(path, namespaces={"e": NAMESPACE})
    if not found or not found.strip():
        raise ValueError(path)
    return str(found).strip()


def attached(data: bytes) -> bytes:
    """The file that goes along."""
    return base64.b64decode(_said(_root(data), "e:AttachmentEncoded/e:Attachment/e:ContentTransferEncoded"))


def write(*, sender: str, receiver: str, name: str, data: bytes) -> bytes:
    """A document of a member that writes prefixes another way than the portal does."""
    day, moment = time.strftime("%Y/%m/%d"), time.strftime("%Y/%m/%d %H:%M:%S")
    return f"""<?xml version="1.0" encoding="utf-8"?>
<edXML:edXML xmlns:edXML="{NAMESPACE}"><edXML:edXMLEnvelope><edXML:edXMLHeader><edXML:MessageHeader>
<edXML:From><edXML:OrganId>{sender}</edXML:OrganId><edXML:OrganName>Một cửa mẫu</edXML:OrganName></edXML:From>
<edXML:To><edXML:OrganId>{receiver}</edXML:OrganId><edXML:OrganName>Cổng Dịch vụ công</edXML:OrganName></edXML:To>
<edXML:Code><edXML:CodeNumber>{name}</edXML:CodeNumber><edXML:CodeNotation>MC</edXML:CodeNotation></edXML:Code>
<edXML:PromulgationInfo><edXML:Place>Hà Nội</edXML:Place><edXML:PromulgationDate>{day}</edXML:PromulgationDate></edXML:PromulgationInfo>
<edXML:Subject>Trao đổi dữ liệu</edXML:Subject><edXML:DocumentId>{sender},{day},{name}/MC</edXML:DocumentId></edXML:MessageHeader>
<edXML:TraceHeaderList><edXML:TraceHeader><edXML:OrganId>{sender}</edXML:OrganId><edXML:Timestamp>{moment}</edXML:Timestamp>
</edXML:TraceHeader></edXML:TraceHeaderList></edXML:edXMLHeader></edXML:edXMLEnvelope><edXML:AttachmentEncoded><edXML:Attachment>
<edXML:ContentType>application/jose</edXML:ContentType><edXML:ContentId>1</edXML:ContentId>
<edXML:AttachmentName>{name}.jose</edXML:AttachmentName>
<edXML:ContentTransferEncoded>{base64.b64encode(data).decode()}</edXML:ContentTransferEncoded>
</edXML:Attachment></edXML:AttachmentEncoded></edXML:edXML>""".encode()


def _no(code: str, words: str) -> Response:
    return jsonify({"success": False, "message": "Lỗi", "data": {"docId": None, "status": "error", "errorCode": code, "errorDesc": words}})


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /axis/."""
    pages = Blueprint("axis", __name__, url_prefix="/axis")

    @pages.before_request
    def known() -> Any:
        request.max_content_length = MOST
        request.max_form_memory_size = MOST
        if not request.path.startswith("/axis/v1/"):
            return None
        if request.headers.get("X-SystemId") != PARTNER and (broken := faults.before("document_axis")) is not None:
            return broken
        secret = secret_of(request.headers.get("X-SystemId", ""), config)
        if not secret or request.headers.get("X-SecretKey") != secret:
            return _no("15", "Sai SystemId hoặc SecretKey")
        if request.headers["X-SystemId"] == PORTAL and faults.take("document_axis", ("unknown",)) is not None:
            return _no("15", "Sai SystemId hoặc SecretKey")
        return None

    def organ() -> str:
        return ORGANS[request.headers["X-SystemId"]]

    @pages.post("/v1/sendEdoc")
    def send() -> Any:
        file = request.files.get("edocFile")
        if file is None or request.form.get("messageType") != "edoc" or faults.take("document_axis", ("refuse",)) is not None:
            return _no("22", "Sai định dạng")
        data = file.read()
        try:
            root = _root(data)
            header = "e:edXMLEnvelope/e:edXMLHeader/e:MessageHeader/"
            sender, receiver = _said(root, f"{header}e:From/e:OrganId"), _said(root, f"{header}e:To/e:OrganId")
            for needed in (
                "e:Code/e:CodeNumber",
                "e:Code/e:CodeNotation",
                "e:PromulgationInfo/e:PromulgationDate",
                "e:Subject",
                "e:DocumentId",
            ):
                _said(root, header + needed)
            attached(data)
        except (etree.XMLSyntaxError, ValueError):
            return _no("22", "Sai định dạng")
        if root.tag != f"{{{NAMESPACE}}}edXML" or sender != organ() or receiver not in ORGANS.values():
            return _no("22", "Sai định dạng")
        numbers = [str(uuid.uuid4()) for _ in range(2 if faults.take("document_axis", ("repeat",)) is not None else 1)]
        with store.writing() as connection:
            for number in numbers:
                connection.execute(
                    "INSERT INTO axis_document VALUES (?, ?, ?, ?, 'initial', ?, ?)",
                    (number, sender, receiver, data, time.strftime("%Y/%m/%d"), now()),
                )
        return jsonify({"success": True, "message": "OK", "docId": numbers[0]})

    @pages.get("/v1/syncReceivedEdocList")
    def listed() -> Any:
        first, last = request.args.get("fromDate", ""), request.args.get("toDate", "")
        if request.args.get("messageType") != "edoc" or len(first) != 10 or len(last) != 10:
            return _no("22", "Sai định dạng")
        rows = store.rows("SELECT * FROM axis_document WHERE receiver = ? AND day BETWEEN ? AND ? ORDER BY rowid", organ(), first, last)
        data = [
            {"serviceType": "eDoc", "messageType": "edoc", "docId": row["id"], "from": row["sender"], "to": row["receiver"],
             "status": row["status"], "statusDesc": "", "createdTime": row["day"]}
            for row in rows
        ]  # fmt: skip
        return jsonify({"success": True, "message": "OK", "count": len(data), "data": data})

    @pages.get("/v1/getEdoc")
    def got() -> Any:
        row = store.row("SELECT * FROM axis_document WHERE id = ? AND receiver = ?", request.args.get("docId", ""), organ())
        if row is None:
            return _no("22", "Không có văn bản này")
        return jsonify(
            {"success": True, "message": "OK", "data": {"docId": row["id"], "from": row["sender"], "edxml": row["edxml"].decode()}}
        )

    @pages.post("/v1/updateStatus")
    def update() -> Any:
        asked = request.get_json(silent=True) or {}
        if asked.get("status") not in STATUSES:
            return _no("22", "Sai định dạng")
        with store.writing() as connection:
            changed = connection.execute(
                "UPDATE axis_document SET status = ? WHERE id = ? AND receiver = ?", (asked["status"], str(asked.get("docId")), organ())
            )
            known = changed.rowcount
        return jsonify({"success": True, "message": "OK"}) if known else _no("22", "Không có văn bản này")

    @pages.get("/documents.json")
    def documents() -> Any:
        rows = store.rows("SELECT id, sender, receiver, status, edxml FROM axis_document ORDER BY rowid")
        told = []
        for row in rows:
            root = _root(row["edxml"])
            for file in root.iter(f"{{{NAMESPACE}}}ContentTransferEncoded"):
                file.text = ""
            told.append({**dict(row), "edxml": etree.tostring(root, encoding="unicode")})
        return jsonify({"documents": told})

    return pages
