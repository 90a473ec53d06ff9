"""A server on the loopback interface that speaks as MAST and CRDS do, with faults on demand."""

import json
import re
import threading
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COLUMNS = {
    "obs_collection": {"type": "string", "separator": ";"},
    "obs_id": {"type": "string", "separator": ";"},
    "obsid": {"type": "string"},
}


class Archive:
    """
    What the server has, and what it does wrong.

    Attributes
    ----------
    url : str
        Address of the server.
    files : dict of str to bytes
        Content by name.
    faults : dict of str to list
        What happens to the next requests of a file, by its name, one for each request: a status
        with headers, ``("cut", n)`` after n bytes of the body, or ``("send", bytes, headers)``.
    tags : dict of str to str
        ``ETag`` of files, by their name.
    ranges : bool
        Whether parts of files are sent.
    observations, products : list of dict
        Rows of the lists of MAST.
    answers : dict of str to object
        Answers of CRDS by method; a callable gets the parameters.
    requests : list of (str, str, dict)
        Method, path and headers of all requests.
    """

    def __init__(self):
        self.url, self.files, self.faults, self.tags, self.ranges = "", {}, {}, {}, True
        self.observations, self.products, self.answers, self.requests = [], [], {}, []

    def headers_of(self, name):
        """Headers of all requests of a file."""
        return [headers for _, path, headers in self.requests if unquote(path).endswith(name)]


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """Keep the terminal quiet."""

    def do_GET(self):
        """Send a file, or a fault."""
        archive = self.server.archive
        archive.requests.append(("GET", self.path, dict(self.headers)))
        parts = urlsplit(self.path)
        name = parse_qs(parts.query).get("uri", [unquote(parts.path)])[0].split("/")[-1]
        fault = archive.faults[name].pop(0) if archive.faults.get(name) else None
        match fault:
            case int(status), dict(headers):
                self._send(status, b"<html>fault</html>", headers)
            case "send", bytes(content), dict(headers):
                self._send(200, content, headers)
            case _ if name not in archive.files:
                self._send(404, b"<html>none</html>", {})
            case _:
                self._send_file(name, None if fault is None else fault[1])

    def _send_file(self, name, cut):
        """Send a file from where it is asked for, and end too early."""
        archive = self.server.archive
        content, tag = archive.files[name], archive.tags.get(name)
        headers = {"ETag": tag} if tag else {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        status, start = 200, 0
        if asked and archive.ranges:
            status, start = 206, int(asked[1])
            if start >= len(content):
                self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(status, content[start:], headers, cut)

    def _send(self, status, content, headers, cut=None):
        """Send an answer."""
        self.send_response(status)
        if "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", headers.pop("Content-Length", str(len(content))))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None:
            self.close_connection = True

    def do_POST(self):
        """Answer a question."""
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        archive = self.server.archive
        archive.requests.append(("POST", self.path, dict(self.headers)))
        if self.path.endswith("/columnsconfig"):
            answer = COLUMNS
        elif self.path.startswith("/json/"):
            asked = json.loads(text)
            answer = {"id": asked["id"], **self._crds(asked["method"], asked["params"])}
        else:
            answer = self._mast(json.loads(unquote(text.removeprefix("request="))))
        fault = archive.faults.get("POST")
        if fault:
            self._send(*fault.pop(0))
        else:
            self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _mast(self, request):
        """Answer of MAST: the observations that match the pattern, or all products."""
        archive = self.server.archive
        rows = archive.products
        if request["service"] == "Mast.Caom.Filtered":
            filters = {item["paramName"]: item for item in request["params"]["filters"]}
            start = filters["obs_id"]["freeText"].removesuffix("%")
            rows = [row for row in archive.observations if row["obs_id"].startswith(start)]
        fields = [
            {"name": name, "type": "int" if isinstance(value, int) else "string"}
            for name, value in (rows[0] if rows else {"obsid": ""}).items()
        ]
        paging = {"page": 1, "pagesFiltered": 1, "rows": len(rows)}
        return {"status": "COMPLETE", "fields": fields, "data": rows, "paging": paging}

    def _crds(self, method, parameters):
        """Answer of CRDS to a remote call."""
        known = self.server.archive.answers.get(method)
        if known is None:
            return {"error": {"message": f"no method {method}"}, "result": None}
        return {"error": None, "result": known(*parameters) if callable(known) else known}


@contextmanager
def serve():
    """
    Run a server on a free port of the loopback interface.

    Yields
    ------
    archive : Archive
        What it has; may be changed while it runs.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.archive = archive = Archive()
    archive.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve_crds(archive, cache, latest):
    """
    Let a server have the files of a cache of CRDS, as the real one describes them.

    Parameters
    ----------
    archive : Archive
        The server.
    cache : Path
        Cache as of :mod:`tests.support.crds_cache`.
    latest : str
        Context that it takes for new data.
    """
    paths = [path for path in cache.rglob("jwst_*") if path.is_file()]
    archive.files.update({path.name: path.read_bytes() for path in paths})
    known = {
        name: {"size": str(len(content)), "sha1sum": sha1(content).hexdigest()}
        for name, content in archive.files.items()
    }
    mappings = [name for name in known if name.endswith("map")]
    place = {"unchecked": {"jwst": f"{archive.url}/unchecked_get/"}}
    archive.answers |= {
        "get_default_context": latest,
        "get_mapping_names": lambda context: [
            name for name in mappings if name == context or not name.endswith(".pmap")
        ],
        "get_file_info_map": lambda observatory, files, fields: {
            name: known[name] for name in files or known
        },
        "get_server_info": {
            "reference_url": place,
            "mapping_url": place,
            "download_metadata": known,
        },
    }
