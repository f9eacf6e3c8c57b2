"""A real S3 server on loopback (moto's), behind a gate that a test can shut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

BUCKET = "bucket"


class Gate:
    """Passes TCP connections on to a port; shut, it cuts them all and takes no new ones.

    Attributes:
        passed: bytes that came back from the server.
        limit: after so many further bytes from the server the gate shuts itself; None for never.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.passed = 0
        self.limit: int | None = None
        self._open = True
        self._pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection; new ones are closed at once."""
        self._open = False
        for end in self._pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Let connections through again."""
        self.limit, self._open = None, True

    def close(self) -> None:
        """Stop listening."""
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._open:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._to))
                self._pairs += [client, server]
                for args in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pump, args=args, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := source.recv(16_384):
                if back:
                    self._count(len(data))
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count(self, size: int) -> None:
        self.passed += size
        if self.limit is not None:
            self.limit -= size
            if self.limit <= 0:
                self.shut()
                raise OSError("the gate is shut")


@contextmanager
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Gate]]:
    """An S3 server with one empty bucket, named by the environment; its boto-like client."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    gate = Gate(port)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{gate.port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    client.create_bucket(Bucket=BUCKET)
    try:
        yield client, gate
    finally:
        _forget_filesystems()
        gate.close()
        server.stop()


def _forget_filesystems() -> None:
    """fsspec keeps instances, which keep the environment that they were made in."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
