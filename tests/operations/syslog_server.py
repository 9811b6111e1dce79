"""A small syslog receiver: UDP (RFC 5426), TCP with counted octets (RFC 6587), TLS (RFC 5425). Standard library alone.

    python syslog_server.py udp|tcp|tls port file hears|deaf [certificate key]

Prints its port, then appends each message and a NUL to the file.
"""

import socket
import ssl
import sys
from pathlib import Path


def main() -> None:
    way, port, path, hearing, *tls = sys.argv[1:]
    kind = socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM
    server = socket.socket(socket.AF_INET, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(port)))
    if way != "udp":
        server.listen(8)
    sys.stdout.write(f"{server.getsockname()[1]}\n")
    sys.stdout.flush()
    context = None
    if way == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    while True:
        if way == "udp":
            keep(path, server.recv(65535))
            continue
        connection, _ = server.accept()
        try:
            if hearing == "deaf":
                # A reset, as of a program that dies.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                connection.close()
                continue
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            data = b""
            while piece := connection.recv(65536):
                data += piece
            while data:
                size, _, rest = data.partition(b" ")
                keep(path, rest[: int(size)])
                data = rest[int(size) :]
            if context is not None:
                connection.unwrap()
            connection.close()
        except OSError:
            pass


def keep(path: str, message: bytes) -> None:
    with Path(path).open("ab") as file:
        file.write(message + b"\0")


main()
