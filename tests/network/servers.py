"""Servers on the host that guests reach through their user network."""
import http.server
import random
import socket
import threading


def content(size, seed):
    """Bytes that no other seed gives."""
    return random.Random(seed).randbytes(size)


class HttpServer:
    """Gives and takes files: `files` are those given by path, `taken` those that were posted, by path."""

    def __init__(self, files):
        self.files = files
        self.taken = {}
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = owner.files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            do_HEAD = do_GET

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.taken[self.path] = body
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class UdpEcho:
    """Sends every datagram back."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                data, sender = self.socket.recvfrom(65536)
            except OSError:
                return
            if not data:
                return
            self.socket.sendto(data, sender)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes the thread, which a close would not.
        self.socket.sendto(b"", ("127.0.0.1", self.port))
