"""A small receiver of traces by OTLP over HTTP, a process of its own: POST /v1/traces with protobuf; each span becomes a line of JSON.

    python otlp_receiver.py file

Prints its port.
"""

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        asked = ExportTraceServiceRequest.FromString(data)
        with Path(sys.argv[1]).open("a") as file:
            for resource in asked.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        said = {one.key: str(one.value).strip() for one in [*resource.resource.attributes, *span.attributes]}
                        events = [str(one) for one in span.events]
                        ids = {"trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex()}
                        file.write(json.dumps({**ids, "name": span.name, "kind": span.kind, "said": said, "events": events}) + "\n")
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
sys.stdout.write(f"{server.server_port}\n")
sys.stdout.flush()
server.serve_forever()
